import type { Effect, EffectKind, Fault, PlannedFault } from "./faults.js";
import type { Scheduler } from "./Scheduler.js";
import { SimulatedProcess } from "./SimulatedProcess.js";

/** How an effect can go wrong besides what is the same for all. */
export interface Variants<T> {
  trait?: Effect["trait"];
  /** What a refusal looks like. */
  refuse?: () => T;
  /** Half of it is done. */
  partly?: () => Promise<T>;
  /** Its answer as it would have been 10 minutes ago. */
  stale?: () => Promise<T>;
}

const MINUTE_MS = 60_000;
/** Longer than the longest lease: 15 minutes of Lambda, and a margin of one. */
const LATE_MS = 20 * MINUTE_MS;
const SKEW_MS = 10 * MINUTE_MS;
const AGAIN_MS = 2 * MINUTE_MS;
/** Between asking and taking effect, so that what several processes do comes in any order. */
const LATENCY_MS = 20;
const NEVER = new Promise<never>(() => undefined);

/** Everything that processes do to the world outside, counted; at each of them a fault may happen. */
export class Effects {
  readonly done: Effect[] = [];
  private readonly planned: Map<number, Fault>;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: () => number,
    faults: readonly PlannedFault[],
    private readonly abortEverything: () => Promise<void>
  ) {
    this.planned = new Map(faults.map(({ at, fault }) => [at, fault]));
  }

  /** Whether some planned fault is of this kind. */
  expects(fault: Fault): boolean {
    return [...this.planned.values()].includes(fault);
  }

  /** Carries out one effect of the process that runs, or what its fault makes of it. */
  async effect<T>(
    kind: EffectKind,
    name: string,
    carryOut: () => Promise<T>,
    { trait, refuse, partly, stale }: Variants<T> = {}
  ): Promise<T> {
    const { process } = this.scheduler;
    if (process === undefined || process.options.immune) {
      return carryOut();
    }
    await this.scheduler.clock.sleep(Math.ceil(this.random() * LATENCY_MS));
    if (process.death !== undefined) {
      return NEVER;
    }
    const { inInvocation } = process.options;
    const at = this.done.push({ name, kind, trait, inInvocation }) - 1;
    const fault = this.planned.get(at);
    switch (fault) {
      case undefined:
        return carryOut();
      case "crash-before":
        process.die();
        return NEVER;
      case "crash-after":
        await carryOut();
        process.die();
        return NEVER;
      case "sent-twice":
        await carryOut();
        return carryOut();
      case "late":
        return this.late(process, carryOut);
      case "hang":
        process.isHanging = true;
        return NEVER;
      case "delivered-again":
        this.scheduler.later(this.random() * AGAIN_MS, () => this.again(carryOut));
        return carryOut();
      case "delivered-twice":
        this.scheduler.later(0, () => this.again(carryOut));
        return carryOut();
      case "clock-ahead":
        process.skewMs = SKEW_MS;
        return carryOut();
      case "clock-behind":
        process.skewMs = -SKEW_MS;
        return carryOut();
      case "abort":
        await process.whileWaiting(this.abortEverything);
        return carryOut();
      case "refused":
      case "throttled":
        return this.variant(refuse, fault, name)();
      case "partial":
        return this.variant(partly, fault, name)();
      case "stale-index":
        return this.variant(stale, fault, name)();
    }
  }

  /** The request is on its way for 20 minutes; its sender may be dead when it arrives. */
  private late<T>(process: SimulatedProcess, carryOut: () => Promise<T>): Promise<T> {
    return process.whileWaiting(
      () =>
        new Promise<T>((resolve, reject) => {
          this.scheduler.later(LATE_MS, async () => {
            const arrived = carryOut();
            // A dead one gets no answer.
            arrived.then(resolve, reject);
            await arrived.catch(() => undefined);
          });
        })
    );
  }

  /** The same invocation in a process of its own; its answer reaches nobody. */
  private async again(carryOut: () => Promise<unknown>): Promise<void> {
    await this.scheduler.run(this.newProcess("again", { inInvocation: true }), carryOut);
  }

  private count = 0;
  /** Its id is what Lambda's request ids are: no one's prefix. */
  newProcess(name: string, options: SimulatedProcess["options"]): SimulatedProcess {
    return new SimulatedProcess(`${String(++this.count).padStart(8, "0")}-${name}`, options);
  }

  private variant<V>(given: V | undefined, fault: Fault, name: string): V {
    if (given === undefined) {
      throw new Error(`"${fault}" cannot happen at "${name}".`);
    }
    return given;
  }
}
