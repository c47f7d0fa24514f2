import { notFound } from "../errors.js";
import { all, equals, unchanged } from "../storage/conditions.js";
import { isLeased, isPrivateSort, recordKey, taskIdOf, type Scope, type TaskRecord } from "../storage/record.js";
import { checkFormat, missingAttributes, updateRecord } from "../storage/recordFormat.js";
import type { Item } from "../storage/Storage.js";
import type { JsonObject, Task } from "../types.js";
import { isIdText } from "./ids.js";
import type { TaskEngine } from "./TaskEngine.js";
import { load, toTask } from "./toTask.js";

/** Reads a record as it is now; null where there is none in this tenant and locale, or it was deleted. */
export async function readRecord(
  engine: TaskEngine,
  id: string,
  scope: Scope = engine.scope()
): Promise<TaskRecord | null> {
  if (!isIdText(id)) {
    return null;
  }
  const item = await engine.storage.get(recordKey(scope, id), { consistent: true });
  return item === null ? null : completeRecord(engine, item);
}

/**
 * The record that was read. One that lacks attributes, since it is older than they are, gets them in the table as well:
 * conditions rest on them. Not while somebody runs it: then the write that ends the iteration is theirs.
 * @throws TasksError STORAGE_FORMAT
 */
export async function completeRecord(engine: TaskEngine, item: Item): Promise<TaskRecord> {
  const record = checkFormat(item);
  const missing = missingAttributes(item as TaskRecord);
  if (missing === null || isLeased(record, engine.clock.now())) {
    return record;
  }
  const unmoved = all(equals("iterations", record.iterations), unchanged("leaseOwner", record.leaseOwner));
  const completed = await updateRecord(engine.storage, record, unmoved, { setIfMissing: missing });
  return completed ?? record;
}

/** Who may see what: for `public`, the tasks of private definitions are not there. */
export type Visibility = "all" | "public";

/** Whether a task is there for somebody. */
export function isVisible(record: TaskRecord | null, visibility: Visibility): record is TaskRecord {
  return record !== null && !record.deleted && (visibility === "all" || !isPrivateSort(record.sort));
}

/** The same for callers that need it. @throws TasksError NOT_FOUND */
export async function requireRecord(
  engine: TaskEngine,
  id: string,
  visibility: Visibility = "all"
): Promise<TaskRecord> {
  const record = await readRecord(engine, id);
  if (!isVisible(record, visibility)) {
    throw notFound("Task", String(id));
  }
  return record;
}

/** The record as a task, its payloads read. @throws TasksError NOT_FOUND when it was removed meanwhile */
export async function taskOf<I = JsonObject, O = JsonObject>(
  engine: TaskEngine,
  record: TaskRecord
): Promise<Task<I, O>> {
  const loaded = await load(engine.storage, record);
  if (loaded === null) {
    throw notFound("Task", taskIdOf(record));
  }
  return toTask(loaded.record, loaded.payloads);
}
