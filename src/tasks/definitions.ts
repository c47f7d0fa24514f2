import type { TaskDefinition } from "../definition/TaskDefinition.js";
import { TasksError } from "../errors.js";
import type { Visibility } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";

/** @throws TasksError TASK_DEFINITION_ERROR, as trigger, abort and run word it */
export function requireDefinition(
  engine: TaskEngine,
  id: string,
  { message = "Task definition was not found!", visibility = "all" }: { message?: string; visibility?: Visibility } = {}
): TaskDefinition {
  const definition = engine.definitions.get(id);
  // A private one is as one that is not there, to the letter.
  if (definition === null || (visibility === "public" && definition.isPrivate)) {
    throw new TasksError("TASK_DEFINITION_ERROR", message, {
      id: typeof id === "string" ? id.slice(0, 128) : typeof id
    });
  }
  return definition;
}
