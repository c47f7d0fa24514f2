import type { DefinitionRegistry } from "../definition/DefinitionRegistry.js";
import type { TaskContext } from "../definition/TaskDefinition.js";
import type { Observer } from "../observe/Observer.js";
import type { Prices } from "../observe/prices.js";
import type { Scope } from "../storage/record.js";
import type { Storage } from "../storage/Storage.js";
import type { TaskService } from "../transport/TaskService.js";
import type { Clock, Identity, Logger } from "../types.js";
import type { PublishedTopics } from "./topics.js";

/** Everything a use case, the runner and the hooks work with: one per context, put together by the host. */
export interface TaskEngine {
  context: TaskContext;
  storage: Storage;
  service: TaskService;
  definitions: DefinitionRegistry;
  topics: PublishedTopics;
  clock: Clock;
  /** Chance: jitter, ids, the order of a sweep. From 0 up to 1. */
  random: () => number;
  logger: Logger;
  /** Counts and tells what happens; `storage` is seen through it. */
  observer: Observer;
  /** What AWS asks for what a task uses. */
  prices: Prices;
  /** Days a finished task is kept. */
  retentionDays: number;
  /** Seconds before the deadline at which `isCloseToTimeout()` turns true. */
  closeToTimeoutSeconds: number;
  /** True: callers are shown stacks and internal errors. */
  debug: boolean;
  /** The tenant and locale of this request. */
  scope(): Scope;
  /** Who makes this request. */
  identity(): Identity;
  /** From here on this request is made by somebody else: the runner acts as the task's creator. */
  actAs(identity: Identity): void;
  /** Runs the work with authorization off: only the runner and the hooks do. */
  withoutAuthorization<T>(work: () => Promise<T>): Promise<T>;
}
