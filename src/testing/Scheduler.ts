import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "../types.js";
import type { SimulatedProcess, Death } from "./SimulatedProcess.js";
import { VirtualClock } from "./VirtualClock.js";

/** What became of a process. */
export type Outcome<T> = { value: T } | { error: unknown } | { death: Death };

// One for all simulations: Node looks through every storage there ever was at each promise.
const current = new AsyncLocalStorage<SimulatedProcess>();

interface Waiter {
  done(): boolean | Promise<boolean>;
  resolve(): void;
  reject(error: Error): void;
}

/** Turns of the event loop in which code that waits for no time has to come to its next step. */
const TURNS = 20;
/** Real milliseconds that code under test may take between two steps, such as for reading a file. */
const REAL_MS = 5_000;
/** Rounds of the periodic work when nothing else is left to do: after so many, what is waited for never comes. */
const IDLE_ROUNDS = 100;
/** Processes of one simulation: with more, it goes round in circles. */
const MAX_PROCESSES = 100_000;

/** What is waited for never comes. Anything else that goes wrong is a fault of the simulation or of its use. */
export class NeverComes extends Error {
  constructor(why: string) {
    super(`What is waited for never comes: ${why}.`);
  }
}

/**
 * Runs processes in virtual time: while one of them has something to do, time stands still; when all of them wait, it
 * moves to the next moment at which one goes on. The same code and seed give the same order of events.
 */
export class Scheduler {
  readonly time = new VirtualClock();
  private readonly live = new Set<SimulatedProcess>();
  private waiters: Waiter[] = [];
  private isPumping = false;
  private idleRounds = 0;
  private pending = 0;
  private processes = 0;
  private periodic: { at: number; everyMs: number; work: () => Promise<unknown> } | undefined;

  /** The time as the code under test sees it: the clock of its process may be off, and its sleeps end with it. */
  readonly clock: Clock = {
    now: () => this.time.now() + (this.process?.skewMs ?? 0),
    sleep: (milliseconds, signal, { background = false } = {}) =>
      this.sleep(milliseconds, background ? "background" : "foreground", signal)
  };

  /** The process whose code runs now; undefined outside of all. */
  get process(): SimulatedProcess | undefined {
    return current.getStore();
  }

  /** Nothing runs, and nothing is on its way. */
  get isIdle(): boolean {
    return this.live.size === 0 && this.pending === 0;
  }

  /** Work that comes up every so many milliseconds of virtual time, as a schedule does. */
  every(everyMs: number, work: () => Promise<unknown>): void {
    this.periodic = { at: this.time.now() + everyMs, everyMs, work };
  }

  /** Runs work as a process, and moves time on until it is over. The process that asks waits for it. */
  async run<T>(process: SimulatedProcess, work: () => Promise<T>): Promise<Outcome<T>> {
    this.live.add(process);
    this.processes += 1;
    this.idleRounds = process.options.isPeriodic ? this.idleRounds : 0;
    let outcome: Outcome<T> | undefined;
    const end = (how: Outcome<T>) => {
      outcome ??= how;
      process.isOver = true;
      this.live.delete(process);
    };
    current.run(process, work).then(
      value => end({ value }),
      (error: unknown) => end({ error })
    );
    void process.died.then(death => end({ death }));
    const over = () => this.wait(() => outcome !== undefined);
    await (this.process?.whileWaiting(over) ?? over());
    return outcome as Outcome<T>;
  }

  /** Does work later, outside of all processes. */
  later(milliseconds: number, work: () => Promise<unknown>): void {
    this.pending += 1;
    this.time.schedule(milliseconds, () => {
      void this.outside(work).finally(() => (this.pending -= 1));
    });
  }

  /** Runs work that belongs to no process: it outlives the one that asks for it. */
  outside<T>(work: () => T): T {
    return current.exit(work);
  }

  /**
   * Moves time on until something holds.
   * @throws NeverComes when nothing is left to do and it still does not
   */
  until(done: Waiter["done"]): Promise<void> {
    this.idleRounds = 0;
    return this.wait(done);
  }

  private wait(done: Waiter["done"]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiters.push({ done, resolve, reject });
      if (!this.isPumping) {
        this.isPumping = true;
        void this.outside(() => this.pump());
      }
    });
  }

  private sleep(milliseconds: number, kind: "foreground" | "background", signal?: AbortSignal): Promise<void> {
    const { process } = this;
    if (process === undefined || process.isOver) {
      return this.time.sleep(milliseconds, signal);
    }
    return new Promise(resolve => {
      if (process.death !== undefined) {
        return;
      }
      if (signal?.aborted) {
        resolve();
        return;
      }
      const end = () => {
        signal?.removeEventListener("abort", end);
        cancel();
        forget();
        resolve();
      };
      const cancel = this.time.schedule(milliseconds, end);
      const forget = process.addSleep(cancel, kind);
      signal?.addEventListener("abort", end);
    });
  }

  private async pump(): Promise<void> {
    try {
      while (this.waiters.length > 0) {
        await this.settle();
        if (!(await this.answerWaiters()) && !this.moveOn()) {
          throw new NeverComes("nothing is left to do");
        }
        if (this.processes > MAX_PROCESSES) {
          throw new NeverComes(`it goes round in circles, with ${MAX_PROCESSES} processes`);
        }
      }
    } catch (error) {
      this.waiters.splice(0).forEach(({ reject }) => reject(error as Error));
    } finally {
      this.isPumping = false;
    }
  }

  /** @returns whether one has what it waits for; then it goes on before time does */
  private async answerWaiters(): Promise<boolean> {
    const before = this.waiters.length;
    for (const waiter of [...this.waiters]) {
      if (await waiter.done()) {
        this.waiters = this.waiters.filter(other => other !== waiter);
        waiter.resolve();
      }
    }
    return this.waiters.length !== before;
  }

  /** Lets every process come to where it waits. */
  private async settle(): Promise<void> {
    let began: number | undefined;
    for (let turn = 0; ; turn++) {
      await new Promise(resolve => setImmediate(resolve));
      const busy = [...this.live].filter(process => !process.isBlocked);
      // One that only looks now and then whether it was aborted waits for that.
      if (busy.length === 0 || (turn >= TURNS && busy.every(process => process.hasTimers))) {
        return;
      }
      if (turn >= TURNS) {
        began ??= Date.now();
        if (Date.now() - began > REAL_MS) {
          throw new Error(
            `A process (${busy.map(({ id }) => id).join()}) waits for something that is not in the simulation, for more than ${REAL_MS / 1000} s.`
          );
        }
        await new Promise(resolve => setTimeout(resolve, 1));
      }
    }
  }

  /** To the next moment at which something happens. */
  private moveOn(): boolean {
    const { periodic } = this;
    const { next } = this.time;
    if (periodic === undefined || (next !== undefined && next < periodic.at)) {
      return this.time.wakeNext();
    }
    if (next === undefined && ++this.idleRounds > IDLE_ROUNDS) {
      return false;
    }
    this.time.moveTo(periodic.at);
    periodic.at += periodic.everyMs;
    void periodic.work();
    return true;
  }
}
