import { ID_PATTERN, MAX_LOG_LIST_TASKS } from "../../constants.js";
import type { ListLogsParams, ListLogsWhere } from "../../definition/TaskDefinition.js";
import { TasksError } from "../../errors.js";
import { idInSort, listPartition, type TaskRecord } from "../../storage/record.js";
import { TaskDataStatus, type ListResult, type TaskLog } from "../../types.js";
import { decodeCursor, digestOf, encodeCursor } from "../lists/cursor.js";
import { mergeStreams } from "../lists/mergeStreams.js";
import { checkLimit, checkSort } from "../lists/order.js";
import { isVisible, readRecord, type Visibility } from "../readTask.js";
import type { TaskEngine } from "../TaskEngine.js";
import { readLogs } from "./readLogs.js";

const WHERE = [
  "task",
  "task_in",
  "task_not",
  "iteration",
  "iteration_not",
  "iteration_gt",
  "iteration_gte",
  "iteration_lt",
  "iteration_lte"
];

/**
 * `context.tasks.listLogs`: task by task, newest first unless asked otherwise. With `task` or `task_in` only those are
 * read; without, the tasks are walked in order, at most 100 of them a call: a page may be short while more follow.
 */
export async function listLogs(
  engine: TaskEngine,
  params: ListLogsParams = {},
  { visibility = "all" }: { visibility?: Visibility } = {}
): Promise<ListResult<TaskLog>> {
  const where = checkLogsWhere(params.where);
  const limit = checkLimit(params.limit);
  const { descending } = checkSort(params.sort, ["createdOn"], { field: "createdOn", descending: true });
  const { tenant, locale } = engine.scope();
  const digest = digestOf("logs", tenant, locale, where, descending, visibility);
  const start = decodeCursor(params.after, digest);
  const from = start === null ? null : parsePosition(start.at);

  const items: TaskLog[] = [];
  let at = start?.at ?? "";
  let hasMore = false;
  let tasks = 0;
  walk: for await (const { record, position } of tasksOf(engine, where, descending, from?.task, visibility)) {
    if (record === null) {
      continue;
    }
    if (tasks === MAX_LOG_LIST_TASKS) {
      hasMore = true;
      break;
    }
    tasks += 1;
    const passed = from !== null && from.task === position ? from.iteration : null;
    for await (const log of readLogs(engine, record, rangeOf(where, descending, passed))) {
      if (log.iteration === where.iteration_not) {
        continue;
      }
      if (items.length === limit) {
        hasMore = true;
        break walk;
      }
      items.push(log);
      at = `${position}|${log.iteration}`;
    }
    if (items.length < limit) {
      at = `${position}|${descending ? -1 : 999_999_999}`;
    }
  }
  const seen = (start?.seen ?? 0) + items.length;
  return {
    items,
    meta: {
      cursor: hasMore ? encodeCursor({ at, seen }, digest) : null,
      hasMoreItems: hasMore,
      totalCount: hasMore ? seen + 1 : seen,
      totalCountIsExact: !hasMore
    }
  };
}

/** The tasks whose logs are listed, in order, from a position on (included: its logs may not be finished). */
async function* tasksOf(
  engine: TaskEngine,
  where: ListLogsWhere,
  descending: boolean,
  from: string | undefined,
  visibility: Visibility
): AsyncGenerator<{ record: TaskRecord | null; position: string }> {
  const ids = where.task_in ?? (where.task === undefined ? undefined : [where.task]);
  if (ids !== undefined) {
    // Ids are made in the order of time.
    const sorted = [...new Set(ids)].filter(id => where.task === undefined || id === where.task).sort();
    for (const id of descending ? sorted.reverse() : sorted) {
      if (from === undefined || id === from || (descending ? id < from : id > from)) {
        yield { record: await visible(engine, id, where, visibility), position: id };
      }
    }
    return;
  }
  const scope = engine.scope();
  if (from !== undefined) {
    yield { record: await visible(engine, idInSort(from), where, visibility), position: from };
  }
  const streams = Object.values(TaskDataStatus).map(status => ({
    index: "byStatus" as const,
    partition: listPartition(scope, status),
    from: "0",
    to: "~"
  }));
  for await (const sort of mergeStreams(engine.storage, streams, {
    descending,
    limit: MAX_LOG_LIST_TASKS + 1,
    after: from
  })) {
    yield { record: await visible(engine, idInSort(sort), where, visibility), position: sort };
  }
}

async function visible(
  engine: TaskEngine,
  id: string,
  where: ListLogsWhere,
  visibility: Visibility
): Promise<TaskRecord | null> {
  const record = id === where.task_not ? null : await readRecord(engine, id);
  return isVisible(record, visibility) ? record : null;
}

function rangeOf(where: ListLogsWhere, descending: boolean, passed: number | null) {
  const from = Math.max(
    where.iteration ?? 0,
    where.iteration_gte ?? 0,
    (where.iteration_gt ?? -1) + 1,
    passed !== null && !descending ? passed + 1 : 0
  );
  const to = Math.min(
    where.iteration ?? Infinity,
    where.iteration_lte ?? Infinity,
    (where.iteration_lt ?? Infinity) - 1,
    passed !== null && descending ? passed - 1 : Infinity
  );
  return { descending, from, ...(to === Infinity ? {} : { to }) };
}

/** @throws TasksError INVALID_WHERE */
function checkLogsWhere(where: ListLogsWhere | null | undefined): ListLogsWhere {
  const checked: Record<string, unknown> = {};
  const isId = (value: unknown) => typeof value === "string" && ID_PATTERN.test(value);
  for (const [name, value] of Object.entries(where ?? {})) {
    if (!WHERE.includes(name)) {
      throw new TasksError(
        "INVALID_WHERE",
        `Logs can't be filtered by "${name.slice(0, 64)}"; there are ${WHERE.join(", ")}.`
      );
    }
    if (value === undefined || value === null) {
      continue;
    }
    const fits =
      name === "task_in"
        ? Array.isArray(value) && value.length <= MAX_LOG_LIST_TASKS && value.every(isId)
        : name.startsWith("task")
          ? isId(value)
          : Number.isInteger(value);
    if (!fits) {
      const form =
        name === "task_in"
          ? `a list of at most ${MAX_LOG_LIST_TASKS} ids`
          : name.startsWith("task")
            ? "an id"
            : "a whole number";
      throw new TasksError("INVALID_WHERE", `"${name}" must be ${form}.`);
    }
    checked[name] = value;
  }
  return checked;
}

function parsePosition(at: string): { task: string; iteration: number } {
  const split = at.lastIndexOf("|");
  return { task: at.slice(0, split), iteration: Number(at.slice(split + 1)) };
}
