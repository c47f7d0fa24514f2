import type { TaskRecord } from "./record.js";
import type { Item, ItemKey } from "./Storage.js";

/**
 * A batch of log lines: one item, `L#<iteration>#<attempt>#<batch>`. The batch is a time, so that two attempts of one
 * iteration never write the same key, even where one is repeated with its number: a crash loses no line of the attempt
 * before. Attempt 0 is the log as `createLog`, `updateLog` and `deleteLog` left it.
 */
export interface LogBatch extends Item {
  /** Epoch ms. */
  createdOn: number;
  /** Execution that ran the iteration. */
  execution: number;
  /** JSON text of TaskLogItem[], or a reference to slices (kind "log"). */
  items?: string;
  itemsRef?: string;
  /** Only attempt 0: the name `createLog` was given. */
  executionName?: string;
  /** Only attempt 0: it stands for the whole log of the iteration, the task's final message included. */
  replaces?: boolean;
  /** Only attempt 0: the log was deleted. */
  deleted?: boolean;
}

export const LOG_PREFIX = "L#";

/** @param batch milliseconds since the task's first start */
export function logBatchKey(PK: string, iteration: number, attempt: number, batch: number): ItemKey {
  return { PK, SK: `${iterationLogPrefix(iteration)}${pad(attempt, 3)}#${pad(batch, 12)}` };
}

/** The batch that is written now. */
export function batchAt(now: number, record: TaskRecord): number {
  return Math.max(0, now - (record.startedOn ?? now));
}

/** What the sort keys of one iteration's batches begin with. */
export function iterationLogPrefix(iteration: number): string {
  return `${LOG_PREFIX}${pad(iteration, 9)}#`;
}

/** Iteration that a batch is of. */
export function iterationOfLogBatch({ SK }: ItemKey): number {
  return Number(SK.split("#")[1]);
}

/** Public id of an iteration's log: `<task id>.<iteration>`. */
export function logId(taskId: string, iteration: number): string {
  return `${taskId}.${iteration}`;
}

export function parseLogId(id: string): { taskId: string; iteration: number } | null {
  const match = /^([A-Za-z0-9][A-Za-z0-9_-]*)\.([1-9][0-9]{0,8}|0)$/.exec(id);
  return match === null ? null : { taskId: match[1] as string, iteration: Number(match[2]) };
}

const pad = (value: number, width: number) => String(value).padStart(width, "0");
