import type { JsonObject, Task } from "../types.js";
import { finishOwed } from "./duties.js";
import { markAborted } from "./markAborted.js";
import { requireRecord, taskOf, type Visibility } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";

/** `context.tasks.abort`: one conditional write decides; then the execution, the children and `onAbort`. */
export async function abortTask<I = JsonObject, O = JsonObject>(
  engine: TaskEngine,
  { id, message = "Task aborted." }: { id: string; message?: string },
  { visibility = "all" }: { visibility?: Visibility } = {}
): Promise<Task<I, O>> {
  const found = await requireRecord(engine, id, visibility);
  const { record, performer } = await markAborted(engine, found, { reason: message });
  return taskOf(engine, await finishOwed(engine, record, performer));
}
