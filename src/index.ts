// Define a task.
export {
  createPrivateTaskDefinition,
  createTaskDefinition,
  createTaskDefinitionField
} from "./definition/createTaskDefinition.js";
export { createTaskInput } from "./definition/createTaskInput.js";
export { TaskDefinitionPlugin } from "./definition/TaskDefinitionPlugin.js";

// Run it: a Lambda handler, its context, its events.
export { createHandler, type HandlerOptions, type LambdaHandler } from "./host/createHandler.js";
export { createBackgroundTaskContext, createBackgroundTasks } from "./host/backgroundTasks.js";
export {
  ContextPlugin,
  createContextPlugin,
  createEventSource,
  createGraphQLSchemaPlugin,
  type EventSource,
  type EventSourceParams,
  type GraphQLSchemaPlugin,
  type TaskServicePlugin
} from "./host/plugins.js";
export { PluginsContainer, type Plugin } from "./host/PluginsContainer.js";
export type { BackgroundTasksOptions } from "./host/options.js";
export type { LambdaContext } from "./runner/Invocation.js";

// Let others reach it: the API, and who may call it.
export { createBackgroundTaskGraphQL } from "./host/graphql.js";
export type { HttpOptions } from "./host/http/httpOptions.js";
export { createTaskSecurity, type TaskSecurityOptions, type TaskSecurityPlugin } from "./host/http/security.js";
export type { TasksPermission } from "./graphql/permissions.js";

// Deploy it: the state machine and the table.
export { stateMachine, stateMachineJson } from "./machine/stateMachine.js";
export { tasksTableDescription } from "./storage/tableDescription.js";
export { createTasksTable } from "./storage/dynamodb/createTasksTable.js";

// See it, and what it costs.
export { METRICS } from "./observe/metricNames.js";
export { DEFAULT_PRICES, dollarsOf, type Prices } from "./observe/prices.js";

// Errors.
export { ERROR_CODES, NonRetryableError, TasksError, type ErrorCode } from "./errors.js";

// Words and types.
export { TaskDataStatus, TaskLogItemType, TaskResponseStatus } from "./types.js";
export type {
  AbortedChildren,
  Clock,
  Identity,
  JsonObject,
  ListMeta,
  ListResult,
  Logger,
  LogLevel,
  Task,
  TaskError,
  TaskFollowUp,
  TaskIteration,
  TaskLog,
  TaskLogItem,
  TaskUsage
} from "./types.js";
export type {
  AbortParams,
  CreateTaskInput,
  ListLogsParams,
  RetryPolicy,
  TaskBudget,
  ListLogsWhere,
  ListTasksParams,
  ListTasksWhere,
  StoreOptions,
  TaskBeforeTriggerParams,
  TaskContext,
  TaskDefinition,
  TaskDefinitionConfig,
  TaskDefinitionField,
  TaskDefinitionParams,
  InputIssue,
  InputSchema,
  TaskHookParams,
  TaskResponse,
  TaskResponseResult,
  TaskRunParams,
  TasksContextObject,
  TaskStore,
  TaskTopics,
  TaskTriggerParams,
  TaskUpdate,
  TaskWaitOptions,
  Topic,
  Triggerable,
  TriggerParams,
  UpdateTaskInput
} from "./definition/TaskDefinition.js";
export type { ExecutionInfo, TaskService } from "./transport/TaskService.js";
export type { MachineState } from "./machine/answer.js";
export type { TaskResult } from "./machine/result.js";

// The names that task files written for Webiny import.
export type * from "./definition/webinyTypes.js";
