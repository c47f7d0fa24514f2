import type { JsonObject, Task } from "../types.js";
import { readRecord, requireRecord, taskOf } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";
import { toTask } from "./toTask.js";

/**
 * `context.tasks.fetchServiceInfo`: what the execution service says of the task's current execution. A task that was read
 * a while ago may have moved to another one.
 */
export async function fetchServiceInfo(engine: TaskEngine, task: Task | string): Promise<JsonObject | null> {
  if (typeof task === "string") {
    return engine.service.fetch(await taskOf(engine, await requireRecord(engine, task)));
  }
  const record = await readRecord(engine, task.id);
  const { execution, executionName } = record === null ? task : toTask(record, { input: "{}" });
  return engine.service.fetch({ ...task, execution, executionName });
}
