import type { TaskContext, TaskDefinitionField, TaskDefinitionParams } from "./TaskDefinition.js";
import { TaskDefinitionPlugin } from "./TaskDefinitionPlugin.js";
import type { JsonObject } from "../types.js";

/**
 * Defines a public task: it can be triggered from code and through GraphQL.
 * @throws TasksError INVALID_DEFINITION, naming the definition and the fault
 * @example
 * const syncArticles = createTaskDefinition({
 *   id: "syncArticles",
 *   title: "Sync Articles",
 *   async run({ response }) {
 *     return response.done();
 *   }
 * });
 */
export function createTaskDefinition<C = TaskContext, I = JsonObject, O = JsonObject>(
  params: TaskDefinitionParams<C, I, O>
): TaskDefinitionPlugin<C, I, O> {
  return new TaskDefinitionPlugin(params, { isPrivate: false });
}

/** Defines a private task: it can be triggered from code only, and is never seen from outside. Else as {@link createTaskDefinition}. */
export function createPrivateTaskDefinition<C = TaskContext, I = JsonObject, O = JsonObject>(
  params: TaskDefinitionParams<C, I, O>
): TaskDefinitionPlugin<C, I, O> {
  return new TaskDefinitionPlugin(params, { isPrivate: true });
}

/** Gives the field back, typed. */
export function createTaskDefinitionField(field: TaskDefinitionField): TaskDefinitionField {
  return field;
}
