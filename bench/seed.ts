import { createTestTasks } from "../__tests__/helpers/createTestTasks.js";
import { MemoryStorage } from "../src/storage/memory/MemoryStorage.js";
import { queryAll, writeAll } from "../src/storage/batches.js";
import { duePartition, partitionKey, sortKey, type TaskRecord } from "../src/storage/record.js";
import type { Item, Storage } from "../src/storage/Storage.js";
import { newTaskId } from "../src/tasks/ids.js";
import { paging } from "./paging.js";

const ROOT = { tenant: "root", locale: "en-US" };
const FIRST = Date.parse("2025-01-01T00:00:00.000Z");

/**
 * Stores `count` finished tasks, each with a log: one is really run, and its items are written again under other ids,
 * a second apart.
 */
export async function storeFinishedTasks(storage: Storage, count: number): Promise<void> {
  const underlying = new MemoryStorage();
  const t = await createTestTasks([paging], { underlying });
  const task = await t.tasks.trigger({ definition: "paging", input: { page: 1, pages: 2, log: true } });
  await t.runToEnd(task);
  const items: Item[] = [];
  for await (const item of queryAll(underlying, { partition: partitionKey(ROOT, task.id) })) {
    items.push(item);
  }
  const writes = Array.from({ length: count }, (_, at) => copies(items, FIRST + at * 1000)).flat();
  await writeAll(
    storage,
    writes.map(put => ({ put }))
  );
}

function copies(items: Item[], createdOn: number): Item[] {
  const id = newTaskId(createdOn);
  const PK = partitionKey(ROOT, id);
  return items.map(item => {
    const { sort } = item as Partial<TaskRecord>;
    return {
      ...item,
      PK,
      ...(sort === undefined ? {} : { sort: sortKey(createdOn, id, false), duePK: duePartition(id) })
    };
  });
}
