import { MAX_LEASE_WAIT_SECONDS } from "../constants.js";
import type { TaskDefinition } from "../definition/TaskDefinition.js";
import { TasksError, toTaskError } from "../errors.js";
import type { TaskEvent } from "../machine/event.js";
import type { TaskResult } from "../machine/result.js";
import { isActive, isLeased, type TaskRecord } from "../storage/record.js";
import { finishOwed } from "../tasks/duties.js";
import { readRecord } from "../tasks/readTask.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import { performerOf, type Place } from "./claim.js";
import { endUnclaimed } from "../tasks/endUnclaimed.js";
import { crashedOwner } from "./crashedOwner.js";
import { handOver, wasHandedOver } from "./handOver.js";
import type { Invocation } from "./Invocation.js";
import { continueResult, doneForThisExecution, errorResult, storedResult } from "./results.js";

/**
 * What to do when the claim did not hold. The first row that fits:
 *
 * | the record says | then |
 * |---|---|
 * | there is none | error TASK_NOT_FOUND |
 * | the lease is mine, same iteration | go on: the answer to my first write got lost |
 * | this iteration was settled with a hand-over, and the next execution has not begun | start it again: the start may have failed |
 * | another definition, or another execution | that one carries on; this execution is over |
 * | it has ended | what is owed is finished; then its stored answer, or "cannot run it again" |
 * | a living lease of somebody else | come again when it is over, at most 30 s later |
 * | too many invocations of this iteration were lost | the task fails, INVOCATION_LOST |
 * | anything else: this iteration is settled, or its time has not come | come again with the next one, in time |
 *
 * @returns the result to answer, or the record to go on with
 */
export async function afterLostClaim(
  engine: TaskEngine,
  event: TaskEvent,
  place: Place | null,
  definition: TaskDefinition,
  invocation: Invocation
): Promise<{ answer: TaskResult } | { claimed: TaskRecord }> {
  const record = await readRecord(engine, event.webinyTaskId);
  if (record === null || place === null) {
    return { answer: notFoundResult(event) };
  }
  if (
    record.leaseOwner === invocation.owner &&
    record.iterations === place.iteration &&
    record.taskStatus === "running"
  ) {
    return { claimed: record };
  }
  return { answer: await answerFrom(engine, event, place, record, definition, invocation) };
}

/** The rows of the table that look at a record somebody else is in charge of. */
export async function answerFrom(
  engine: TaskEngine,
  event: TaskEvent,
  place: Place,
  record: TaskRecord,
  definition: TaskDefinition | null,
  invocation: Invocation
): Promise<TaskResult> {
  if (record.definitionId === event.webinyTaskDefinitionId && wasHandedOver(record, place)) {
    return handOver(engine, event, record);
  }
  if (record.definitionId !== event.webinyTaskDefinitionId || record.execution !== place.execution) {
    return doneForThisExecution(event, record);
  }
  if (!isActive(record)) {
    return afterEnd(engine, event, record, invocation);
  }
  const now = engine.clock.now();
  if (isLeased(record, now)) {
    return leasedResult(event, record, now);
  }
  if (definition !== null && record.attempt >= definition.lostInvocationAttempts) {
    const ended = await endUnclaimed(engine, record, performerOf(engine, invocation), lostError(record), ["onError"]);
    return afterEnd(engine, event, ended, invocation);
  }
  return continueResult(event, record, record.nextIteration, (record.nextAt - now) / 1000);
}

/** Somebody else is at this iteration: come again when their lease is over, or a little later. */
export function leasedResult(event: TaskEvent, record: TaskRecord, now: number): TaskResult {
  // At least a second: the lease has to be over by then, not nearly over.
  const left = Math.max(1, (record.leaseUntil - now) / 1000);
  return continueResult(event, record, record.nextIteration, Math.min(left, MAX_LEASE_WAIT_SECONDS));
}

/** A final task: whatever it owes is finished if nobody is at it, then its end is answered. */
export async function afterEnd(
  engine: TaskEngine,
  event: TaskEvent,
  record: TaskRecord,
  invocation: Invocation
): Promise<TaskResult> {
  const dead = crashedOwner(event, record.hookOwner);
  await finishOwed(engine, record, { ...performerOf(engine, invocation), dead });
  const endedAt = record.endedAtIteration ?? record.iterations;
  if (record.taskStatus === "aborted" || (event.iteration !== undefined && event.iteration <= endedAt)) {
    return storedResult(engine, event, record);
  }
  return record.taskStatus === "success"
    ? errorResult(event, refusal("Task is already done, cannot run it again."), record)
    : errorResult(event, refusal("Task has failed, cannot run it again."), record);
}

export function lostError(record: TaskRecord): TasksError {
  const attempts = record.attempt;
  return new TasksError(
    "INVOCATION_LOST",
    `The Lambda was lost (crash or time-out) in all ${attempts} attempts of iteration ${record.nextIteration}. See its log.`,
    { iteration: record.nextIteration, attempts }
  );
}

export function notFoundResult(event: TaskEvent): TaskResult {
  const message = `Task "${event.webinyTaskId}" cannot be executed because it does not exist.`;
  return errorResult(event, { message, code: "TASK_NOT_FOUND" });
}

function refusal(message: string) {
  return toTaskError(new TasksError("TASK_FINISHED", message));
}
