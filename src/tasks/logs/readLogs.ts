import { executionName } from "../../machine/executionName.js";
import { iterationLogPrefix, iterationOfLogBatch, logId, type LogBatch } from "../../storage/logItems.js";
import { isActive, taskIdOf, type TaskRecord } from "../../storage/record.js";
import type { Query } from "../../storage/Storage.js";
import type { TaskError, TaskLog, TaskLogItem } from "../../types.js";
import type { TaskEngine } from "../TaskEngine.js";
import { load } from "../toTask.js";
import { linesOf } from "./logBatches.js";

/** Which iterations' logs are wanted, in which direction. */
export interface LogRange {
  descending: boolean;
  from?: number;
  to?: number;
  /** Batches a request asks for: few for the latest log, many for a list. */
  pageSize?: number;
}

/** The logs of one task, an iteration each, read as far as the caller goes. */
export async function* readLogs(engine: TaskEngine, record: TaskRecord, range: LogRange): AsyncGenerator<TaskLog> {
  const last = isActive(record) ? undefined : record.iterations;
  const inRange = last !== undefined && last >= (range.from ?? 0) && last <= (range.to ?? Infinity);
  // The iteration that ended the task has a log even if it wrote nothing: its last item is the end.
  let pending = inRange ? last : undefined;
  for await (const [iteration, batches] of groups(engine, record, range)) {
    if (pending !== undefined && (range.descending ? pending > iteration : pending < iteration)) {
      yield* logOf(engine, record, pending, []);
      pending = undefined;
    }
    if (pending === iteration) {
      pending = undefined;
    }
    yield* logOf(engine, record, iteration, batches);
  }
  if (pending !== undefined) {
    yield* logOf(engine, record, pending, []);
  }
}

/** Batches of each iteration, in the direction asked for; those of one iteration always as they were written. */
async function* groups(engine: TaskEngine, record: TaskRecord, range: LogRange): AsyncGenerator<[number, LogBatch[]]> {
  const { descending, from = 0, to = 999_999_999, pageSize = 100 } = range;
  const query: Query = {
    partition: record.PK,
    from: iterationLogPrefix(from),
    to: `${iterationLogPrefix(to)}~`,
    order: descending ? "desc" : "asc",
    limit: pageSize,
    consistent: true
  };
  if (from > to) {
    return;
  }
  let current: [number, LogBatch[]] | undefined;
  let after: Query["after"];
  do {
    const page = await engine.storage.query({ ...query, after });
    for (const item of page.items as LogBatch[]) {
      const iteration = iterationOfLogBatch(item);
      if (current?.[0] !== iteration) {
        if (current !== undefined) {
          yield current;
        }
        current = [iteration, []];
      }
      if (descending) {
        current[1].unshift(item);
      } else {
        current[1].push(item);
      }
    }
    after = page.next;
  } while (after !== undefined);
  if (current !== undefined) {
    yield current;
  }
}

async function* logOf(
  engine: TaskEngine,
  record: TaskRecord,
  iteration: number,
  batches: LogBatch[]
): AsyncGenerator<TaskLog> {
  const [first] = batches;
  if (first?.deleted) {
    return;
  }
  const items: TaskLogItem[] = [];
  for (const batch of first?.replaces ? [first] : batches) {
    items.push(...(await linesOf(engine.storage, batch)));
  }
  if (!first?.replaces && !isActive(record) && iteration === record.iterations) {
    items.push(await finalLine(engine, record));
  }
  const execution = first?.execution ?? record.execution;
  yield {
    id: logId(taskIdOf(record), iteration),
    createdOn: new Date(first?.createdOn ?? record.finishedOn ?? record.savedOn).toISOString(),
    createdBy: { ...record.createdBy },
    executionName:
      first?.executionName ?? record.executionName ?? executionName(record.definitionId, taskIdOf(record), execution),
    task: taskIdOf(record),
    iteration,
    items
  };
}

/** What the task ended with: it lives in the record, so that the end costs no log item. */
async function finalLine(engine: TaskEngine, record: TaskRecord): Promise<TaskLogItem> {
  const createdOn = new Date(record.finishedOn ?? record.savedOn).toISOString();
  if (record.taskStatus === "failed") {
    const text = (await load(engine.storage, record))?.payloads.error;
    const error: TaskError = text === undefined ? { message: "Task failed." } : (JSON.parse(text) as TaskError);
    return { message: error.message, createdOn, type: "error", error };
  }
  const message =
    record.taskStatus === "aborted" ? (record.abort?.reason ?? "Task aborted.") : (record.message ?? "Task done.");
  return { message, createdOn, type: "info" };
}
