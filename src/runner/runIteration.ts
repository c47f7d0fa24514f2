import type { TaskDefinition } from "../definition/TaskDefinition.js";
import { TasksError } from "../errors.js";
import type { TaskEvent } from "../machine/event.js";
import type { TaskResult } from "../machine/result.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import { afterLostClaim } from "./afterLostClaim.js";
import { claim, placeOf } from "./claim.js";
import type { Invocation } from "./Invocation.js";
import { recover, type CrashEvent } from "./recover.js";
import { refuseToRun } from "./refuseToRun.js";
import { resultBase } from "./results.js";
import { run } from "./run.js";
import { settle } from "./settle.js";

/**
 * One iteration of a task: claim it, run it, settle it, answer. Each of the two writes is one conditional write; whoever
 * loses one reads the record and answers what it says. Rejects only when storage or the execution service do: then the
 * machine sees a crash and calls again.
 */
export async function runIteration(engine: TaskEngine, event: TaskEvent, invocation: Invocation): Promise<TaskResult> {
  if (event.delay > 0) {
    // Webiny's machine asks before its first wait: nothing is touched.
    return {
      ...resultBase(event, event.iteration ?? 1, event.execution ?? 1),
      status: "continue",
      wait: Math.ceil(event.delay),
      delay: -1
    };
  }
  const place = await placeOf(engine, event);
  const definition = engine.definitions.get(event.webinyTaskDefinitionId);
  if (definition === null) {
    return refuseToRun(engine, event, place, invocation, noDefinition(event), []);
  }
  if (event.crash !== undefined) {
    return recover(engine, event as CrashEvent, definition, invocation);
  }
  if (place !== null && place.iteration > definition.maxIterations) {
    return refuseToRun(engine, event, place, invocation, noIterationsLeft(definition), ["onMaxIterations", "onError"]);
  }
  let record = place === null ? null : await claim(engine, event, place, definition, invocation);
  if (record === null) {
    const lost = await afterLostClaim(engine, event, place, definition, invocation);
    if ("answer" in lost) {
      return lost.answer;
    }
    record = lost.claimed;
  }
  const iteration = await run(engine, record, definition, invocation);
  return settle(engine, event, iteration, definition, invocation);
}

function noDefinition({ webinyTaskId, webinyTaskDefinitionId }: TaskEvent): TasksError {
  return new TasksError(
    "TASK_DEFINITION_ERROR",
    `Task "${webinyTaskId}" cannot be executed because there is no "${webinyTaskDefinitionId}" definition plugin.`,
    { id: webinyTaskDefinitionId }
  );
}

function noIterationsLeft({ id, maxIterations }: TaskDefinition): TasksError {
  return new TasksError("MAX_ITERATIONS", "Task reached max iterations.", { id, maxIterations });
}
