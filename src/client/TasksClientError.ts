import type { ErrorCode } from "../errors.js";
import type { JsonObject } from "../types.js";

export interface TasksClientErrorOptions extends ErrorOptions {
  data?: JsonObject;
  status?: number;
}

/** What every method of the client rejects with. Compare `code`, not the class: a project may hold two copies of it. */
export class TasksClientError extends Error {
  override readonly name = "TasksClientError";
  /** As in docs/errors.md; also one that a hook of yours has thrown at the server. */
  readonly code: ErrorCode | (string & {});
  /** What it is about: ids, what was expected, what came. */
  readonly data: JsonObject;
  /** HTTP status of the answer; undefined when none came. 200 for what the API itself refused. */
  readonly status: number | undefined;

  constructor(code: ErrorCode | (string & {}), message: string, { data, status, cause }: TasksClientErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.data = data ?? {};
    this.status = status;
  }
}
