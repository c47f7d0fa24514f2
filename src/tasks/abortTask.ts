import type { JsonObject, Task } from "../types.js";
import { finishOwed } from "./duties.js";
import { markAborted } from "./markAborted.js";
import { requireRecord, taskOf } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";

/** `context.tasks.abort`: one conditional write decides; then the execution, the children and `onAbort`. */
export async function abortTask<I = JsonObject, O = JsonObject>(
  engine: TaskEngine,
  { id, message = "Task aborted." }: { id: string; message?: string }
): Promise<Task<I, O>> {
  const { record, performer } = await markAborted(engine, await requireRecord(engine, id), { reason: message });
  return taskOf(engine, await finishOwed(engine, record, performer));
}
