import type { TaskEvent } from "../machine/event.js";
import { logFieldsOf, recordKey, type Scope, type TaskRecord } from "../storage/record.js";
import type { Storage } from "../storage/Storage.js";
import type { Clock, Logger, TaskUsage } from "../types.js";
import { boundLogger } from "./boundLogger.js";
import { logWrite } from "./logWrite.js";
import { Meter } from "./Meter.js";
import type { Metrics } from "./Metrics.js";
import { ObservedStorage } from "./ObservedStorage.js";
import { claims, type RecordWrite } from "./recordWrite.js";
import type { Tracer } from "./tracer.js";

/** What an observer looks on with. */
export interface ObserverParts {
  storage: Storage;
  clock: Clock;
  /** Memory of the Lambda, in MB. */
  memoryMb: number;
  /** Gets every line, with the task and the request it is about. */
  logger: Logger;
  /** What every line says of the request. */
  requestFields: () => Record<string, unknown>;
  /** Not there: nothing is counted for CloudWatch. */
  metrics?: Metrics;
  tracer: Tracer;
}

/**
 * Looks on, for one engine: counts what tasks use; logs, counts and traces what becomes of them. It decides nothing, and makes no request; what it counts goes with
 * the writes of the records that are made anyway.
 */
export class Observer {
  /** The storage to work with, so that its writes are seen. */
  readonly storage: Storage;
  /** Its lines say which task, iteration and attempt they are about. */
  readonly logger: Logger;
  /** Spans around triggers and iterations. */
  readonly tracer: Tracer;
  private readonly meter: Meter;
  private readonly metrics: Metrics | undefined;
  private readonly now: () => number;
  /** The task of this invocation, as far as it is known. */
  private task: Record<string, unknown> = {};

  constructor({ storage, clock, memoryMb, logger, requestFields, metrics, tracer }: ObserverParts) {
    this.tracer = tracer;
    this.metrics = metrics;
    this.now = () => clock.now();
    this.logger = boundLogger(logger, () => ({ request: requestFields(), task: this.task }));
    this.meter = new Meter(this.now, memoryMb);
    this.storage = new ObservedStorage(storage, this.meter, write => this.written(write));
  }

  /** Around an invocation that carries out iterations of a task: the task pays for it. */
  async invocation<T>(scope: Scope, event: TaskEvent, work: () => Promise<T>): Promise<T> {
    this.meter.startInvocation(recordKey(scope, event.webinyTaskId).PK, event);
    this.task = {
      taskId: event.webinyTaskId,
      definitionId: event.webinyTaskDefinitionId,
      ...scope,
      iteration: event.iteration,
      executionName: event.executionName
    };
    return this.together(work);
  }

  /** What the work counts is written together. */
  async together<T>(work: () => Promise<T>): Promise<T> {
    return this.metrics === undefined ? work() : this.metrics.batch(work, this.now);
  }

  /** A sweep found an unfinished task overdue. */
  overdue(record: TaskRecord): void {
    this.metrics?.overdue(record, this.now());
  }

  private written(write: RecordWrite): void {
    if (claims(write) && this.meter.pays(write.after)) {
      this.task = logFieldsOf(write.after);
    }
    logWrite(this.logger, write);
    this.metrics?.written(write, this.now());
  }

  /** What the task has used, up to now. */
  usageOf(record: TaskRecord): TaskUsage {
    return this.meter.usageOf(record);
  }
}
