import { DUE_AHEAD_MS, DUE_SHARDS } from "../constants.js";
import { all, equals, exists, unchanged } from "../storage/conditions.js";
import { getAll, queryAll } from "../storage/batches.js";
import { keyOf, type TaskRecord } from "../storage/record.js";
import { updateRecord } from "../storage/recordFormat.js";
import type { ItemKey, Storage } from "../storage/Storage.js";
import { isUnfinished } from "../tasks/lookAfter.js";

/**
 * Gives back the leases that invocations of the last run of this runtime still hold. They ended with it, so nobody has to
 * wait the quarter of an hour until their leases run out; and that the runtime was stopped is not counted as a crash of
 * the task's code, nor of its hooks.
 * @returns what the last run left unfinished
 */
export async function releaseDeadLeases(storage: Storage, now: number): Promise<TaskRecord[]> {
  const keys: ItemKey[] = [];
  for (let shard = 0; shard < DUE_SHARDS; shard++) {
    // A task that runs is due within the hour; one that waits or has ended, later.
    const query = { index: "byDue" as const, partition: `DUE#${shard}`, from: 0, to: now + 2 * DUE_AHEAD_MS };
    for await (const entry of queryAll(storage, query)) {
      keys.push(keyOf(entry));
    }
  }
  const records = (await getAll(storage, keys, { consistent: true })) as TaskRecord[];
  for (const record of records) {
    const { leaseOwner, hookOwner } = record;
    if (leaseOwner !== undefined && record.leaseUntil > now) {
      const held = all(equals("leaseOwner", leaseOwner), equals("attempt", record.attempt));
      await updateRecord(storage, record, held, { set: { leaseUntil: 0, attempt: Math.max(0, record.attempt - 1) } });
    }
    if (hookOwner !== undefined && (record.hookUntil ?? 0) > 0) {
      await updateRecord(storage, record, all(exists("owed"), unchanged("hookOwner", hookOwner)), {
        set: { hookUntil: 0 },
        // Whoever takes the lease next counts one that died.
        add: { hookAttempts: -1 }
      });
    }
  }
  return records.filter(record => isUnfinished(record) || record.deleted === true);
}
