import { randomUUID } from "node:crypto";
import { HOOK_LEASE_MS, HOOK_OVERDUE_MS } from "../constants.js";
import { notFound, TasksError } from "../errors.js";
import { oneOf } from "../storage/conditions.js";
import { isActive, keyOf, statusAttributesOf, taskIdOf, type Owed, type TaskRecord } from "../storage/record.js";
import type { JsonObject, Task } from "../types.js";
import { finishOwed } from "./duties.js";
import { requireRecord, taskOf } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";

const DEFAULT_REASON = "Task aborted.";

/** `context.tasks.abort`: one conditional write decides; then the execution, the children and `onAbort`. */
export async function abortTask<I = JsonObject, O = JsonObject>(
  engine: TaskEngine,
  { id, message }: { id: string; message?: string }
): Promise<Task<I, O>> {
  const record = await requireRecord(engine, id);
  return taskOf(engine, await abortRecord(engine, record, { reason: message ?? DEFAULT_REASON }));
}

/**
 * Aborts a task whose record was read. Works for a definition that is not registered any more, without its hook.
 * @throws TasksError TASK_ABORT_ERROR, NOT_FOUND
 */
export async function abortRecord(
  engine: TaskEngine,
  record: TaskRecord,
  options: { reason: string; alsoDelete?: boolean }
): Promise<TaskRecord> {
  const token = randomUUID();
  const now = engine.clock.now();
  const { id, displayName, type } = engine.identity();
  const hookUntil = now + HOOK_LEASE_MS;
  const aborted = (await engine.storage.update(keyOf(record), oneOf("taskStatus", ["pending", "running"]), {
    set: {
      ...statusAttributesOf(record, "aborted"),
      finishedOn: now,
      savedOn: now,
      nextAt: 0,
      abort: { by: { id, displayName, type }, reason: options.reason, token },
      owed: owedByAbort(engine, record),
      hookOwner: token,
      hookUntil,
      due: hookUntil + HOOK_OVERDUE_MS,
      ...(options.alsoDelete ? { deleted: true } : {})
    },
    remove: ["hookAttempts"]
  })) as TaskRecord | null;
  const ours = aborted ?? (await lostAbort(engine, record, token));
  return finishOwed(engine, ours, { owner: token, until: hookUntil });
}

/** The stop first, so that a wait ends; the hook last, when nothing of the task goes on. */
export function owedByAbort(engine: TaskEngine, record: TaskRecord): Owed[] {
  const hook = engine.definitions.get(record.definitionId)?.onAbort;
  return ["stop", "children", ...(hook === undefined ? [] : (["onAbort"] as const))];
}

/** The write did not hold. It may have held at its first try, whose answer got lost: then the token is there. */
async function lostAbort(engine: TaskEngine, record: TaskRecord, token: string): Promise<TaskRecord> {
  const current = await requireRecord(engine, taskIdOf(record));
  if (current.abort?.token === token) {
    return current;
  }
  if (isActive(current)) {
    throw notFound("Task", taskIdOf(record));
  }
  throw new TasksError("TASK_ABORT_ERROR", "Cannot abort a task that is not pending or running!", {
    id: taskIdOf(record),
    taskStatus: current.taskStatus
  });
}
