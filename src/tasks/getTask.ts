import type { JsonObject, Task } from "../types.js";
import { isVisible, readRecord, taskOf, type Visibility } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";

/** @returns the task as it is now, or null */
export async function getTask<I = JsonObject, O = JsonObject>(
  engine: TaskEngine,
  id: string,
  { visibility = "all" }: { visibility?: Visibility } = {}
): Promise<Task<I, O> | null> {
  const record = await readRecord(engine, id);
  return isVisible(record, visibility) ? taskOf(engine, record) : null;
}
