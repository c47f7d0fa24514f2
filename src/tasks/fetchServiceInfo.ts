import type { JsonObject, Task } from "../types.js";
import { requireRecord, taskOf } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";

/** `context.tasks.fetchServiceInfo`: what the execution service says of the task's current execution. */
export async function fetchServiceInfo(engine: TaskEngine, task: Task | string): Promise<JsonObject | null> {
  const current = typeof task === "string" ? await taskOf(engine, await requireRecord(engine, task)) : task;
  return engine.service.fetch(current);
}
