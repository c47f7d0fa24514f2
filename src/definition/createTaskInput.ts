import type { TaskTriggerParams } from "./TaskDefinition.js";
import type { JsonObject } from "../types.js";

/**
 * Trigger parameters with a typed input, to be kept or passed on before the trigger.
 * @param params.id id of the definition
 * @example
 * const params = createTaskInput<SyncInput>({ id: "syncArticles", input: { page: 1 } });
 * await context.tasks.trigger({ ...params, delay: 60 });
 */
export function createTaskInput<I = JsonObject>({
  id,
  input
}: {
  id: string;
  input: I;
}): TaskTriggerParams<I> & { input: I } {
  return { definition: id, input };
}
