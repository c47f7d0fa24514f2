import { hasCode } from "../errors.js";
import { equals } from "../storage/conditions.js";
import { isActive, taskIdOf, type TaskRecord } from "../storage/record.js";
import { updateRecord } from "../storage/recordFormat.js";
import { finishOwed } from "./duties.js";
import { markAborted } from "./markAborted.js";
import { purgeDeleted } from "./purge.js";
import { requireRecord, taskOf, type Visibility } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";

/**
 * `context.tasks.deleteTask`: hides the task at once and removes it with its logs and payloads. An active one is
 * aborted in the same write; while its code still runs, the invocation that runs it removes it at its end.
 * @throws TasksError NOT_FOUND
 */
export async function deleteTask(
  engine: TaskEngine,
  id: string,
  { visibility = "all" }: { visibility?: Visibility } = {}
): Promise<boolean> {
  const record = await requireRecord(engine, id, visibility);
  const task = await taskOf(engine, record);
  await engine.topics.onTaskBeforeDelete.publish({ task });
  await (isActive(record) ? abortAndHide(engine, record) : hide(engine, record));
  await engine.topics.onTaskAfterDelete.publish({ task });
  return true;
}

async function abortAndHide(engine: TaskEngine, record: TaskRecord): Promise<void> {
  try {
    const aborted = await markAborted(engine, record, { reason: "Task deleted.", alsoDelete: true });
    await finishOwed(engine, aborted.record, aborted.performer);
  } catch (error) {
    if (!hasCode(error, "TASK_ABORT_ERROR")) {
      throw error;
    }
    // It ended by itself in between.
    await hide(engine, await requireRecord(engine, taskIdOf(record)));
  }
}

/** A finished task: hidden, then removed unless hooks are still at it (the last one to leave removes it). */
async function hide(engine: TaskEngine, record: TaskRecord): Promise<void> {
  const hidden = await updateRecord(engine.storage, record, equals("taskStatus", record.taskStatus), {
    set: { deleted: true, due: engine.clock.now() }
  });
  if (hidden !== null) {
    await purgeDeleted(engine, hidden);
  }
}
