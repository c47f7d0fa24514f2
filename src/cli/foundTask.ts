import { TasksClientError, type Task } from "../client/index.js";
import type { Session } from "./Session.js";

/** @throws TasksClientError NOT_FOUND */
export async function foundTask({ client, url }: Session, id: string): Promise<Task> {
  const task = await client.getTask(id);
  if (task === null) {
    throw new TasksClientError("NOT_FOUND", `There is no task "${id}" at ${url}.`, { data: { id }, status: 200 });
  }
  return task;
}
