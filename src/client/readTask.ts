import type { JsonObject, Task, TaskLog } from "../types.js";

/** GraphQL answers null for what is not there; a task and its error leave it out. */
export function readTask(answered: unknown): Task {
  const { error, abort, ...task } = present(answered as JsonObject);
  return {
    ...task,
    ...(error ? { error: present(error as JsonObject) } : {}),
    ...(abort ? { abort: present(abort as JsonObject) } : {})
  } as Task;
}

/** @param taskId where it was not asked for */
export function readLog(answered: unknown, taskId?: string): TaskLog {
  const { task, items, ...log } = answered as JsonObject;
  return {
    ...log,
    task: taskId ?? (task as { id: string }).id,
    items: (items as JsonObject[]).map(present)
  } as TaskLog;
}

export function present(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
