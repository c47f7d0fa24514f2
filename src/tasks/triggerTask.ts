import type { TriggerParams } from "../definition/TaskDefinition.js";
import { hasCode, TasksError } from "../errors.js";
import type { JsonObject, Task } from "../types.js";
import { logFieldsOf } from "../storage/record.js";
import { requireDefinition } from "./definitions.js";
import { checkName } from "./checkUpdate.js";
import { checkInput } from "./checkInput.js";
import { checkDelay } from "./delay.js";
import { newTask, storeTask, takeBack, type NewTask } from "./newRecord.js";
import { readRecord, requireRecord } from "./readTask.js";
import type { Visibility } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";
import { toTask } from "./toTask.js";

/** `context.tasks.trigger`: definition, `onBeforeTrigger`, record, execution, in this order. */
export async function triggerTask<I = JsonObject>(
  engine: TaskEngine,
  params: TriggerParams<I>,
  { visibility = "all" }: { visibility?: Visibility } = {}
): Promise<Task<I>> {
  const { definition: named } = params;
  const definition = requireDefinition(engine, typeof named === "object" ? named?.id : named, { visibility });
  return engine.observer.tracer.trigger(definition.id, async span => {
    const delay = checkDelay(params.delay);
    const name = checkName(params.name ?? definition.title);
    const parentId = params.parent?.id;
    const input = await checkInput(definition, params.input ?? {});
    const created = await newTask(engine, definition, { name, input, parentId, delay, trace: span.traceparent });
    span.set(logFieldsOf(created.record));
    // The hook gets a copy: what is stored is what was checked.
    const data = { name, definitionId: definition.id, input: JSON.parse(created.input) as JsonObject, parentId };
    await definition.onBeforeTrigger?.({ context: engine.context, input: data.input, data });
    await engine.topics.onTaskBeforeCreate.publish({ input: data });

    await storeTask(engine, created);
    const task = await start(engine, created, delay);
    await engine.topics.onTaskAfterCreate.publish({ input: data, task });
    return task as Task<I>;
  });
}

async function start(engine: TaskEngine, { record, input }: NewTask, delay: number): Promise<Task> {
  const task = toTask(record, { input });
  try {
    const eventResponse = await engine.service.send(task, delay);
    if (delay > 0) {
      await stopIfAborted(engine, task);
    }
    engine.logger.info("A task was triggered", { ...logFieldsOf(record), ...(delay > 0 ? { delay } : {}) });
    return eventResponse ? { ...task, eventResponse } : task;
  } catch (error) {
    // The answer may have been lost on its way: a record that is no longer as it was stored has been started.
    if (!(await takeBack(engine, record))) {
      return toTask(await requireRecord(engine, task.id), { input });
    }
    throw startError(task, error);
  }
}

/** An abort between store and start had no execution to stop yet: a delay would be waited to its end. */
async function stopIfAborted(engine: TaskEngine, task: Task): Promise<void> {
  const record = await readRecord(engine, task.id);
  if (record?.taskStatus === "aborted") {
    await engine.service.stop?.(task, { reason: record.abort?.reason ?? "Task aborted." });
  }
}

function startError(task: Task, error: unknown): TasksError {
  if (hasCode(error, "TRIGGER_STEP_FUNCTION_ERROR")) {
    return error as TasksError;
  }
  const message = error instanceof Error ? error.message : String(error);
  return new TasksError(
    "TRIGGER_STEP_FUNCTION_ERROR",
    `The execution of the task "${task.definitionId}" could not be started: ${message}`,
    { definitionId: task.definitionId },
    { cause: error }
  );
}
