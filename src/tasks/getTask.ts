import type { JsonObject, Task } from "../types.js";
import { readRecord, taskOf } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";

/** @returns the task as it is now, or null */
export async function getTask<I = JsonObject, O = JsonObject>(
  engine: TaskEngine,
  id: string
): Promise<Task<I, O> | null> {
  const record = await readRecord(engine, id);
  return record === null || record.deleted ? null : taskOf(engine, record);
}
