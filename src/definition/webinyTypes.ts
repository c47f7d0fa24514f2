/** The type names of `@webiny/tasks` 5.x, for task files that import them. Each is one of ours. */
import type {
  ListTasksParams,
  TaskBeforeTriggerParams,
  TaskContext,
  TaskDefinition,
  TaskDefinitionField,
  TaskDefinitionParams,
  TaskHookParams,
  TaskResponse,
  TaskResponseAbortedResult,
  TaskResponseContinueResult,
  TaskResponseDoneResult,
  TaskResponseErrorResult,
  TaskResponseResult,
  TaskRunParams,
  TasksContextObject,
  TaskStore,
  TaskTriggerParams
} from "./TaskDefinition.js";
import type { JsonObject, Task, TaskError, TaskLog, TaskLogItem } from "../types.js";

export type Context = TaskContext;
export type ITaskDataInput = JsonObject;
export type ITaskResponseDoneResultOutput = JsonObject;
export type ITask<I = ITaskDataInput, O = ITaskResponseDoneResultOutput> = Task<I, O>;
export type ITaskDefinition<C = Context, I = ITaskDataInput, O = ITaskResponseDoneResultOutput> = TaskDefinition<
  C,
  I,
  O
>;
export type ITaskDefinitionParams<
  C = Context,
  I = ITaskDataInput,
  O = ITaskResponseDoneResultOutput
> = TaskDefinitionParams<C, I, O>;
export type ITaskDefinitionField = TaskDefinitionField;
export type ITaskRunParams<C = Context, I = ITaskDataInput, O = ITaskResponseDoneResultOutput> = TaskRunParams<C, I, O>;
export type ITaskResponse<I = ITaskDataInput, O = ITaskResponseDoneResultOutput> = TaskResponse<I, O>;
export type ITaskResponseResult<I = ITaskDataInput, O = ITaskResponseDoneResultOutput> = TaskResponseResult<I, O>;
export type ITaskResponseDoneResult<O = ITaskResponseDoneResultOutput> = TaskResponseDoneResult<O>;
export type ITaskResponseContinueResult<I = ITaskDataInput> = TaskResponseContinueResult<I>;
export type ITaskResponseErrorResult = TaskResponseErrorResult;
export type ITaskResponseAbortedResult = TaskResponseAbortedResult;
export type IResponseError = TaskError;
export type ITaskManagerStore<I = ITaskDataInput, O = ITaskResponseDoneResultOutput> = TaskStore<I, O>;
export type ITaskBeforeTriggerParams<C = Context, I = ITaskDataInput> = TaskBeforeTriggerParams<C, I>;
export type ITaskOnSuccessParams<C = Context, I = ITaskDataInput, O = ITaskResponseDoneResultOutput> = TaskHookParams<
  C,
  I,
  O
>;
export type ITaskOnErrorParams<C = Context, I = ITaskDataInput, O = ITaskResponseDoneResultOutput> = TaskHookParams<
  C,
  I,
  O
>;
export type ITaskOnAbortParams<C = Context, I = ITaskDataInput, O = ITaskResponseDoneResultOutput> = TaskHookParams<
  C,
  I,
  O
>;
export type ITaskOnMaxIterationsParams<
  C = Context,
  I = ITaskDataInput,
  O = ITaskResponseDoneResultOutput
> = TaskHookParams<C, I, O>;
export type ITaskTriggerParams<I = ITaskDataInput> = TaskTriggerParams<I>;
export type ITaskLog = TaskLog;
export type ITaskLogItem = TaskLogItem;
export type ITasksContextObject = TasksContextObject;
export type IListTaskParams = ListTasksParams;
