import { randomUUID } from "node:crypto";
import { notFound, TasksError } from "../../errors.js";
import { queryAll, writeAll } from "../../storage/batches.js";
import { any, equals, missing } from "../../storage/conditions.js";
import { iterationLogPrefix, logBatchKey, logId, parseLogId, type LogBatch } from "../../storage/logItems.js";
import { sliceKeys } from "../../storage/payloads.js";
import { keyOf, shortOwner, type TaskRecord } from "../../storage/record.js";
import type { BatchWrite, Item } from "../../storage/Storage.js";
import type { TaskLog, TaskLogItem } from "../../types.js";
import { readRecord, requireRecord } from "../readTask.js";
import type { TaskEngine } from "../TaskEngine.js";
import { checkLogLine, logBatchItems } from "./logBatches.js";
import { readLogs } from "./readLogs.js";

/** `context.tasks.createLog`: an empty log, where the iteration has none. */
export async function createLog(
  engine: TaskEngine,
  task: { id: string },
  { executionName, iteration }: { executionName: string; iteration: number }
): Promise<TaskLog> {
  if (!Number.isInteger(iteration) || iteration < 0 || iteration > 999_999_999) {
    throw new TasksError(
      "INVALID_ARGUMENT",
      `The iteration of a log must be a whole number, 0 or more; got ${String(iteration)}.`
    );
  }
  const record = await requireRecord(engine, task.id);
  const head: LogBatch = {
    ...logBatchKey(record.PK, iteration, 0, 0),
    createdOn: engine.clock.now(),
    execution: Math.max(1, record.execution),
    executionName,
    items: "[]"
  };
  // A log that is there stays as it is; only one that was deleted gives its place.
  await engine.storage.put(head, any(missing("PK"), equals("deleted", true)));
  return requireLog(engine, logId(task.id, iteration));
}

/** `context.tasks.updateLog`: replaces the items of an iteration's log. @throws TasksError NOT_FOUND, PAYLOAD_TOO_LARGE */
export async function updateLog(engine: TaskEngine, id: string, { items }: { items: TaskLogItem[] }): Promise<TaskLog> {
  const log = await requireLog(engine, id);
  items.forEach(checkLogLine);
  const record = await requireRecord(engine, log.task);
  const place = {
    PK: record.PK,
    execution: Math.max(1, record.execution),
    iteration: log.iteration,
    attempt: 0,
    batch: 0
  };
  const createdOn = Date.parse(log.createdOn);
  // Under a version of their own: slices in force are never written over.
  const version = `${log.iteration}-u${shortOwner(randomUUID())}`;
  const written = (await logBatchItems(place, items, createdOn, version)).map(item =>
    "execution" in item ? { ...item, executionName: log.executionName, replaces: true } : item
  );
  await replaceLog(engine, record, log.iteration, written);
  return requireLog(engine, id);
}

/** `context.tasks.deleteLog`. @throws TasksError NOT_FOUND */
export async function deleteLog(engine: TaskEngine, id: string): Promise<boolean> {
  const log = await requireLog(engine, id);
  const record = await requireRecord(engine, log.task);
  const head: LogBatch = {
    ...logBatchKey(record.PK, log.iteration, 0, 0),
    createdOn: Date.parse(log.createdOn),
    execution: Math.max(1, record.execution),
    deleted: true
  };
  await replaceLog(engine, record, log.iteration, [head]);
  return true;
}

/** `context.tasks.getLog`. */
export async function getLog(engine: TaskEngine, id: string): Promise<TaskLog | null> {
  const position = parseLogId(String(id));
  const record = position === null ? null : await readRecord(engine, position.taskId);
  if (position === null || record === null || record.deleted) {
    return null;
  }
  const { iteration } = position;
  for await (const log of readLogs(engine, record, { descending: false, from: iteration, to: iteration })) {
    return log;
  }
  return null;
}

/** `context.tasks.getLatestLog`: reads the end of the task's logs, however many there are. @throws TasksError NOT_FOUND */
export async function getLatestLog(engine: TaskEngine, taskId: string): Promise<TaskLog> {
  const record = await requireRecord(engine, taskId);
  for await (const log of readLogs(engine, record, { descending: true, pageSize: 10 })) {
    return log;
  }
  throw notFound("Log of task", taskId);
}

async function requireLog(engine: TaskEngine, id: string): Promise<TaskLog> {
  const log = await getLog(engine, id);
  if (log === null) {
    throw notFound("Log", String(id).slice(0, 128));
  }
  return log;
}

/** The new items first, so that an interruption leaves the new log, at worst with garbage that it hides. */
async function replaceLog(engine: TaskEngine, record: TaskRecord, iteration: number, written: Item[]): Promise<void> {
  const kept = new Set(written.map(({ SK }) => SK));
  const prefix = iterationLogPrefix(iteration);
  const old: BatchWrite[] = [];
  for await (const item of queryAll(engine.storage, {
    partition: record.PK,
    from: prefix,
    to: `${prefix}~`,
    consistent: true
  })) {
    const { itemsRef } = item as LogBatch;
    const slices = itemsRef === undefined ? [] : sliceKeys(record.PK, "log", itemsRef);
    old.push(...[keyOf(item), ...slices].filter(({ SK }) => !kept.has(SK)).map(key => ({ delete: key })));
  }
  await writeAll(
    engine.storage,
    written.map(item => ({ put: item }))
  );
  if (old.length > 0) {
    await writeAll(engine.storage, old);
  }
}
