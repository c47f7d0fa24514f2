import type { TasksError } from "../errors.js";
import type { TaskEvent } from "../machine/event.js";
import type { TaskResult } from "../machine/result.js";
import { isActive, isLeased, type Owed } from "../storage/record.js";
import { readRecord } from "../tasks/readTask.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import { afterEnd, answerFrom, notFoundResult } from "./afterLostClaim.js";
import { performerOf, type Place } from "./claim.js";
import { endUnclaimed } from "../tasks/endUnclaimed.js";
import type { Invocation } from "./Invocation.js";

/** Fails a task that may not run its next iteration; a delivery that is late, or not the next one, is answered as such. */
export async function refuseToRun(
  engine: TaskEngine,
  event: TaskEvent,
  place: Place | null,
  invocation: Invocation,
  error: TasksError,
  hooks: Owed[]
): Promise<TaskResult> {
  const record = await readRecord(engine, event.webinyTaskId);
  if (record === null || place === null) {
    return notFoundResult(event);
  }
  const leased = isLeased(record, engine.clock.now());
  const isNext = record.execution === place.execution && record.nextIteration === place.iteration;
  if (isActive(record) && isNext && !leased && record.definitionId === event.webinyTaskDefinitionId) {
    return afterEnd(
      engine,
      event,
      await endUnclaimed(engine, record, performerOf(engine, invocation), error, hooks),
      invocation
    );
  }
  return answerFrom(engine, event, place, record, null, invocation);
}
