import { TasksError } from "../errors.js";
import { all, atMost, type Condition } from "./conditions.js";
import { createdOnOf, keyOf, taskIdOf, type TaskRecord } from "./record.js";
import type { Changes, Item, ItemKey, Storage } from "./Storage.js";

/**
 * Format of the records this version writes. A new attribute that may be missing is no new format. One that a condition
 * rests on is: versions from before would not keep it, so they must not touch the record any more.
 */
export const RECORD_FORMAT = 1;

/**
 * The one way to change a record that is there: if the condition holds, and no newer version has changed its format.
 * Whoever loses reads the record, and is told by {@link checkFormat}.
 * @returns the record as it is now, or null: nothing was written
 */
export async function updateRecord(
  storage: Storage,
  key: ItemKey,
  condition: Condition,
  changes: Changes
): Promise<TaskRecord | null> {
  const known = all(condition, atMost("format", RECORD_FORMAT));
  return (await storage.update(keyOf(key), known, changes)) as TaskRecord | null;
}

/**
 * An item that was read, as a record. What it lacks, since it is older than these attributes, is filled in here, not in
 * the table.
 * @throws TasksError STORAGE_FORMAT when a newer version wrote it: reading it by guess could lose what it means
 */
export function checkFormat(item: Item): TaskRecord {
  const record = item as TaskRecord;
  if (record.format > RECORD_FORMAT) {
    throw new TasksError(
      "STORAGE_FORMAT",
      `The task "${taskIdOf(record)}" has format ${record.format}; this version of @webiny/tasks knows formats up to ${RECORD_FORMAT}. Deploy the newer version everywhere; nothing was changed, and the task goes on then.`,
      { id: taskIdOf(record), format: record.format, known: RECORD_FORMAT }
    );
  }
  const missing = missingAttributes(record);
  return missing === null ? record : { ...record, ...missing };
}

/** What the record lacks of the attributes that conditions rest on, as it would have been written. */
export function missingAttributes(record: TaskRecord): Partial<TaskRecord> | null {
  const complete: Partial<TaskRecord> = {
    executionStartedOn: Date.parse(createdOnOf(record)),
    nextIteration: record.leaseOwner === undefined ? record.iterations + 1 : record.iterations,
    attempt: 0,
    leaseUntil: 0,
    nextAt: 0,
    rev: 0
  };
  const missing = Object.entries(complete).filter(([name]) => record[name] === undefined);
  return missing.length === 0 ? null : Object.fromEntries(missing);
}
