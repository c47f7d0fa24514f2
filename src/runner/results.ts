import { NEWER_FORMAT_WAIT_SECONDS } from "../constants.js";
import type { TaskEvent } from "../machine/event.js";
import type { TaskContinueResult, TaskDoneResult, TaskErrorResult, TaskResult } from "../machine/result.js";
import type { TaskRecord } from "../storage/record.js";
import { load } from "../tasks/toTask.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import type { JsonObject, TaskError } from "../types.js";

/** The part every result has: which task, execution and iteration it is about. */
export function resultBase(event: TaskEvent, iteration: number, execution: number) {
  const { webinyTaskId, webinyTaskDefinitionId, tenant, locale } = event;
  return { webinyTaskId, webinyTaskDefinitionId, tenant, locale, execution, iteration };
}

export function errorResult(event: TaskEvent, error: TaskError, record?: TaskRecord): TaskErrorResult {
  const iteration = event.iteration ?? record?.iterations ?? 1;
  return { ...resultBase(event, Math.max(1, iteration), executionOf(event, record)), status: "error", error };
}

/** "Come again": nothing was decided by this invocation. */
export function continueResult(
  event: TaskEvent,
  record: TaskRecord,
  iteration: number,
  waitSeconds: number
): TaskContinueResult {
  const wait = Math.max(0, Math.ceil(waitSeconds));
  return {
    ...resultBase(event, iteration, executionOf(event, record)),
    status: "continue",
    ...(wait > 0 ? { wait } : {}),
    delay: -1
  };
}

/** "Come again": a newer version wrote the record, and this one touches nothing of it. */
export function leftToNewerVersion(event: TaskEvent): TaskContinueResult {
  const { iteration = 1, execution = 1 } = event;
  return { ...resultBase(event, iteration, execution), status: "continue", wait: NEWER_FORMAT_WAIT_SECONDS, delay: -1 };
}

/** The end of this execution only: the task itself is looked after elsewhere. */
export function doneForThisExecution(event: TaskEvent, record: TaskRecord): TaskDoneResult {
  return {
    ...resultBase(event, event.iteration ?? Math.max(1, record.iterations), executionOf(event, record)),
    status: "done"
  };
}

/** What a final record says of its end, as the iteration that ended it answered. */
export async function storedResult(engine: TaskEngine, event: TaskEvent, record: TaskRecord): Promise<TaskResult> {
  const base = resultBase(event, Math.max(1, record.endedAtIteration ?? record.iterations), executionOf(event, record));
  if (record.taskStatus === "aborted") {
    return { ...base, status: "aborted" };
  }
  const { output, error } = (await load(engine.storage, record))?.payloads ?? {};
  switch (record.taskStatus) {
    case "failed":
      return {
        ...base,
        status: "error",
        error: error === undefined ? { message: "Task failed." } : (JSON.parse(error) as TaskError)
      };
    default: {
      return {
        ...base,
        status: "done",
        ...(record.message === undefined ? {} : { message: record.message }),
        ...(output === undefined ? {} : { output: JSON.parse(output) as JsonObject })
      };
    }
  }
}

function executionOf(event: TaskEvent, record?: TaskRecord): number {
  return event.execution ?? Math.max(1, record?.execution ?? 1);
}
