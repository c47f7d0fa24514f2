import type { CreateTaskInput } from "../definition/TaskDefinition.js";
import type { JsonObject, Task } from "../types.js";
import { checkName } from "./checkUpdate.js";
import { requireDefinition } from "./definitions.js";
import { newTask, storeTask } from "./newRecord.js";
import type { TaskEngine } from "./TaskEngine.js";
import { toTask } from "./toTask.js";

/** `context.tasks.createTask`: stores a pending task and starts nothing. */
export async function createTask<I = JsonObject>(engine: TaskEngine, input: CreateTaskInput): Promise<Task<I>> {
  const definition = requireDefinition(engine, input.definitionId, {
    message: "There is no task definition."
  });
  const created = await newTask(engine, definition, {
    name: checkName(input.name ?? definition.title),
    input: input.input ?? {},
    parentId: input.parentId,
    delay: null
  });
  await engine.topics.onTaskBeforeCreate.publish({ input });
  await storeTask(engine, created);
  const task = toTask(created.record, { input: created.input });
  await engine.topics.onTaskAfterCreate.publish({ input, task });
  return task as Task<I>;
}
