import { randomUUID } from "node:crypto";
import { HOOK_LEASE_MS, HOOK_OVERDUE_MS } from "../constants.js";
import { notFound, TasksError } from "../errors.js";
import type { Performer } from "../hooks/runOwed.js";
import { oneOf } from "../storage/conditions.js";
import { isActive, statusAttributesOf, taskIdOf, type Owed, type TaskRecord } from "../storage/record.js";
import { updateRecord } from "../storage/recordFormat.js";
import type { AbortedChildren, Identity } from "../types.js";
import { isVisible, readRecord } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";

/**
 * The abort itself: one conditional write, which nothing undoes. Works for a definition that is not registered any more,
 * without its hook.
 * @returns the record, and who finishes what it owes now
 * @throws TasksError TASK_ABORT_ERROR, NOT_FOUND
 */
export async function markAborted(
  engine: TaskEngine,
  record: TaskRecord,
  options: { reason: string; by?: Identity; children?: AbortedChildren; alsoDelete?: boolean }
): Promise<{ record: TaskRecord; performer: Performer }> {
  const token = randomUUID();
  const now = engine.clock.now();
  const { id, displayName, type } = options.by ?? engine.identity();
  const hookUntil = now + HOOK_LEASE_MS;
  const aborted = await updateRecord(engine.storage, record, oneOf("taskStatus", ["pending", "running"]), {
    set: {
      ...statusAttributesOf(record, "aborted"),
      finishedOn: now,
      savedOn: now,
      nextAt: 0,
      abort: { by: { id, displayName, type }, reason: options.reason, children: options.children, token },
      owed: owedByAbort(engine, record, options.children),
      hookOwner: token,
      hookUntil,
      due: hookUntil + HOOK_OVERDUE_MS,
      ...(options.alsoDelete ? { deleted: true } : {})
    },
    remove: ["hookAttempts"]
  });
  return { record: aborted ?? (await lostAbort(engine, record, token)), performer: { owner: token, until: hookUntil } };
}

/**
 * The stop first, so that a wait ends; the hook last, when nothing of the task goes on. Children that are left are not
 * owed: whoever goes on after a crash leaves them, too.
 */
function owedByAbort(engine: TaskEngine, record: TaskRecord, children: AbortedChildren = "abort"): Owed[] {
  const hook = engine.definitions.get(record.definitionId)?.onAbort;
  return [
    "stop",
    ...(children === "leave" ? [] : (["children"] as const)),
    ...(hook === undefined ? [] : (["onAbort"] as const))
  ];
}

/** The write did not hold. It may have held at its first try, whose answer got lost: then the token is there. */
async function lostAbort(engine: TaskEngine, record: TaskRecord, token: string): Promise<TaskRecord> {
  const current = await readRecord(engine, taskIdOf(record));
  // Also where the abort hid it: `deleteTask` aborts and hides in one write.
  if (current?.abort?.token === token) {
    return current;
  }
  if (!isVisible(current, "all") || isActive(current)) {
    throw notFound("Task", taskIdOf(record));
  }
  throw new TasksError("TASK_ABORT_ERROR", "Cannot abort a task that is not pending or running!", {
    id: taskIdOf(record),
    taskStatus: current.taskStatus
  });
}
