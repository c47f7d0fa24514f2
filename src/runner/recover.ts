import { LOST_INVOCATION_BACKOFF_SECONDS } from "../constants.js";
import type { TaskDefinition } from "../definition/TaskDefinition.js";
import { noteInLog } from "../hooks/noteInLog.js";
import type { OwnTaskEvent, TaskEvent } from "../machine/event.js";
import type { TaskResult } from "../machine/result.js";
import { all, equals, unchanged } from "../storage/conditions.js";
import { isActive, isLeased, logFieldsOf, taskIdOf, type TaskRecord } from "../storage/record.js";
import { updateRecord } from "../storage/recordFormat.js";
import { readRecord } from "../tasks/readTask.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import { afterEnd, answerFrom, crashedOwner, leasedResult, lostError, notFoundResult } from "./afterLostClaim.js";
import { endUnclaimed } from "../tasks/endUnclaimed.js";
import { performerOf } from "./claim.js";
import type { Invocation } from "./Invocation.js";

export type CrashEvent = TaskEvent & OwnTaskEvent & { crash: { error: string; cause: string } };

/**
 * The machine says that an invocation crashed, timed out or threw. The policy of lost invocations decides, never the
 * one of errors: nobody's code decided anything. The same iteration runs again after a back-off, until its attempts are
 * used up; then the task fails with `INVOCATION_LOST`.
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
  await noteLost(engine, counted, event);
  if (counted.attempt < definition.lostInvocationAttempts) {
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
function wasSettled(record: TaskRecord, { iteration, crash }: CrashEvent): boolean {
  const byTheDead = record.settledBy !== undefined && crash.cause.includes(record.settledBy);
  return record.leaseOwner === undefined && (record.nextIteration > iteration || byTheDead);
}

/**
 * Frees the lease of the dead invocation, or, where the crash came before the claim, counts an attempt in its place. The
 * next attempt waits for the back-off.
 * @returns null when the record changed in between, which also holds when this was counted before
 */
async function countLostAttempt(engine: TaskEngine, record: TaskRecord, event: CrashEvent): Promise<TaskRecord | null> {
  const claimed = record.leaseOwner !== undefined;
  const attempt = record.attempt + (claimed ? 0 : 1);
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
    set: {
      attempt,
      nextAt: Math.max(record.nextAt, engine.clock.now() + backoffSeconds(attempt) * 1000),
      leaseUntil: 0
    }
  });
}

function backoffSeconds(attempt: number): number {
  const { first, factor, max } = LOST_INVOCATION_BACKOFF_SECONDS;
  return Math.min(max, first * factor ** (attempt - 1));
}

async function noteLost(engine: TaskEngine, record: TaskRecord, event: CrashEvent): Promise<void> {
  const message = `Invocation lost: attempt ${record.attempt} of iteration ${record.nextIteration} crashed or timed out (${event.crash.error}).`;
  engine.logger.warn(message, { ...logFieldsOf(record), cause: event.crash.cause });
  await noteInLog(engine, record, message, { message: event.crash.cause.slice(0, 2_000), code: event.crash.error });
}
