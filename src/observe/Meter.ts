import { retriesBefore } from "../machine/answer.js";
import type { TaskEvent } from "../machine/event.js";
import type { TaskRecord } from "../storage/record.js";
import type { Changes } from "../storage/Storage.js";
import type { TaskUsage } from "../types.js";
import { noCounts, sum, usageOf, type Counts } from "./usage.js";
import { kindOf } from "./recordWrite.js";

/** Longest a Lambda runs, in milliseconds: what one that was lost may have cost. */
const LAMBDA_MS = 900_000;

/**
 * Counts what the task of an invocation uses, until the next write of its record takes it along: counting costs no
 * request. What comes after the last write of an invocation is not known to it and not counted.
 */
export class Meter {
  private unstored = noCounts();
  /** Partition of the task that pays. Without one, nobody does: an API call, a sweep. */
  private payer: string | undefined;
  /** Epoch ms up to which the time of this invocation is counted. */
  private timedUntil = 0;
  private waitIsCounted = false;
  private crash: TaskEvent["crash"];

  constructor(
    private readonly now: () => number,
    private readonly memoryMb: number
  ) {}

  get isPaid(): boolean {
    return this.payer !== undefined;
  }

  pays(key: { PK: string }): boolean {
    return this.payer === key.PK;
  }

  /** From here on the task pays for what this invocation does. */
  startInvocation(PK: string, event: TaskEvent): void {
    this.payer = PK;
    this.timedUntil = this.now();
    this.waitIsCounted = false;
    this.crash = event.crash;
    this.unstored = noCounts();
    this.add(deliveryOf(event));
  }

  /** Without somebody who pays, nothing is counted. */
  add(counts: Partial<Counts>): void {
    if (this.isPaid) {
      this.unstored = sum(this.unstored, counts);
    }
  }

  /** All that is not stored yet: the next write takes it along. @param before the record, where it is known */
  take(before: TaskRecord | null): Counts {
    this.addTime();
    if (before !== null) {
      this.addWait(before);
    }
    const taken = this.unstored;
    this.unstored = noCounts();
    return taken;
  }

  /** What only the write itself says, if it holds. */
  saidBy(before: TaskRecord | null, changes: Changes): Partial<Counts> {
    switch (kindOf({ changes })) {
      case "ended":
      case "handedOver":
        // CheckStatus and the state that ends the execution.
        return { transitions: 2 };
      case "lost":
        return before === null || before.leaseUntil === 0 ? this.notClaimed() : this.timeOfLost(before);
      default:
        return {};
    }
  }

  /** The state Wait that came before this invocation, once. */
  addWait({ nextAt }: TaskRecord): void {
    this.add({ transitions: nextAt > 0 && !this.waitIsCounted ? 1 : 0 });
    this.waitIsCounted = true;
  }

  usageOf(record: TaskRecord): TaskUsage {
    this.addTime();
    return usageOf(record, this.pays(record) ? this.unstored : noCounts());
  }

  private addTime(): void {
    const now = this.now();
    if (this.isPaid) {
      this.add({ megabyteMs: (now - this.timedUntil) * this.memoryMb });
      this.timedUntil = now;
    }
  }

  /** The dead invocation stored the rest with its claim and what it saved. */
  private timeOfLost({ savedOn }: TaskRecord): Partial<Counts> {
    return { megabyteMs: Math.min(LAMBDA_MS, Math.max(0, this.now() - savedOn)) * this.memoryMb };
  }

  /** The crash came before the claim: nothing of that delivery is stored. How long it took is not known. */
  private notClaimed(): Partial<Counts> {
    const { error = "" } = this.crash ?? {};
    return { transitions: 2 + retriesBefore(error), invocations: error === THROTTLED ? 0 : 1 };
  }
}

/** Never started, so no invocation. */
const THROTTLED = "Lambda.TooManyRequestsException";

/**
 * The states entered before the runner was called: CheckStatus and Run, or Recover, with their retries. A Wait is known by
 * the record; the last CheckStatus and the end are counted with the write that ends the task.
 */
function deliveryOf({ crash, ...event }: TaskEvent): Partial<Counts> {
  const retries = event.dialect === "own" ? event.retryCount : 0;
  return { transitions: (crash === undefined ? 2 : 1) + retries, invocations: 1 };
}
