import type { JsonObject, TaskError } from "./types.js";

/** The base of every error this library throws. Compare `code`, not the class: a project may hold two copies of it. */
export class TasksError extends Error {
  override readonly name: string = "TasksError";
  /** Stable, documented in docs/errors.md. */
  readonly code: ErrorCode;
  /** What it is about: ids, what was expected, what came. */
  readonly data: JsonObject;

  constructor(code: ErrorCode, message: string, data: JsonObject = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}

/** Every code, with what it means and what to do. docs/errors.md is compared with this table by a test. */
export const ERROR_CODES = {
  TASK_DEFINITION_ERROR:
    "No definition with this id is registered. Register it in the `plugins` of `createHandler`, or correct the id.",
  INVALID_DEFINITION: "A definition is not valid: the message names it and the fault. Correct the definition.",
  TASK_NOT_FOUND: "The runner was started for a task that is not stored. It was deleted, or another table is used.",
  NOT_FOUND:
    "No task, log or parent with this id. Correct the id; tasks of another tenant or locale are not found either.",
  TASK_ABORT_ERROR: "Only a pending or running task can be aborted.",
  TASK_ABORTED:
    "The task was aborted while this iteration was running; what it wrote afterwards was not saved. Return `response.aborted()`.",
  TASK_FINISHED: "The task was finished before: a finished task is never run or changed again. Trigger a new one.",
  TASK_SUPERSEDED: "Another invocation carries out this iteration; this one may not save any more. Return from `run`.",
  MAX_ITERATIONS: "The task used all its iterations. Raise `maxIterations`, or do more in each one.",
  BUDGET_EXCEEDED:
    "The task used more dollars or time than the `budget` of its definition. Raise it, or find out what the task does so often.",
  NO_PROGRESS:
    "As many iterations as `noProgressIterations` says changed nothing, logged nothing and triggered nothing. Let `run` come to an end, or raise it.",
  MAX_DELAY_ERROR: "A delay or wait is at most 355 days.",
  INVALID_DELAY: "A delay is a whole number of seconds, 0 or more.",
  INVALID_INPUT: "An input or output is a JSON object. The message says what came and where.",
  INVALID_ARGUMENT: "An argument is not of the documented form. The message says what was expected and what came.",
  INVALID_ID:
    "Ids, tenants and locales start with a letter or digit and hold letters, digits, `_`, `.` and `-`, 64 at most.",
  INVALID_CURSOR:
    "The cursor is not one of this list. Pass `meta.cursor` of the page before, with the same `where` and `sort`.",
  INVALID_SORT: "The list cannot be sorted so. The message names the allowed orders.",
  INVALID_WHERE: "The list cannot be filtered so. The message names the field and the allowed ones.",
  INVALID_LIMIT: "`limit` is a whole number from 1 to 1,000.",
  INVALID_STATUS_CHANGE: "A status changes only along pending → running → success, failed or aborted.",
  PAYLOAD_TOO_LARGE:
    "An input, output or log line is over its maximum. Keep large data in S3 and pass its key. What was stored before is unchanged.",
  INVALID_RESULT:
    "`run` returned something that is not a result of this task's `response`. Return what `response.…()` gives.",
  INVOCATION_LOST:
    "The Lambda crashed or timed out at every attempt of one iteration. See the Lambda's log; do less per iteration, or raise memory or time-out.",
  EXECUTION_LOST:
    "The task's executions ended five times without one iteration being carried out. See the state machine's history and the Lambda's log, then trigger a new task.",
  TRIGGER_STEP_FUNCTION_ERROR:
    "The execution could not be started. No task is left behind. The cause is in `data` and in the log.",
  SERVICE_ERROR:
    "Step Functions refused a stop or a describe, or the function `stateMachineArn` failed. The cause is in `data`.",
  PLUGIN_ERROR: "A plugin is missing or is not valid. The message says which one and what it needs.",
  VALIDATION_FAILED_INVALID_FIELDS:
    "The event lacks fields; `data.invalidFields` names them. Start executions through `context.tasks.trigger`.",
  SCOPE_MISMATCH:
    "Webiny's context has another tenant or locale than the task. Restore the tenant or locale, or list Webiny's tenancy, i18n and CMS among the plugins.",
  EVENT_NOT_SUPPORTED: "No event source takes this event. Add one, or correct what invokes the Lambda.",
  CONFIGURATION_ERROR: "An option or environment variable is missing or not valid. The message names it.",
  NETWORK_ERROR:
    "The client could not reach the server, or the connection broke. Start the server, or correct the URL.",
  REQUEST_TIMEOUT:
    "The server did not answer a request in time. It may still carry it out: look before sending it again, or raise `requestTimeoutMs`.",
  INVALID_ANSWER: "What answered the client is not the tasks API. Correct the URL: it is that of the GraphQL endpoint.",
  SERVER_ERROR:
    "The server answered with an HTTP error without a code of this table. `status` has the HTTP status, the message what it said.",
  WAIT_TIMEOUT: "The task had not ended when the time for waiting was over. It goes on: wait again, or abort it.",
  STORAGE_INDEX_MISSING:
    "The table lacks an index. The message names it; `createTasksTable()` or the infrastructure code creates it.",
  STORAGE_TABLE_MISSING:
    "The table does not exist. Create it with `createTasksTable()` or the infrastructure code, or correct `WEBINY_TASKS_TABLE`.",
  STORAGE_ERROR:
    "DynamoDB refused a request that it would refuse again, or a part of a payload is missing. The cause is in `data`.",
  STORAGE_UNAVAILABLE:
    "DynamoDB throttled a request, failed, or was not reached, after every retry. Try again later; raise its limits.",
  STORAGE_FORMAT:
    "The record was written by a newer version of this library. Deploy that version everywhere; nothing was changed, and the task goes on then.",
  LOCAL_ERROR:
    "The local runtime could not start or was asked for something it does not have. The message says what to do.",
  NOT_AUTHENTICATED:
    "The request is not signed in, or nothing says who may call the API. Sign in; the server needs `createTaskSecurity()`.",
  NOT_AUTHORIZED: "The caller lacks the permission `tasks` for this operation or tenant. Give it the permission.",
  INTERNAL_ERROR: "The server could not carry out a request. Its log says why, under the id in `data`.",
  INVALID_REQUEST:
    "The HTTP request is no GraphQL request, or its query is not valid or over a limit. The message says which.",
  RUN_ERROR: "`run` threw or returned an error without a code of its own."
} as const;
export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * Throw it in `run`, or return it with `response.error`, when another attempt can't help: the task fails at once,
 * whatever its definition's `retry` says. Any error with `retryable: false` does the same.
 * @example throw new NonRetryableError("The folder was deleted.", { code: "FOLDER_GONE" });
 */
export class NonRetryableError extends Error {
  override readonly name = "NonRetryableError";
  readonly retryable = false;
  readonly code: string;
  readonly data: JsonObject | undefined;

  constructor(
    message: string,
    { code = "RUN_ERROR", data, cause }: { code?: string; data?: JsonObject; cause?: unknown } = {}
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.data = data;
  }
}

/** What an error says of itself: true or false; undefined when it says nothing. */
export function retryableOf(error: unknown): boolean | undefined {
  const { retryable } = (typeof error === "object" && error !== null ? error : {}) as { retryable?: unknown };
  return typeof retryable === "boolean" ? retryable : undefined;
}

/** Builds a not-found error as Webiny words it. */
export function notFound(what: string, id: string): TasksError {
  return new TasksError("NOT_FOUND", `${what} "${id}" was not found!`, { id });
}

/** Whether the error carries this code, whichever copy of the library threw it. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return typeof error === "object" && error !== null && (error as { code?: unknown }).code === code;
}

/** Turns whatever was thrown or returned as an error into what is stored and answered. */
export function toTaskError(value: unknown, fallbackCode: ErrorCode = "RUN_ERROR"): TaskError {
  if (typeof value === "string") {
    return { message: value, code: fallbackCode };
  }
  if (typeof value === "object" && value !== null) {
    const { message, code, data, stack } = value as { [key: string]: unknown };
    return {
      message: typeof message === "string" && message !== "" ? message : textOf(value),
      code: typeof code === "string" || typeof code === "number" ? String(code) : fallbackCode,
      ...(typeof data === "object" && data !== null ? { data: data } : {}),
      ...(typeof stack === "string" ? { stack } : {})
    };
  }
  return { message: String(value), code: fallbackCode };
}

/** An object without a prototype, or with a broken `toString`, has no text of its own. */
function textOf(value: object): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
