import type { Clock } from "../types.js";

interface Timer {
  at: number;
  wake: () => void;
}

/**
 * Time that moves only when it is told to: a task that waits for a year is tested in a moment.
 * @example
 * const clock = new VirtualClock();
 * createHandler({ plugins: [createBackgroundTasks({ clock, storage, service }), definitions] });
 * await clock.advance(60_000);
 */
export class VirtualClock implements Clock {
  /** Ordered by time; those of one moment in the order they were set. */
  private readonly timers: Timer[] = [];

  /** @param time epoch milliseconds to begin with; default 2026-01-01 */
  constructor(private time = Date.parse("2026-01-01T00:00:00.000Z")) {}

  now(): number {
    return this.time;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      if (signal?.aborted) {
        resolve();
        return;
      }
      const end = () => {
        signal?.removeEventListener("abort", end);
        cancel();
        resolve();
      };
      const cancel = this.schedule(milliseconds, end);
      signal?.addEventListener("abort", end);
    });
  }

  /** Calls `wake` when so many milliseconds have passed. @returns cancels it */
  schedule(milliseconds: number, wake: () => void): () => void {
    const timer = { at: this.time + Math.max(0, milliseconds), wake };
    this.timers.splice(this.timers.findLastIndex(({ at }) => at <= timer.at) + 1, 0, timer);
    return () => {
      const place = this.timers.indexOf(timer);
      if (place >= 0) {
        this.timers.splice(place, 1);
      }
    };
  }

  /** When the next sleeper wakes, in epoch milliseconds; undefined when nobody sleeps. */
  get next(): number | undefined {
    return this.timers[0]?.at;
  }

  /** Moves time to the next sleeper and wakes it. @returns false when nobody sleeps */
  wakeNext(): boolean {
    const timer = this.timers.shift();
    if (timer === undefined) {
      return false;
    }
    this.time = timer.at;
    timer.wake();
    return true;
  }

  /** Moves time on, waking nobody: to a moment before {@link next}. */
  moveTo(time: number): void {
    this.time = Math.max(this.time, time);
  }

  /** Moves time on; whoever sleeps until then wakes, in order, and gets to run. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    await settle();
    while (this.next !== undefined && this.next <= end) {
      this.wakeNext();
      await settle();
    }
    this.moveTo(end);
  }
}

/** Lets everything that can go on without time do so, also what takes a few turns of the event loop. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise(resolve => {
      setImmediate(resolve);
    });
  }
}
