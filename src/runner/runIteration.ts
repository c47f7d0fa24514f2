import type { TaskDefinition } from "../definition/TaskDefinition.js";
import { TasksError } from "../errors.js";
import type { TaskEvent } from "../machine/event.js";
import type { TaskContinueResult, TaskResult } from "../machine/result.js";
import type { TaskRecord } from "../storage/record.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import { afterLostClaim } from "./afterLostClaim.js";
import { goesOnHere } from "./burst.js";
import { claim, placeOf, type Place } from "./claim.js";
import type { Invocation } from "./Invocation.js";
import { recover, type CrashEvent } from "./recover.js";
import { refuseToRun } from "./refuseToRun.js";
import { resultBase } from "./results.js";
import { run, type RanIteration } from "./run.js";
import { settle, type Settled } from "./settle.js";

/**
 * One iteration of a task: claim it, run it, settle it, answer; in a burst several, one after the other. Each of the two writes is one conditional write; whoever
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
  let next = await claimed(place);
  while ("claimed" in next) {
    const { ran, settled } = await ranAndSettled(next.claimed);
    next = settled;
    if (
      "answer" in next &&
      isShortWait(next.answer) &&
      goesOnHere(engine, definition, ran, next.answer.wait, invocation)
    ) {
      // Settled, so an abort in the wait is seen by the claim after it.
      await engine.clock.sleep(next.answer.wait * 1000);
      next = await claimed({ execution: next.answer.execution, iteration: next.answer.iteration });
    }
  }
  return next.answer;

  /** Hooks of a task that has ended are part of its last iteration. */
  function ranAndSettled(record: TaskRecord): Promise<{ ran: RanIteration; settled: Settled }> {
    return engine.observer.tracer.iteration(record, async span => {
      const ran = await run(engine, record, definition as TaskDefinition, invocation);
      span.set({ result: ran.outcome.status });
      if (ran.outcome.status === "error") {
        span.failed(ran.outcome.error);
      }
      return { ran, settled: await settle(engine, event, ran, definition as TaskDefinition, invocation) };
    });
  }

  async function claimed(at: Place | null): Promise<Settled> {
    const record = at === null ? null : await claim(engine, event, at, definition as TaskDefinition, invocation);
    return record === null
      ? afterLostClaim(engine, event, at, definition as TaskDefinition, invocation)
      : { claimed: record };
  }
}

function isShortWait(answer: TaskResult): answer is TaskContinueResult & { wait: number } {
  return answer.status === "continue" && answer.wait !== undefined;
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
