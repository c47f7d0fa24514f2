import type { TaskDefinition, TaskResponseResult, TaskRunParams } from "../definition/TaskDefinition.js";
import { hasCode, retryableOf, TasksError, toTaskError } from "../errors.js";
import { mergeJson } from "../storage/json.js";
import { scopeOf, taskIdOf, type TaskRecord } from "../storage/record.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import { triggerTask } from "../tasks/triggerTask.js";
import type { TaskError } from "../types.js";
import { graceAfterAbort } from "./graceAfterAbort.js";
import { checkBudget, checkProgress } from "./guards.js";
import type { Invocation } from "./Invocation.js";
import { IterationLog } from "./IterationLog.js";
import { IterationState } from "./IterationState.js";
import { createTaskResponse, faultOfResult, type ResponseOwner } from "./taskResponse.js";
import { createTaskStore } from "./taskStore.js";
import { watchAbort } from "./watchAbort.js";

/** What an iteration came to, with the state it left staged: nothing of it is settled yet. */
export interface RanIteration {
  state: IterationState;
  /** Epoch ms. */
  startedAt: number;
  outcome: Outcome;
  /** `run` was told that the deadline is near: another iteration in this invocation would be told the same. */
  wasNearTimeout: boolean;
  /** Iterations without progress so far, where they are counted. */
  idle?: number;
}

export type Outcome =
  | { status: "done"; message?: string }
  | { status: "continue"; wait: number }
  | { status: "error"; error: TaskError; retryable?: boolean }
  | { status: "aborted" };

/** Calls the definition's `run` as the task's creator, authorization off. Whatever it does, there is an outcome. */
export async function run(
  engine: TaskEngine,
  record: TaskRecord,
  definition: TaskDefinition,
  invocation: Invocation
): Promise<RanIteration> {
  const startedAt = engine.clock.now();
  const state = await IterationState.open(engine, record, invocation.owner);
  const log = new IterationLog(engine, record, definition.disableDatabaseLogs);
  const watch = watchAbort(engine, record, invocation.owner);
  const hasReturned = graceAfterAbort(engine, record, definition, invocation, watch.signal);
  let wasNearTimeout = false;
  let hasChild = false;
  let idle: number | undefined;
  const of = { webinyTaskId: taskIdOf(record), webinyTaskDefinitionId: definition.id, ...scopeOf(record) };
  const params: TaskRunParams = {
    context: engine.context,
    input: state.input(),
    response: createTaskResponse(of, () => engine.clock.now()),
    store: createTaskStore(engine, state, log, watch.tell),
    isCloseToTimeout(seconds = engine.closeToTimeoutSeconds) {
      const isNear = invocation.remainingMs() < seconds * 1000;
      wasNearTimeout ||= isNear;
      return isNear;
    },
    isAborted: () => watch.signal.aborted,
    signal: watch.signal,
    trigger(child) {
      hasChild = true;
      return triggerTask(engine, { ...child, parent: { id: of.webinyTaskId } });
    }
  };
  engine.actAs(record.createdBy);
  try {
    const outcome = await outcomeOf(async () => {
      checkBudget(engine, record, definition);
      const ran = await callRun(engine, definition, params, of, state);
      if (ran.status === "continue") {
        checkBudget(engine, state.record, definition, ran.wait);
        idle = checkProgress(record, definition, state.hasProgressed || log.hasLines || hasChild);
      }
      return ran;
    });
    return { state, startedAt, outcome, wasNearTimeout, idle };
  } finally {
    watch.stop();
    await hasReturned();
    await log.close();
  }
}

/**
 * Whatever is thrown is the error of the iteration; but that the storage is out of reach says nothing of the task, which
 * could not be told its end either: the invocation ends, and Recover has the iteration run again.
 */
async function outcomeOf(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (hasCode(error, "STORAGE_UNAVAILABLE")) {
      throw error;
    }
    return { status: "error", error: toTaskError(error), retryable: retryableOf(error) };
  }
}

async function callRun(
  engine: TaskEngine,
  definition: TaskDefinition,
  params: TaskRunParams,
  of: ResponseOwner,
  state: IterationState
): Promise<Outcome> {
  const result = await engine.withoutAuthorization(() => definition.run(params));
  const fault = faultOfResult(result, of);
  if (fault !== null) {
    const message = `The "run" of "${definition.id}" must return what response.done(), continue(), error() or aborted() gives; ${fault}.`;
    throw new TasksError("INVALID_RESULT", message, { id: definition.id });
  }
  return stage(state, result);
}

/** Takes what the result carries into the state; too large or not JSON, and the iteration has failed instead. */
function stage(state: IterationState, result: TaskResponseResult): Outcome {
  switch (result.status) {
    case "done": {
      const { message, output } = result;
      if (output !== undefined) {
        state.stageOutput(current => mergeJson(current, output));
      }
      return { status: "done", ...(message === undefined ? {} : { message }) };
    }
    case "continue":
      state.stageInput(current => mergeJson(current, result.input ?? {}));
      return { status: "continue", wait: result.wait ?? 0 };
    case "error":
      return { status: "error", error: toTaskError(result.error), retryable: result.retryable };
    case "aborted":
      return { status: "aborted" };
  }
}
