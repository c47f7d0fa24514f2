import type { Index, Item, Operation, Store, Table } from "dynalite/db/index.js";
import db from "dynalite/db/index.js";

/** What a check after an unclean stop found and mended. */
export interface IndexRepair {
  items: number;
  /** Index entries that were missing or told something else than their item. */
  added: number;
  /** Index entries whose item is gone or has other keys. */
  removed: number;
  /** Tables that were left in the middle of being created or deleted. */
  tables: number;
}

const BATCH = 500;

/**
 * Compares dynalite's indexes with the items and makes them agree; the items are the truth.
 *
 * dynalite keeps everything in one level database: `table~T` describes table T, `item-T~key` is an item, and
 * `index-global~T~I~key` (or `index-local`) is that item as index I of T projects it. A write changes the index entries
 * first and the item last, each in a request of its own, so a process that dies in between leaves them apart.
 */
export async function repairIndexes(store: Store): Promise<IndexRepair> {
  const repair: IndexRepair = { items: 0, added: 0, removed: 0, tables: 0 };
  const write = batchWriter(store);
  const tables: Table[] = [];
  for await (const [, value] of range(store, "table~")) {
    tables.push(value as Table);
  }
  for (const table of tables) {
    if (table.TableStatus === "DELETING") {
      await finishDeletion(store, table, write);
      repair.tables++;
      continue;
    }
    if (table.TableStatus !== "ACTIVE") {
      await finishCreation(table, write);
      repair.tables++;
    }
    await addMissing(store, table, write, repair);
    await removeStale(store, table, write, repair);
  }
  await write.flush();
  return repair;
}

interface Writer {
  (operation: Operation): Promise<void>;
  flush(): Promise<void>;
}

async function addMissing(store: Store, table: Table, write: Writer, repair: IndexRepair): Promise<void> {
  for await (const [, item] of range(store, `item-${table.TableName}~`)) {
    repair.items++;
    for (const { prefix, indexes } of indexesOf(table)) {
      for (const put of db.getIndexActions(indexes, null, item as Item, table).puts) {
        const key = `${prefix}${put.index}~${put.key}`;
        if (!sameJson(await store.db.get(key), put.item)) {
          await write({ type: "put", key, value: put.item });
          repair.added++;
        }
      }
    }
  }
}

async function removeStale(store: Store, table: Table, write: Writer, repair: IndexRepair): Promise<void> {
  for (const { prefix, indexes } of indexesOf(table)) {
    for (const index of indexes) {
      const start = `${prefix}${index.IndexName}~`;
      for await (const [key, entry] of range(store, start)) {
        const item = await store.db.get(`item-${table.TableName}~${db.createKey(entry as Item, table)}`);
        const expected = item === undefined ? [] : db.getIndexActions([index], null, item as Item, table).puts;
        if (expected[0] === undefined || start + expected[0].key !== key) {
          await write({ type: "del", key });
          repair.removed++;
        }
      }
    }
  }
}

/** dynalite sets a new table to ACTIVE a moment later; one that died in that moment would stay CREATING for ever. */
async function finishCreation(table: Table, write: Writer): Promise<void> {
  table.TableStatus = "ACTIVE";
  for (const index of table.GlobalSecondaryIndexes ?? []) {
    index.IndexStatus = "ACTIVE";
  }
  await write({ type: "put", key: `table~${table.TableName}`, value: table });
}

async function finishDeletion(store: Store, table: Table, write: Writer): Promise<void> {
  const name = table.TableName;
  for (const prefix of [`item-${name}~`, `tag-${name}~`, `index-global~${name}~`, `index-local~${name}~`]) {
    for await (const [key] of range(store, prefix)) {
      await write({ type: "del", key });
    }
  }
  await write({ type: "del", key: `table~${name}` });
}

function indexesOf(table: Table): { prefix: string; indexes: Index[] }[] {
  return [
    { prefix: `index-global~${table.TableName}~`, indexes: table.GlobalSecondaryIndexes ?? [] },
    { prefix: `index-local~${table.TableName}~`, indexes: table.LocalSecondaryIndexes ?? [] }
  ];
}

/** Everything below a prefix. Keys are ASCII behind it. The iterator reads a snapshot, so writing meanwhile is safe. */
function range(store: Store, prefix: string): AsyncIterable<[string, unknown]> {
  return store.db.iterator({ gte: prefix, lt: `${prefix}\xff` });
}

function batchWriter(store: Store): Writer {
  let operations: Operation[] = [];
  const flush = async () => {
    const full = operations;
    operations = [];
    await store.db.batch(full);
  };
  const write = async (operation: Operation) => {
    operations.push(operation);
    if (operations.length >= BATCH) {
      await flush();
    }
  };
  return Object.assign(write, { flush });
}

/** Whether both are the same JSON. Attributes an index does not project are absent in one and undefined in the other. */
function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return a === b;
  }
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every(name => sameJson((a as Item)[name], (b as Item)[name]));
}
