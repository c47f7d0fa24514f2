import type { JsonObject, Task } from "../types.js";

/** What an execution service says of a task's execution. */
export interface ExecutionInfo {
  executionArn: string;
  name: string;
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED" | "PENDING_REDRIVE";
  startDate?: string;
  stopDate?: string;
  error?: string;
  cause?: string;
  [more: string]: unknown;
}

/**
 * The port through which executions are started, stopped and described. Each method is one request, but for a start
 * that finds its name taken: it looks whether that execution is open.
 */
export interface TaskService {
  /**
   * Starts the execution of `task.execution`. Idempotent: a repeated start while that execution is open is the same one.
   * @param delay whole seconds before the first iteration
   * @returns what the service answered, or undefined
   * @throws TasksError TRIGGER_STEP_FUNCTION_ERROR; it may have started all the same when the answer was lost
   */
  send(task: Task, delay: number): Promise<JsonObject | undefined | void>;
  /** What the service says of the task's current execution; null when it knows none. */
  fetch(task: Task): Promise<ExecutionInfo | JsonObject | null>;
  /** Ends the task's current execution; one that is over or was never started is no error. Optional: without it a wait goes on to its end. */
  stop?(task: Task, options?: { execution?: number; reason?: string }): Promise<void>;
}
