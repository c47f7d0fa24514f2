import { DUE_AHEAD_MS, HOOK_OVERDUE_MS } from "../constants.js";
import { all, equals } from "../storage/conditions.js";
import { isActive, type TaskRecord } from "../storage/record.js";
import { updateRecord } from "../storage/recordFormat.js";
import type { Identity } from "../types.js";
import { finishOwed } from "./duties.js";
import { markAborted } from "./markAborted.js";
import { purgeDeleted } from "./purge.js";
import { revive, type Care } from "./revive.js";
import type { TaskEngine } from "./TaskEngine.js";
import { toTask } from "./toTask.js";

/** Who aborts a task whose execution somebody stopped there. */
const STEP_FUNCTIONS: Identity = { id: "step-functions", displayName: "Step Functions", type: "system" };

/** Whether a task, or what it owes, is not finished. A task that `createTask` stored waits for nobody. */
export function isUnfinished(record: TaskRecord): boolean {
  return (isActive(record) && record.execution > 0) || (record.owed?.length ?? 0) > 0;
}

/**
 * Looks after a task that is overdue: asks whether its execution is open, and revives it if not, or if what it owes is not
 * done; removes it when it is over and its time, too. Several may look after one task at once: every step is a conditional write.
 * @param record as read just now, consistently
 */
export async function lookAfter(engine: TaskEngine, record: TaskRecord): Promise<Care> {
  const now = engine.clock.now();
  if (record.due > now) {
    return "left";
  }
  const isOwing = !isActive(record) && isUnfinished(record);
  // What is owed does not wait for code that still runs: it had its grace.
  const heldUntil = isOwing ? (record.hookUntil ?? 0) : Math.max(record.leaseUntil, record.hookUntil ?? 0);
  if (heldUntil >= now) {
    return moveDue(engine, record, heldUntil + HOOK_OVERDUE_MS);
  }
  if (isOwing) {
    // Also while its execution is open: that may wait for a year, when whoever ended the task died before the stop.
    return revive(engine, record);
  }
  if (!isUnfinished(record)) {
    return remove(engine, record);
  }
  const info = await engine.service.fetch(toTask(record, { input: "{}" }));
  const status: unknown = info === null ? null : info.status;
  if (status === "RUNNING" || status === "PENDING_REDRIVE" || status === undefined) {
    // Undefined: another service than Step Functions, which does not say.
    return moveDue(engine, record, now + DUE_AHEAD_MS);
  }
  return afterClosed(engine, record, String(status));
}

/** The task's current execution is over, or never began. */
export async function afterClosed(engine: TaskEngine, record: TaskRecord, status: string): Promise<Care> {
  if (status === "ABORTED" && isActive(record)) {
    // Nobody does that by mistake: a revival would undo it.
    const aborted = await markAborted(engine, record, {
      reason: "The execution was stopped in Step Functions.",
      by: STEP_FUNCTIONS
    });
    await finishOwed(engine, aborted.record, aborted.performer);
    return "aborted";
  }
  return revive(engine, record);
}

async function moveDue(engine: TaskEngine, record: TaskRecord, due: number): Promise<Care> {
  const same = all(equals("due", record.due), equals("execution", record.execution));
  return (await updateRecord(engine.storage, record, same, { set: { due } })) === null ? "left" : "moved";
}

/** Hidden first, so that a removal that is cut off is found and finished. */
async function remove(engine: TaskEngine, record: TaskRecord): Promise<Care> {
  const same = all(equals("due", record.due), equals("taskStatus", record.taskStatus));
  const hidden = await updateRecord(engine.storage, record, same, { set: { deleted: true } });
  if (hidden === null) {
    return "left";
  }
  await purgeDeleted(engine, hidden);
  return "removed";
}
