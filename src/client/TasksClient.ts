import type {
  AbortParams,
  ListLogsWhere,
  ListTasksWhere,
  TaskDefinition,
  TaskDefinitionField,
  TaskRunParams,
  Triggerable
} from "../definition/TaskDefinition.js";
import type { JsonObject, ListMeta, Task, TaskLog } from "../types.js";

/** Where no definitions are named: any id, any JSON object. */
export type AnyDefinitions = Record<string, Pick<TaskDefinition, "run">>;

/** The ids: the keys of the object of definitions. */
export type DefinitionId<D> = Extract<keyof D, string>;

interface Runs<I, O> {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- of any context
  run(params: TaskRunParams<any, I, O>): unknown;
}
/** What `run` of the definition gets as its input. */
export type InputOf<Definition> = Definition extends Runs<infer I, infer _O> ? I : never;
/** What its `trigger` takes: less than `run` gets, where an `inputSchema` fills in defaults. */
export type GivenInputOf<Definition> = Definition extends Triggerable<infer TI> ? TI : InputOf<Definition>;
/** What the definition's tasks have as their output. */
export type OutputOf<Definition> = Definition extends Runs<infer _I, infer O> ? O : never;

/** A task of one of the definitions; `definitionId` tells them apart. */
export type TaskOf<D, Id extends DefinitionId<D> = DefinitionId<D>> = {
  [K in Id]: Task<InputOf<D[K]>, OutputOf<D[K]>> & { definitionId: K };
}[Id];

export type TriggerParams<D, Id extends DefinitionId<D>> = {
  definition: Id;
  /** Default: the definition's title. */
  name?: string;
  /** Whole seconds before the first iteration, at most 355 days; default 0. */
  delay?: number;
} & (object extends GivenInputOf<D[Id]> ? { input?: GivenInputOf<D[Id]> } : { input: GivenInputOf<D[Id]> });

/** A public definition, as the server lists it. */
export interface ListedDefinition {
  id: string;
  title: string;
  description?: string;
  fields: TaskDefinitionField[];
  /** JSON Schema of the input, where the definition has an `inputSchema`. */
  inputSchema?: JsonObject;
  isPrivate: boolean;
  maxIterations: number;
}

interface ListParams<Where> {
  where?: Where;
  /** One order, e.g. `createdOn_DESC`, the default. */
  sort?: string | string[];
  /** Items of a page, 1 to 1,000; default 50. */
  limit?: number;
  /** `meta.cursor` of the page to begin after. */
  after?: string;
}
export type ListTasksParams = ListParams<ListTasksWhere> & {
  /** Part of the name, in any case. */
  search?: string;
};
export type ListLogsParams = ListParams<ListLogsWhere>;

export interface Page<T, Meta = PageMeta> {
  items: T[];
  meta: Meta;
}
export type PageMeta = Pick<ListMeta, "cursor" | "hasMoreItems">;

/** All items of a list, in order; a page is requested when its first item is wanted. Every loop reads from the beginning. */
export interface List<T> extends AsyncIterable<T> {
  /** The same, a page at a time. With `count: true` each page says how many items there are, which takes reads of its own. */
  pages(options: { count: true }): AsyncIterable<Page<T, ListMeta>>;
  pages(options?: { count?: boolean }): AsyncIterable<Page<T>>;
}

/** `message`: why, kept with the task. `children`: `leave` lets active children go on; default `abort`. */
export type AbortOptions = Omit<AbortParams, "id">;

export interface WaitOptions<T = Task> {
  /** Give up after this many milliseconds; default never. */
  timeoutMs?: number;
  /** Gets the task at the first look, and whenever it has changed. What it throws ends the wait. */
  onUpdate?: (task: T) => void;
  /** Ends the wait at once; it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * The tasks of a server. Every method rejects with a {@link TasksClientError}: the server's own code (docs/errors.md), or
 * NETWORK_ERROR, REQUEST_TIMEOUT, INVALID_ANSWER, SERVER_ERROR. Queries are sent up to three times when the network fails
 * or the server answers 429, 502, 503 or 504; mutations once.
 */
export interface TasksClient<D = AnyDefinitions> {
  /** The definitions the caller may see. */
  listDefinitions(): Promise<ListedDefinition[]>;
  /**
   * Creates a task and starts it.
   * @returns the task, pending
   * @throws TasksClientError INVALID_REQUEST for an unknown definition, INVALID_INPUT, INVALID_DELAY, MAX_DELAY_ERROR,
   *   PAYLOAD_TOO_LARGE, NOT_AUTHORIZED, or what `onBeforeTrigger` threw
   * @example await client.trigger({ definition: "resizeImages", input: { folder: "summer" }, delay: 60 });
   */
  trigger<Id extends DefinitionId<D>>(params: TriggerParams<D, Id>): Promise<TaskOf<D, Id>>;
  /** The task, or null where there is none. Name its definition for its types: `getTask<"resizeImages">(id)`. */
  getTask<Id extends DefinitionId<D> = DefinitionId<D>>(id: string): Promise<TaskOf<D, Id> | null>;
  /**
   * @throws TasksClientError INVALID_WHERE, INVALID_SORT, INVALID_LIMIT, INVALID_CURSOR, INVALID_REQUEST; in the loop
   * @example for await (const task of client.listTasks({ where: { taskStatus: "failed" } })) console.log(task.message);
   */
  listTasks<Id extends DefinitionId<D> = DefinitionId<D>>(params?: ListTasksParams): List<TaskOf<D, Id>>;
  /** @example for await (const log of client.listLogs({ where: { task: id }, sort: "createdOn_ASC" })) console.log(log.items); */
  listLogs(params?: ListLogsParams): List<TaskLog>;
  /**
   * Aborts a pending or running task.
   * @throws TasksClientError NOT_FOUND, TASK_ABORT_ERROR, INVALID_ARGUMENT
   */
  abort<Id extends DefinitionId<D> = DefinitionId<D>>(id: string, options?: AbortOptions): Promise<TaskOf<D, Id>>;
  /** Removes a task with its logs; an active one is aborted first. @throws TasksClientError NOT_FOUND */
  deleteTask(id: string): Promise<void>;
  /**
   * Resolves when the task has ended, however it ended. It asks at intervals that grow from a quarter of a second to five,
   * and goes on while the server cannot be reached or answers 429 or 5xx. Only the first look has to succeed where there
   * is no `timeoutMs`. The task's last hooks may still be running.
   * @throws TasksClientError NOT_FOUND, also when the task is deleted meanwhile; WAIT_TIMEOUT; the reason of `signal`
   * @example
   * const task = await client.waitFor(id, { onUpdate: ({ iterations }) => console.log(iterations) });
   */
  waitFor<Id extends DefinitionId<D> = DefinitionId<D>>(
    id: string,
    options?: WaitOptions<TaskOf<D, Id>>
  ): Promise<TaskOf<D, Id>>;
}
