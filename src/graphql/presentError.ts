import { randomUUID } from "node:crypto";
import type { TaskContext } from "../definition/TaskDefinition.js";
import { ERROR_CODES, toTaskError, type ErrorCode } from "../errors.js";
import { engineOf } from "../tasks/engineOf.js";
import type { JsonObject } from "../types.js";

/** An error as a caller sees it. */
export interface PresentedError {
  message: string;
  code: string;
  data: JsonObject | null;
  /** Only with `debug`. */
  stack?: string;
}

/** Codes that tell of the server's inside: table names, what AWS said, how it is configured. */
const INTERNAL = new Set<string>([
  "CONFIGURATION_ERROR",
  "INVALID_DEFINITION",
  "PLUGIN_ERROR",
  "SERVICE_ERROR",
  "STORAGE_ERROR",
  "STORAGE_UNAVAILABLE",
  "STORAGE_FORMAT",
  "STORAGE_INDEX_MISSING",
  "STORAGE_TABLE_MISSING",
  "TRIGGER_STEP_FUNCTION_ERROR"
] satisfies ErrorCode[]);

/**
 * What a caller is told. An error with a code of its own was made to be read (`throw Object.assign(new Error(…), { code })`
 * in `onBeforeTrigger` too); every other one is written to the log under an id, and the caller is given the id.
 */
export function presentError(context: TaskContext, error: unknown): PresentedError {
  const { debug, logger } = engineOf(context);
  const { message, code, data, stack } = toTaskError(error, "INTERNAL_ERROR");
  const shown = debug && stack !== undefined ? { stack } : {};
  if (isForCallers(error)) {
    return { message, code: code ?? "INTERNAL_ERROR", data: jsonOrNull(data), ...shown };
  }
  const id = randomUUID();
  logger.error("A request failed", { id, error });
  const kept = code !== undefined && code in ERROR_CODES ? code : "INTERNAL_ERROR";
  return {
    message: debug ? message : `The server could not carry out the request. Its log says why under the id ${id}.`,
    code: kept,
    data: { id },
    ...shown
  };
}

function isForCallers(error: unknown): boolean {
  if (typeof error !== "object" || error === null) {
    return false;
  }
  const { code, errno, syscall, $metadata } = error as Record<string, unknown>;
  // Node's and the AWS SDK's own errors have codes that nobody chose for a caller.
  const isOfASystem = errno !== undefined || syscall !== undefined || $metadata !== undefined;
  return typeof code === "string" && code !== "" && !code.startsWith("ERR_") && !isOfASystem && !INTERNAL.has(code);
}

/** `data` of a user's error may be anything. */
function jsonOrNull(data: JsonObject | undefined): JsonObject | null {
  if (data === undefined || Object.keys(data).length === 0) {
    return null;
  }
  try {
    return JSON.parse(JSON.stringify(data)) as JsonObject;
  } catch {
    return { notShown: "It is not JSON." };
  }
}
