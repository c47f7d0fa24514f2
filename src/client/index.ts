export { createTasksClient, type TasksClientOptions } from "./createTasksClient.js";
export { TasksClientError } from "./TasksClientError.js";
export type { FetchLike, FetchedAnswer } from "./Connection.js";
export type {
  AbortOptions,
  AnyDefinitions,
  GivenInputOf,
  InputOf,
  List,
  ListedDefinition,
  ListLogsParams,
  ListTasksParams,
  OutputOf,
  Page,
  PageMeta,
  TaskOf,
  TasksClient,
  TriggerParams,
  WaitOptions
} from "./TasksClient.js";
export type { JsonObject, ListMeta, Task, TaskDataStatus, TaskError, TaskLog, TaskLogItem } from "../types.js";
