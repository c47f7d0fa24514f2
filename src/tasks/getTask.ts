import { isVisible, readRecord, type Visibility } from "./readTask.js";
import { logFieldsOf, type TaskRecord } from "../storage/record.js";
import type { JsonObject, Task } from "../types.js";
import { isUnfinished, lookAfter } from "./lookAfter.js";
import type { TaskEngine } from "./TaskEngine.js";
import { load, toTask } from "./toTask.js";

/** @returns the task as it is now, or null */
export async function getTask<I = JsonObject, O = JsonObject>(
  engine: TaskEngine,
  id: string,
  { visibility = "all" }: { visibility?: Visibility } = {}
): Promise<Task<I, O> | null> {
  let record = await readRecord(engine, id);
  if (record !== null && isVisible(record, visibility) && isOverdue(engine, record)) {
    await lookAfterSafely(engine, record);
    record = await readRecord(engine, id);
  }
  const loaded = isVisible(record, visibility) ? await load(engine.storage, record) : null;
  return loaded !== null && isVisible(loaded.record, visibility) ? toTask(loaded.record, loaded.payloads) : null;
}

/** Whoever looks at a task that hangs finds it going on. Only where its code is: hooks may have to run. */
function isOverdue(engine: TaskEngine, record: TaskRecord): boolean {
  const isKnown = engine.definitions.get(record.definitionId) !== null;
  return isKnown && isUnfinished(record) && record.due < engine.clock.now();
}

/** Reading must not fail for it: the sweep comes, too. */
async function lookAfterSafely(engine: TaskEngine, record: TaskRecord): Promise<void> {
  try {
    await lookAfter(engine, record);
  } catch (error) {
    engine.logger.warn("An overdue task could not be looked after", { ...logFieldsOf(record), error });
  }
}
