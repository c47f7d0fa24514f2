import { equals } from "../storage/conditions.js";
import { queryAll, writeAll } from "../storage/batches.js";
import { childKey, isLeased, keyOf, scopeOf, type TaskRecord } from "../storage/record.js";
import type { BatchWrite } from "../storage/Storage.js";
import type { TaskEngine } from "./TaskEngine.js";

/**
 * Removes everything of a task that was deleted, once nothing of it goes on: logs, payloads and pointers first, the
 * record last, so that an interrupted purge is found and finished. While an invocation still holds the lease it waits:
 * a late write must not bring a part back.
 */
export async function purgeDeleted(engine: TaskEngine, record: TaskRecord): Promise<void> {
  if (!record.deleted || isLeased(record, engine.clock.now()) || (record.owed?.length ?? 0) > 0) {
    return;
  }
  const writes: BatchWrite[] = [];
  for await (const item of queryAll(engine.storage, { partition: record.PK, consistent: true })) {
    if (item.SK !== record.SK) {
      writes.push({ delete: keyOf(item) });
    }
  }
  if (record.parentId !== undefined) {
    writes.push({ delete: childKey(scopeOf(record), record.parentId, record.sort) });
  }
  await writeAll(engine.storage, writes);
  await engine.storage.delete(keyOf(record), equals("deleted", true));
}
