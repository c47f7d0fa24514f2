import { all, equals } from "../storage/conditions.js";
import { isActive, keyOf, type TaskRecord } from "../storage/record.js";
import type { Storage } from "../storage/Storage.js";

/**
 * Makes due what no execution takes up again after a restart, instead of within the hour: a task whose trigger was cut
 * off before its start, or whose end was not told any more; what an aborted task owes; a deletion that was not finished.
 * @param runs whether the record's execution runs
 * @returns how many there are: a sweep looks after them
 */
export async function makeDue(
  storage: Storage,
  unfinished: readonly TaskRecord[],
  runs: (record: TaskRecord) => boolean
): Promise<number> {
  const forgotten = unfinished.filter(record => !isActive(record) || !runs(record));
  for (const record of forgotten) {
    const unchanged = all(equals("due", record.due), equals("execution", record.execution));
    await storage.update(keyOf(record), unchanged, { set: { due: 0 } });
  }
  return forgotten.length;
}
