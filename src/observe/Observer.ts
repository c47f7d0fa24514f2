import type { TaskEvent } from "../machine/event.js";
import { recordKey, type Scope, type TaskRecord } from "../storage/record.js";
import type { Storage } from "../storage/Storage.js";
import type { Clock, TaskUsage } from "../types.js";
import { Meter } from "./Meter.js";
import { ObservedStorage } from "./ObservedStorage.js";

/** What an observer looks on with. */
export interface ObserverParts {
  storage: Storage;
  clock: Clock;
  /** Memory of the Lambda, in MB. */
  memoryMb: number;
}

/**
 * Looks on, for one engine: counts what tasks use. It decides nothing, and makes no request; what it counts goes with
 * the writes of the records that are made anyway.
 */
export class Observer {
  /** The storage to work with, so that its writes are seen. */
  readonly storage: Storage;
  private readonly meter: Meter;

  constructor({ storage, clock, memoryMb }: ObserverParts) {
    this.meter = new Meter(() => clock.now(), memoryMb);
    this.storage = new ObservedStorage(storage, this.meter, () => {});
  }

  /** Around an invocation that carries out iterations of a task: the task pays for it. */
  async invocation<T>(scope: Scope, event: TaskEvent, work: () => Promise<T>): Promise<T> {
    this.meter.startInvocation(recordKey(scope, event.webinyTaskId).PK, event);
    return work();
  }

  /** What the task has used, up to now. */
  usageOf(record: TaskRecord): TaskUsage {
    return this.meter.usageOf(record);
  }
}
