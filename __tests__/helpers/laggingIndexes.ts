import type { BatchWrite, ItemKey, Storage } from "../../src/storage/Storage.js";

/** A storage whose indexes are late, until they are told to catch up. */
export interface LaggingStorage extends Storage {
  catchUp(): Promise<void>;
}

/**
 * Puts a storage behind late indexes, as DynamoDB's may be at any time: an index query answers as if the latest
 * `writes` writes had not happened yet. The table itself is read fresh.
 * @param replica an empty storage of any kind: every write reaches it that late, and index queries are answered from it
 */
export function laggingIndexes(table: Storage, replica: Storage, { writes }: { writes: number }): LaggingStorage {
  const late: BatchWrite[][] = [];
  const written = new Map<string, ItemKey>();

  /** What the table holds under these keys, as writes that bring a replica there. */
  async function asItIs(keys: ItemKey[]): Promise<BatchWrite[]> {
    return Promise.all(
      keys.map(async ({ PK, SK }) => {
        const item = await table.get({ PK, SK }, { consistent: true });
        return item === null ? { delete: { PK, SK } } : { put: item };
      })
    );
  }

  async function apply(batch: BatchWrite[]): Promise<void> {
    for (const write of batch) {
      await ("put" in write ? replica.put(write.put) : replica.delete(write.delete));
    }
  }

  async function follow(...keys: ItemKey[]): Promise<void> {
    keys.forEach(({ PK, SK }) => written.set(JSON.stringify([PK, SK]), { PK, SK }));
    late.push(await asItIs(keys));
    while (late.length > writes) {
      await apply(late.shift() as BatchWrite[]);
    }
  }

  return {
    get: (key, options) => table.get(key, options),
    batchGet: (keys, options) => table.batchGet(keys, options),
    query: query => (query.index === undefined ? table : replica).query(query),
    async put(item, condition) {
      const done = await table.put(item, condition);
      await follow(item);
      return done;
    },
    async update(key, condition, changes) {
      const item = await table.update(key, condition, changes);
      await follow(key);
      return item;
    },
    async delete(key, condition) {
      const done = await table.delete(key, condition);
      await follow(key);
      return done;
    },
    async batchWrite(batch) {
      const rest = await table.batchWrite(batch);
      await follow(...batch.map(write => ("put" in write ? write.put : write.delete)));
      return rest;
    },
    async catchUp() {
      // Concurrent writes may have been noted in another order than they were done: the table is the truth.
      late.length = 0;
      await apply(await asItIs([...written.values()]));
    }
  };
}
