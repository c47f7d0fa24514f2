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
 * @example
 * const resizeImages = createTaskDefinition({
 *   id: "resizeImages",
 *   title: "Resize images",
 *   inputSchema: z.object({ folder: z.string(), width: z.number().int().default(800) }),
 *   async run({ input, response }) {
 *     return response.done(`${input.folder} to ${input.width}`);
 *   }
 * });
 */
export function createTaskDefinition<C = TaskContext, I = JsonObject, O = JsonObject, TI = I>(
  params: TaskDefinitionParams<C, I, O, TI>
): TaskDefinitionPlugin<C, I, O, TI> {
  return new TaskDefinitionPlugin(params, { isPrivate: false });
}

/** Defines a private task: it can be triggered from code only, and is never seen from outside. Else as {@link createTaskDefinition}. */
export function createPrivateTaskDefinition<C = TaskContext, I = JsonObject, O = JsonObject, TI = I>(
  params: TaskDefinitionParams<C, I, O, TI>
): TaskDefinitionPlugin<C, I, O, TI> {
  return new TaskDefinitionPlugin(params, { isPrivate: true });
}

/** Gives the field back, typed. */
export function createTaskDefinitionField(field: TaskDefinitionField): TaskDefinitionField {
  return field;
}
