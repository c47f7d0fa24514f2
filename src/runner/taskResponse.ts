import { MAX_DELAY_DAYS, MAX_DELAY_SECONDS } from "../constants.js";
import type { TaskResponse, TaskResponseResult, TaskWaitOptions } from "../definition/TaskDefinition.js";
import { retryableOf, TasksError, toTaskError } from "../errors.js";
import { isJsonObject } from "../storage/json.js";
import type { JsonObject } from "../types.js";

/** Whose results these are. */
export interface ResponseOwner {
  webinyTaskId: string;
  webinyTaskDefinitionId: string;
  tenant: string;
  locale: string;
}

/** What `run` builds its result with. */
export function createTaskResponse(of: ResponseOwner, now: () => number): TaskResponse {
  const base = {
    webinyTaskId: of.webinyTaskId,
    webinyTaskDefinitionId: of.webinyTaskDefinitionId,
    tenant: of.tenant,
    locale: of.locale
  };
  return {
    done(...args: [(string | JsonObject)?, JsonObject?]) {
      const [first, second] = args;
      const message = typeof first === "string" ? first : undefined;
      const output = typeof first === "string" || first === undefined ? second : first;
      return {
        ...base,
        status: "done",
        ...(message === undefined ? {} : { message }),
        ...(output === undefined ? {} : { output })
      };
    },
    continue(input, options) {
      const wait = waitSeconds(options, now());
      return { ...base, status: "continue", input, ...(wait > 0 ? { wait } : {}) };
    },
    error(error) {
      const retryable = retryableOf(error);
      return { ...base, status: "error", error: toTaskError(error), ...(retryable === undefined ? {} : { retryable }) };
    },
    aborted: () => ({ ...base, status: "aborted" }),
    abort: () => ({ ...base, status: "aborted" })
  };
}

/**
 * Whole seconds to wait: rounded up, since Step Functions dies on fractions; 0 for less than a second or a date in the past.
 * @throws TasksError INVALID_DELAY, MAX_DELAY_ERROR
 */
function waitSeconds(options: TaskWaitOptions | undefined, now: number): number {
  if (options === undefined || options === null) {
    return 0;
  }
  const { seconds, date } = options;
  const given = date === undefined ? (seconds ?? 0) : (new Date(date).getTime() - now) / 1000;
  if (typeof given !== "number" || Number.isNaN(given)) {
    throw new TasksError(
      "INVALID_DELAY",
      `A wait is { seconds: number } or { date: Date }; got ${JSON.stringify(options)}.`,
      {}
    );
  }
  if (given > MAX_DELAY_SECONDS) {
    throw new TasksError("MAX_DELAY_ERROR", `The maximum delay for a task is ${MAX_DELAY_DAYS} days.`, {
      seconds: given
    });
  }
  return given < 1 ? 0 : Math.ceil(given);
}

/**
 * Whether what `run` returned is a result of this task's `response`.
 * @returns what is wrong with it, or null
 */
export function faultOfResult(result: unknown, of: ResponseOwner): string | null {
  if (result === undefined || result === null) {
    return "it returned nothing";
  }
  if (!isJsonObject(result) || typeof result.status !== "string") {
    return `it returned ${Array.isArray(result) ? "an array" : typeof result}`;
  }
  if (result.webinyTaskId !== of.webinyTaskId) {
    return `it returned a result of the task "${String(result.webinyTaskId)}"`;
  }
  const { status, input, wait, output, error } = result as Partial<Record<string, unknown>> & TaskResponseResult;
  switch (status) {
    case "done":
      return output === undefined || isJsonObject(output) ? null : "its output is not a JSON object";
    case "continue":
      if (input !== undefined && input !== null && !isJsonObject(input)) {
        return "its input is not a JSON object";
      }
      return wait === undefined || (Number.isInteger(wait) && wait >= 0)
        ? null
        : "its wait is not a whole number of seconds";
    case "error":
      return error === undefined || error === null ? "its error is missing" : null;
    case "aborted":
      return null;
    default:
      return `its status is "${String(status)}"`;
  }
}
