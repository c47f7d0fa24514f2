/**
 * The words of this library, the same in code, DynamoDB attributes, GraphQL, logs and docs.
 *
 * | word            | meaning |
 * |-----------------|---------|
 * | task definition | the code: `id`, `title`, `run`, hooks; a plugin passed to `createHandler` |
 * | task            | one stored record: which definition, input, status, iterations so far, output |
 * | iteration       | one call of a definition's `run`; counted and fenced |
 * | invocation      | one Lambda call; holds one or more iterations |
 * | runner          | the code that carries out one iteration |
 * | trigger, abort  | create a task and start its execution; ask a task to stop |
 * | result          | what `run` returns: done, continue, error or aborted |
 * | execution       | Step Functions' word: one run of the state machine; a task has one, or several after each other |
 * | log             | what an iteration wrote about itself |
 * | follow-up       | what a task does after its end: a hook; for an abort the stop of its execution and the abort of its children |
 * | owner           | a token that names who holds a lease: the request id of an invocation |
 * | storage, service| the two ports: where tasks are kept; how their executions are started, stopped and described |
 */

/** Where a task stands. `pending → running → success, failed or aborted`; the last three are final. */
export const TaskDataStatus = {
  PENDING: "pending",
  RUNNING: "running",
  FAILED: "failed",
  SUCCESS: "success",
  ABORTED: "aborted"
} as const;
export type TaskDataStatus = (typeof TaskDataStatus)[keyof typeof TaskDataStatus];

/** What an iteration decided. */
export const TaskResponseStatus = {
  DONE: "done",
  CONTINUE: "continue",
  ERROR: "error",
  ABORTED: "aborted"
} as const;
export type TaskResponseStatus = (typeof TaskResponseStatus)[keyof typeof TaskResponseStatus];

export const TaskLogItemType = { INFO: "info", ERROR: "error" } as const;
export type TaskLogItemType = (typeof TaskLogItemType)[keyof typeof TaskLogItemType];

/**
 * A JSON object. Its values are `any` because Webiny's own type is: task files read `task.input.folder.name`
 * without a cast. Give `createTaskDefinition` your own types to have them checked.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as said above
export type JsonObject = Record<string, any>;

/** Who did something. */
export interface Identity {
  id: string;
  displayName: string | null;
  type: string;
}

/** An error as it is stored with a task, logged, and answered. */
export interface TaskError {
  message: string;
  code?: string;
  data?: JsonObject;
  stack?: string;
}

/** What an abort does with the active children: `abort` (and theirs), or `leave` them as they are. */
export type AbortedChildren = "abort" | "leave";

/** One task, as users see it. Dates are ISO 8601 strings. */
export interface Task<TInput = JsonObject, TOutput = JsonObject> {
  id: string;
  name: string;
  definitionId: string;
  taskStatus: TaskDataStatus;
  /** Name of the execution that runs it; `""` until its first iteration. */
  executionName: string;
  input: TInput;
  output?: TOutput;
  createdOn: string;
  savedOn: string;
  createdBy: Identity;
  startedOn?: string;
  finishedOn?: string;
  /** What the execution service answered to the start, when it answers anything. Not stored by Step Functions. */
  eventResponse?: JsonObject;
  /** Iterations begun so far. */
  iterations: number;
  parentId?: string;
  /** True for a task of a private definition: from outside it is seen only with the permission for it. */
  isPrivate?: true;
  /** The message the task ended with. */
  message?: string;
  /** The error the task ended with; also in `output.error`. */
  error?: TaskError;
  /** Who aborted it, why, and what became of its children. */
  abort?: { by: Identity; reason: string; children: AbortedChildren };
  /** Which execution of this task is the current one: 1, then one more at each fresh start. */
  execution: number;
  /** Invocations of the current iteration so far; above 1 after a crash. */
  attempt: number;
  /** Attempts of the current iteration that ended in an error and are tried again; not there when there are none. */
  failedAttempts?: number;
  /** Not before this time does the next iteration start. */
  nextAt?: string;
  /** An invocation holds the task until then at most: not there while it waits or has ended. In the past: it died. */
  busyUntil?: string;
  /** Executions started in the place of lost ones since an iteration was last settled; not there when there are none. */
  revives?: number;
  /** What a finished task still has to do, such as `onDone`; not there when there is nothing. */
  owed?: string[];
  /** What a finished task did after its end, in order: hooks, for an abort the stop and the children; not there when nothing. */
  followUps?: TaskFollowUp[];
  /** The latest iterations, oldest first. */
  recent: TaskIteration[];
  /** What it has used so far. */
  usage: TaskUsage;
}

/**
 * What a task has used on AWS, counted by its trigger and its invocations and stored with the writes of its record that
 * happen anyway. Not in it: deliveries that found another invocation at work, what follows the last write of an
 * invocation, cold starts, calls of the API such as an abort, sweeps, and the removal of its items after their retention.
 */
export interface TaskUsage {
  /** State transitions of Step Functions, retries included. */
  transitions: number;
  /** Invocations of the Lambda. */
  invocations: number;
  /** Seconds of the Lambda times its memory in GB (`AWS_LAMBDA_FUNCTION_MEMORY_SIZE`; outside Lambda 1 GB is assumed). */
  gbSeconds: number;
  /** DynamoDB's units on demand, those of the indexes included. */
  readUnits: number;
  writeUnits: number;
  /** What that costs, in US dollars, as the API and the client say it; in code: `dollarsOf(usage)`. */
  dollars?: number;
  /** Whose prices: region and date. */
  prices?: string;
}

/** When one iteration ran, for a timeline. */
export interface TaskIteration {
  startedOn: string;
  durationMs: number;
}

/** A hook, or another thing that a task does after its end: `stop` of the execution, abort of the `children`. */
export interface TaskFollowUp {
  /** `onDone`, `onError`, `onAbort`, `onMaxIterations`, `stop` or `children`. */
  name: string;
  finishedOn: string;
  /** It failed as often as it is tried; the log says why. */
  givenUp: boolean;
}

export interface TaskLogItem {
  message: string;
  createdOn: string;
  type: TaskLogItemType;
  data?: JsonObject;
  error?: TaskError;
}

/** What one iteration wrote about itself. */
export interface TaskLog {
  id: string;
  createdOn: string;
  createdBy: Identity;
  executionName: string;
  /** Id of the task. */
  task: string;
  iteration: number;
  items: TaskLogItem[];
}

/** What a page of a list says beside its items. */
export interface ListMeta {
  /** Give it as `after` to read on; null after the last page. */
  cursor: string | null;
  hasMoreItems: boolean;
  /** How many items the whole list has; a lower bound where `totalCountIsExact` is false. */
  totalCount: number;
  /** False where nothing was counted (`count: true` does) and there are more pages, or there are more than 10,000. */
  totalCountIsExact: boolean;
}

export interface ListResult<T> {
  items: T[];
  meta: ListMeta;
}

/**
 * The one source of time: `now` in epoch milliseconds, `sleep` for so many milliseconds or until the signal aborts.
 * `background`: this sleep alone does not keep the process running.
 */
export interface Clock {
  now(): number;
  sleep(milliseconds: number, signal?: AbortSignal, options?: { background?: boolean }): Promise<void>;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/**
 * Takes log lines for whoever operates the system: the console, Powertools' Logger, or a few lines around another one.
 * Inputs, outputs and the data of errors are never passed to it. `fields` are new for each line, and JSON.
 */
export interface Logger {
  debug(message: string, fields: Record<string, unknown>): void;
  info(message: string, fields: Record<string, unknown>): void;
  warn(message: string, fields: Record<string, unknown>): void;
  error(message: string, fields: Record<string, unknown>): void;
}
