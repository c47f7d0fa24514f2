import type {
  AbortedChildren,
  ListResult,
  JsonObject,
  Task,
  TaskDataStatus,
  TaskError,
  TaskLog,
  TaskLogItem
} from "../types.js";

/**
 * What a context holds at least. Extend it with `createContextPlugin`, and name your own type in
 * `createTaskDefinition<MyContext, Input, Output>`.
 */
export interface TaskContext {
  plugins: {
    byType<T = unknown>(type: string): T[];
    all<T = unknown>(): T[];
    register(...plugins: unknown[]): void;
  };
  tasks: TasksContextObject;
}

// ---------------------------------------------------------------------------------------------- defining

/** A field of a definition, for screens that draw a form. Kept and listed, not interpreted. */
export interface TaskDefinitionField {
  fieldId: string;
  type: string;
  label?: string;
  helpText?: string;
  [more: string]: unknown;
}

/** What `config` gets. */
export interface TaskDefinitionConfig {
  addField(field: TaskDefinitionField): void;
  setFields(change: (fields: TaskDefinitionField[]) => TaskDefinitionField[]): void;
}

/**
 * How an iteration whose `run` threw or returned an error is run again. The waiting is the state machine's: no Lambda
 * runs meanwhile. What the failed attempt staged and did not save is dropped; `onError` runs only for the last error.
 */
export interface RetryPolicy {
  /** Attempts of one iteration, the first included; 2 to 100. */
  maxAttempts: number;
  /** Seconds before the second attempt; default 2. */
  initialDelaySeconds?: number;
  /** How many times as long each further delay is; 1 or more, default 2. */
  backoffRate?: number;
  /** Longest delay in seconds; default 300, at most a day. */
  maxDelaySeconds?: number;
  /** `full`: a random part of the delay, so that many tasks do not come back at once. Default `full`. */
  jitter?: "full" | "none";
  /**
   * Whether an error is worth another attempt; default: every one is. An error's own `retryable` (true or false) goes
   * before it. Faults of the code itself, such as `INVALID_RESULT` or `PAYLOAD_TOO_LARGE`, are never tried again.
   */
  retryable?(error: TaskError): boolean;
}

/** Limits of one task, each above 0. They are looked at before and after each iteration, so one iteration may go over them. */
export interface TaskBudget {
  /** US dollars of what it uses on AWS (`task.usage`), by the prices of `createBackgroundTasks({ prices })`. */
  dollars?: number;
  /** Seconds since its first iteration began, waits included; a wait that would go over ends it at once. */
  seconds?: number;
}

/** One thing an input schema found wrong. */
export interface InputIssue {
  path: readonly PropertyKey[];
  message: string;
  code?: string;
}

/**
 * A schema of an input: a zod schema is one.
 * @typeParam I what `run` gets
 * @typeParam TI what `trigger` takes: what has a default may be left out
 */
export interface InputSchema<I = unknown, TI = unknown> {
  safeParseAsync(input: unknown): Promise<InputSchemaResult>;
  /** Never read, as `_input`: they carry the types. */
  readonly _output?: I;
  readonly _input?: TI;
}
export type InputSchemaResult =
  { success: true; data?: unknown; error?: undefined } | { success: false; error: { issues: readonly InputIssue[] } };

/** What `createTaskDefinition` takes: a plain object, or an instance of a class with these members. */
export interface TaskDefinitionParams<C = TaskContext, I = JsonObject, O = JsonObject, TI = I> {
  /** camelCase, unique among the definitions of a handler, 64 characters at most. */
  id: string;
  title: string;
  description?: string;
  /** Iterations a task may use; a positive whole number, default 500. */
  maxIterations?: number;
  /** How often one iteration is started again after its Lambda crashed or timed out, the first start included; default 3. */
  lostInvocationAttempts?: number;
  /**
   * Seconds that code which was told of an abort has to stop: `onAbort` runs when `run` has returned, at the latest then,
   * beside it. A whole number, 0 to 900; default 60.
   */
  abortGraceSeconds?: number;
  /**
   * True: an iteration that follows without a wait, or after one of at most 4 seconds, runs in the same invocation while
   * there is time. Each is saved and fenced as any other, and counts. Default false.
   */
  burst?: boolean;
  /** Whether an iteration that ended in an error is tried again; default: the first error fails the task. */
  retry?: RetryPolicy;
  /** What a task may use before it fails with `BUDGET_EXCEEDED`; default: no limit. */
  budget?: TaskBudget;
  /**
   * Iterations after each other that may change neither input nor output, log nothing and trigger no child: with this
   * many the task fails with `NO_PROGRESS`. 2 to 10,000; default: they are not counted.
   */
  noProgressIterations?: number;
  /** True: the store's log calls write nothing. Default false. */
  disableDatabaseLogs?: boolean;
  /**
   * Checks the input of every trigger before anything is stored; `run` gets what it makes of it (defaults filled in).
   * A zod schema of an object. Its output must be JSON.
   */
  inputSchema?: InputSchema<I, TI>;
  fields?: TaskDefinitionField[];
  config?(task: TaskDefinitionConfig): void;
  /** One iteration. At-least-once: after a crash the same iteration runs again. */
  run(params: TaskRunParams<C, I, O>): Promise<TaskResponseResult<I, O>>;
  /** Before anything is stored; a throw cancels the trigger. */
  onBeforeTrigger?(params: TaskBeforeTriggerParams<C, I>): Promise<void>;
  onDone?(params: TaskHookParams<C, I, O>): Promise<void>;
  onError?(params: TaskHookParams<C, I, O>): Promise<void>;
  onAbort?(params: TaskHookParams<C, I, O>): Promise<void>;
  onMaxIterations?(params: TaskHookParams<C, I, O>): Promise<void>;
}

/** A definition as it is registered: what {@link TaskDefinitionParams} says, with every default filled in. */
export interface TaskDefinition<C = TaskContext, I = JsonObject, O = JsonObject> extends Omit<
  TaskDefinitionParams<C, I, O>,
  "config" | "inputSchema"
> {
  inputSchema?: InputSchema<I>;
  isPrivate: boolean;
  maxIterations: number;
  lostInvocationAttempts: number;
  abortGraceSeconds: number;
  disableDatabaseLogs: boolean;
  fields: TaskDefinitionField[];
}

export interface TaskBeforeTriggerParams<C = TaskContext, I = JsonObject> {
  context: C;
  input: I;
  /** What Webiny 5.x passes. */
  data: { name: string; definitionId: string; input: I; parentId?: string };
}

/** What `onDone`, `onError`, `onAbort` and `onMaxIterations` get: the task as it is stored after its end. */
export interface TaskHookParams<C = TaskContext, I = JsonObject, O = JsonObject> {
  context: C;
  task: Task<I, O>;
}

// ---------------------------------------------------------------------------------------------- running

/** What `run` gets. */
export interface TaskRunParams<C = TaskContext, I = JsonObject, O = JsonObject> {
  context: C;
  /** A copy of the stored input: changing it changes nothing stored. */
  input: I;
  response: TaskResponse<I, O>;
  store: TaskStore<I, O>;
  /**
   * Whether the Lambda's deadline is near: time to return `response.continue(...)`.
   * @param seconds how near; default 180 (`WEBINY_TASKS_TIMEOUT_CLOSE_MINUTES` changes it)
   */
  isCloseToTimeout(seconds?: number): boolean;
  /** Whether the task was aborted; known at most 5 seconds later, also while `run` only awaits. */
  isAborted(): boolean;
  /** Aborts when `isAborted()` turns true: pass it to `fetch` and timers. */
  signal: AbortSignal;
  /** Triggers a child: its `parentId` is this task. */
  trigger<CI = JsonObject>(params: Omit<TriggerParams<CI>, "parent">): Promise<Task<CI>>;
}

export interface TaskWaitOptions {
  /** Seconds to wait; under 1 means none. At most 355 days. */
  seconds?: number;
  /** When to go on; in the past means at once. */
  date?: Date | string;
}

/** Builds the result of an iteration. `run` returns what one of these gives. */
export interface TaskResponse<I = JsonObject, O = JsonObject> {
  /** The task is done. */
  done(): TaskResponseDoneResult<O>;
  done(message: string, output?: O): TaskResponseDoneResult<O>;
  done(output: O): TaskResponseDoneResult<O>;
  /**
   * Run again.
   * @param input merged over the stored input, top level only; a key with `undefined` is removed
   * @param options how long to wait before; default not at all
   * @throws TasksError MAX_DELAY_ERROR, INVALID_DELAY
   */
  continue(input: Partial<I>, options?: TaskWaitOptions): TaskResponseContinueResult<I>;
  /** The task failed. */
  error(error: Error | string | TaskError): TaskResponseErrorResult;
  /** The task gives in to its abort. */
  aborted(): TaskResponseAbortedResult;
  /** The same as {@link TaskResponse.aborted}. */
  abort(): TaskResponseAbortedResult;
}

/** Which task a result belongs to: a result of another task's `response` is refused. */
interface ResponseResultBase {
  webinyTaskId: string;
  webinyTaskDefinitionId: string;
  tenant: string;
  locale: string;
}
export interface TaskResponseDoneResult<O = JsonObject> extends ResponseResultBase {
  status: "done";
  message?: string;
  output?: O;
}
export interface TaskResponseContinueResult<I = JsonObject> extends ResponseResultBase {
  status: "continue";
  input: Partial<I>;
  /** Whole seconds. */
  wait?: number;
}
export interface TaskResponseErrorResult extends ResponseResultBase {
  status: "error";
  error: TaskError;
  /** What the error said of itself. */
  retryable?: boolean;
}
export interface TaskResponseAbortedResult extends ResponseResultBase {
  status: "aborted";
}
export type TaskResponseResult<I = JsonObject, O = JsonObject> =
  TaskResponseDoneResult<O> | TaskResponseContinueResult<I> | TaskResponseErrorResult | TaskResponseAbortedResult;

export interface StoreOptions {
  /** False: only stage; `save()` or the end of the iteration writes it. Default true. */
  save?: boolean;
}

/** The fields of a task that running code may change. */
export type TaskUpdate<I = JsonObject, O = JsonObject> = Partial<Pick<Task<I, O>, "name" | "input" | "output">>;

/** The stored task, as seen and changed from inside `run`. Every write is fenced: after an abort or a takeover it rejects. */
export interface TaskStore<I = JsonObject, O = JsonObject> {
  getTask(): Task<I, O>;
  getStatus(): TaskDataStatus;
  getInput(): I;
  getOutput(): O | undefined;
  /** Replaces the given fields. No change, no write. */
  updateTask(
    values: TaskUpdate<I, O> | ((task: Task<I, O>) => TaskUpdate<I, O>),
    options?: StoreOptions
  ): Promise<void>;
  /** Merges over the stored input, top level only; a key with `undefined` is removed. */
  updateInput(values: Partial<I> | ((input: I) => Partial<I>), options?: StoreOptions): Promise<void>;
  /** Merges over the stored output, top level only. */
  updateOutput(values: Partial<O>, options?: StoreOptions): Promise<void>;
  /** Appends to this iteration's log. Lines are written together, about a second later, before `save()` returns, and before the iteration ends. */
  addInfoLog(line: { message: string; data?: JsonObject }, options?: StoreOptions): Promise<void>;
  addErrorLog(line: { message: string; error: unknown; data?: JsonObject }, options?: StoreOptions): Promise<void>;
  /** This task's children, oldest first. */
  listChildTasks<CI = JsonObject, CO = JsonObject>(definitionId?: string): Promise<ListResult<Task<CI, CO>>>;
  /** Writes what is staged. */
  save(): Promise<void>;
}

// ---------------------------------------------------------------------------------------------- context.tasks

/** A definition as something to trigger: it knows the type of its input. */
export interface Triggerable<TI = JsonObject> {
  readonly id: string;
  /** Never there: carries the type of what `trigger` takes. */
  readonly givenInput?: TI;
}

export interface TaskTriggerParams<I = JsonObject> {
  /** Id of the definition. */
  definition: string;
  /** JSON object; default `{}`; at most 32 MiB. */
  input?: I;
  /** Default: the definition's title. */
  name?: string;
  /** Whole seconds before the first iteration, under 355 days; default 0. */
  delay?: number;
  parent?: { id: string };
}

/** The same with the definition itself in the place of its id: then the type of the input is the definition's. */
export type TriggerParams<I = JsonObject> = Omit<TaskTriggerParams<I>, "definition"> & {
  definition: string | Triggerable<I>;
};

type Comparable<T> = { [K in "" | "_not"]: T };
/** `field`, `field_not`, `field_in`, `field_not_in`. */
type Matches<F extends string, T> = { [K in keyof Comparable<T> as `${F}${K}`]?: T } & {
  [K in "_in" | "_not_in" as `${F}${K}`]?: T[];
};
type Range<F extends string, T> = { [K in "_gt" | "_gte" | "_lt" | "_lte" as `${F}${K}`]?: T };

export type ListTasksWhere = Matches<"id", string> &
  Matches<"parentId", string> &
  Matches<"definitionId", string> &
  Matches<"taskStatus", TaskDataStatus> &
  Range<"createdOn", string> &
  Range<"savedOn", string>;

export interface ListTasksParams {
  where?: ListTasksWhere;
  /** One order, e.g. `["createdOn_DESC"]`, the default. */
  sort?: string[] | string;
  /** 1 to 1,000; default 50. */
  limit?: number;
  /** `meta.cursor` of the page before. */
  after?: string | null;
  /** Part of the name, in any case. */
  search?: string;
  /**
   * True: `meta.totalCount` is counted, up to 10,000, which reads the keys of all that is counted. Without it the count
   * is exact when the list ends with this page; otherwise it says how many there are at least. Default false.
   */
  count?: boolean;
}

export type ListLogsWhere = {
  task?: string;
  task_in?: string[];
  task_not?: string;
  iteration?: number;
  iteration_not?: number;
} & Range<"iteration", number>;

export interface ListLogsParams {
  where?: ListLogsWhere;
  sort?: string[] | string;
  limit?: number;
  after?: string | null;
}

/** A topic of `context.tasks`: subscribers are awaited, in order; a throw of a "before" one cancels. */
export interface Topic<T> {
  subscribe(subscriber: (payload: T) => void | Promise<void>): () => void;
}

export interface TaskTopics {
  onTaskBeforeCreate: Topic<{ input: CreateTaskInput }>;
  onTaskAfterCreate: Topic<{ input: CreateTaskInput; task: Task }>;
  onTaskBeforeUpdate: Topic<{ input: UpdateTaskInput; original: Task }>;
  onTaskAfterUpdate: Topic<{ input: UpdateTaskInput; task: Task }>;
  onTaskBeforeDelete: Topic<{ task: Task }>;
  onTaskAfterDelete: Topic<{ task: Task }>;
}

export interface AbortParams {
  id: string;
  /** Why; kept with the task, at most 1 KiB. Default "Task aborted." */
  message?: string;
  /** `leave`: children that are active go on. No new one is started all the same. Default `abort`. */
  children?: AbortedChildren;
}

export interface CreateTaskInput {
  definitionId: string;
  name: string;
  input: JsonObject;
  parentId?: string;
}

export interface UpdateTaskInput {
  name?: string;
  taskStatus?: TaskDataStatus;
  /** Replaces the stored input. */
  input?: JsonObject;
  /** Replaces the stored output. */
  output?: JsonObject;
}

/** `context.tasks`. */
export interface TasksContextObject extends TaskTopics {
  /**
   * Creates a task and starts its execution.
   * @returns the stored task, status "pending"
   * @throws TasksError TASK_DEFINITION_ERROR, INVALID_INPUT, INVALID_DELAY, MAX_DELAY_ERROR, PAYLOAD_TOO_LARGE,
   *   NOT_FOUND (the parent), TASK_ABORTED (the parent), TRIGGER_STEP_FUNCTION_ERROR, or what `onBeforeTrigger` threw.
   *   Nothing is left stored.
   * @example const task = await context.tasks.trigger({ definition: "syncArticles", input: { page: 1 }, delay: 60 });
   * @example const task = await context.tasks.trigger({ definition: resizeImages, input: { folder: "summer" } });
   */
  trigger<I = JsonObject>(params: TriggerParams<I>): Promise<Task<I>>;
  /**
   * Aborts a pending or running task: its execution is stopped, its children follow, `onAbort` runs.
   * @throws TasksError NOT_FOUND, TASK_ABORT_ERROR, INVALID_ARGUMENT
   * @example await context.tasks.abort({ id, message: "Not needed any more.", children: "leave" });
   */
  abort<I = JsonObject, O = JsonObject>(params: AbortParams): Promise<Task<I, O>>;
  getTask<I = JsonObject, O = JsonObject>(id: string): Promise<Task<I, O> | null>;
  listTasks<I = JsonObject, O = JsonObject>(params?: ListTasksParams): Promise<ListResult<Task<I, O>>>;
  /**
   * Stores a task without starting it.
   * @throws TasksError TASK_DEFINITION_ERROR, INVALID_INPUT, PAYLOAD_TOO_LARGE, NOT_FOUND or TASK_ABORTED (the parent)
   */
  createTask<I = JsonObject>(input: CreateTaskInput): Promise<Task<I>>;
  /** @throws TasksError NOT_FOUND, INVALID_STATUS_CHANGE, INVALID_INPUT, PAYLOAD_TOO_LARGE */
  updateTask<I = JsonObject, O = JsonObject>(id: string, input: UpdateTaskInput): Promise<Task<I, O>>;
  /** Removes a task with its logs and payloads; an active one is aborted first. @throws TasksError NOT_FOUND */
  deleteTask(id: string): Promise<boolean>;
  createLog(task: Pick<Task, "id">, input: { executionName: string; iteration: number }): Promise<TaskLog>;
  /** Replaces the items. */
  updateLog(id: string, input: { items: TaskLogItem[] }): Promise<TaskLog>;
  getLog(id: string): Promise<TaskLog | null>;
  /** @throws TasksError NOT_FOUND */
  getLatestLog(taskId: string): Promise<TaskLog>;
  listLogs(params?: ListLogsParams): Promise<ListResult<TaskLog>>;
  deleteLog(id: string): Promise<boolean>;
  getDefinition(id: string): TaskDefinition | null;
  listDefinitions(): TaskDefinition[];
  /** What the execution service says of the task's execution, or null. @throws TasksError NOT_FOUND, SERVICE_ERROR */
  fetchServiceInfo(task: Task | string): Promise<JsonObject | null>;
}
