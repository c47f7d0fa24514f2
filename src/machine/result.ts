import type { JsonObject, TaskError } from "../types.js";

/** Which task, and where it stands in the machine's own count. */
interface ResultBase {
  webinyTaskId: string;
  webinyTaskDefinitionId: string;
  tenant: string;
  locale: string;
  /** The execution that is answered. */
  execution: number;
  /** `continue`: the iteration to run next; otherwise the one that ended the task. */
  iteration: number;
}

export interface TaskDoneResult extends ResultBase {
  status: "done";
  message?: string;
  output?: JsonObject;
}

export interface TaskContinueResult extends ResultBase {
  status: "continue";
  /** Part of Webiny's results; ours leave it in the record. */
  input?: JsonObject;
  /** Whole seconds, 1 or more; absent when there is nothing to wait for. */
  wait?: number;
  delay: -1;
}

export interface TaskErrorResult extends ResultBase {
  status: "error";
  error: TaskError;
}

export interface TaskAbortedResult extends ResultBase {
  status: "aborted";
}

/** The task goes on in its next execution, which has been started. */
export interface TaskHandoverResult extends ResultBase {
  status: "handover";
}

/** What one iteration came to. Built once, by the code that decides it; the machine's answer is derived from it. */
export type TaskResult = TaskDoneResult | TaskContinueResult | TaskErrorResult | TaskAbortedResult | TaskHandoverResult;
