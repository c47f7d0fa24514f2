import { LOST_INVOCATION_BACKOFF_SECONDS, MAX_STORAGE_FAILURES } from "../constants.js";
import type { TaskDefinition } from "../definition/TaskDefinition.js";
import type { ErrorCode } from "../errors.js";
import { noteInLog } from "../hooks/noteInLog.js";
import type { OwnTaskEvent, TaskEvent } from "../machine/event.js";
import type { TaskResult } from "../machine/result.js";
import { all, equals, unchanged } from "../storage/conditions.js";
import type { Changes } from "../storage/Storage.js";
import { isActive, isLeased, logFieldsOf, taskIdOf, type TaskRecord } from "../storage/record.js";
import { updateRecord } from "../storage/recordFormat.js";
import { readRecord } from "../tasks/readTask.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import { afterEnd, answerFrom, leasedResult, lostError, notFoundResult } from "./afterLostClaim.js";
import { endUnclaimed } from "../tasks/endUnclaimed.js";
import { performerOf } from "./claim.js";
import { crashedOwner } from "./crashedOwner.js";
import type { Invocation } from "./Invocation.js";

/** What `runTaskEvent` calls the error, and so the machine too. */
const STORAGE_UNAVAILABLE: ErrorCode = "STORAGE_UNAVAILABLE";

export type CrashEvent = TaskEvent & OwnTaskEvent & { crash: { error: string; cause: string } };

/**
 * The machine says that an invocation crashed, timed out or threw. The policy of lost invocations decides, never the
 * one of errors: nobody's code decided anything. The same iteration runs again after a back-off, until its attempts are
 * used up; then the task fails with `INVOCATION_LOST`. A storage that is out of reach uses up none: it comes back.
 */
export async function recover(
  engine: TaskEngine,
  event: CrashEvent,
  definition: TaskDefinition,
  invocation: Invocation
): Promise<TaskResult> {
  const record = await readRecord(engine, event.webinyTaskId);
  if (record === null) {
    return notFoundResult(event);
  }
  const place = { execution: event.execution, iteration: event.iteration };
  if (!isActive(record) || record.execution !== event.execution || wasSettled(record, event)) {
    return answerFrom(engine, event, place, record, definition, invocation);
  }
  const now = engine.clock.now();
  if (isLeased(record, now) && crashedOwner(event, record.leaseOwner) === undefined) {
    return leasedResult(event, record, now);
  }
  const counted = await countLostAttempt(engine, record, event);
  if (counted === null) {
    const current = (await readRecord(engine, taskIdOf(record))) ?? record;
    return answerFrom(engine, event, place, current, definition, invocation);
  }
  const spared = isSpared(record, event);
  await noteLost(engine, counted, event, spared);
  if (spared || counted.attempt < definition.lostInvocationAttempts) {
    return answerFrom(engine, event, place, counted, definition, invocation);
  }
  const error = lostError(counted);
  Object.assign(error.data, { crash: event.crash });
  return afterEnd(
    engine,
    event,
    await endUnclaimed(engine, counted, performerOf(engine, invocation), error, ["onError"]),
    invocation
  );
}

/** The invocation died after it had settled the iteration, also one that is to be run again after an error. */
function wasSettled(record: TaskRecord, event: CrashEvent): boolean {
  const byTheDead = crashedOwner(event, record.settledBy) !== undefined;
  return record.leaseOwner === undefined && (record.nextIteration > event.iteration || byTheDead);
}

/**
 * Frees the lease of the dead invocation, or, where the crash came before the claim, counts an attempt in its place. The
 * next attempt waits for the back-off.
 * @returns null when the record changed in between, which also holds when this was counted before
 */
async function countLostAttempt(engine: TaskEngine, record: TaskRecord, event: CrashEvent): Promise<TaskRecord | null> {
  const { set, losses } = counting(record, event);
  const same = all(
    equals("taskStatus", record.taskStatus),
    equals("execution", event.execution),
    equals("iterations", record.iterations),
    unchanged("leaseOwner", record.leaseOwner),
    equals("leaseUntil", record.leaseUntil),
    equals("attempt", record.attempt)
  );
  return updateRecord(engine.storage, record, same, {
    // A wait that is longer stays: a fresh execution enters Run before its time.
    set: { ...set, nextAt: Math.max(record.nextAt, engine.clock.now() + backoffSeconds(losses) * 1000), leaseUntil: 0 }
  });
}

/** The invocation ended because the storage was not to be reached, which says nothing of the task. */
function isSpared({ storageFailures = 0 }: TaskRecord, { crash }: CrashEvent): boolean {
  return crash.error === STORAGE_UNAVAILABLE && storageFailures < MAX_STORAGE_FAILURES;
}

/** @returns what to write, and how often this iteration was lost so */
function counting(record: TaskRecord, event: CrashEvent): { set: Changes["set"]; losses: number } {
  const isHeld = record.leaseUntil > 0;
  const wasHolder = crashedOwner(event, record.leaseOwner) !== undefined;
  if (isSpared(record, event)) {
    const storageFailures = (record.storageFailures ?? 0) + 1;
    return {
      set: { storageFailures, attempt: record.attempt - (isHeld && wasHolder ? 1 : 0) },
      losses: storageFailures
    };
  }
  // A claim counts its attempt, also when Recover is called for it a second time.
  const attempt = record.attempt + (isHeld || wasHolder ? 0 : 1);
  return { set: { attempt }, losses: attempt };
}

function backoffSeconds(losses: number): number {
  const { first, factor, max } = LOST_INVOCATION_BACKOFF_SECONDS;
  return Math.min(max, first * factor ** (losses - 1));
}

/** In the log of the task: not each time the storage is out of reach, which writes would make no better. */
async function noteLost(engine: TaskEngine, record: TaskRecord, event: CrashEvent, spared: boolean): Promise<void> {
  const what = spared
    ? `an attempt of iteration ${record.nextIteration} could not reach the storage; it is not counted`
    : `attempt ${record.attempt} of iteration ${record.nextIteration} crashed or timed out`;
  const message = `Invocation lost: ${what} (${event.crash.error}).`;
  engine.logger.warn(message, { ...logFieldsOf(record), cause: event.crash.cause });
  if (spared && record.storageFailures !== 1) {
    return;
  }
  // Behind the lines of the attempt that is lost, which has given its number back.
  const lost = spared ? { ...record, attempt: record.attempt + 1 } : record;
  await noteInLog(engine, lost, message, { message: event.crash.cause.slice(0, 2_000), code: event.crash.error });
}
