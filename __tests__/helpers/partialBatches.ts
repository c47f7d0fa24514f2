import type { Storage } from "../../src/storage/Storage.js";

/** A storage under load: of each batch it does the first `most` and leaves the rest, as DynamoDB may. */
export function partialBatches(table: Storage, most: number): Storage {
  return {
    get: (key, options) => table.get(key, options),
    put: (item, condition) => table.put(item, condition),
    update: (key, condition, changes) => table.update(key, condition, changes),
    delete: (key, condition) => table.delete(key, condition),
    query: query => table.query(query),
    // As DynamoDB's adapter does, it gives new objects back, not those it was given.
    async batchWrite(writes) {
      const [now, later] = [writes.slice(0, most), writes.slice(most)];
      const left = now.length === 0 ? [] : await table.batchWrite(now);
      return structuredClone([...left, ...later]);
    },
    async batchGet(keys, options) {
      const [now, later] = [keys.slice(0, most), keys.slice(most)];
      const { items, unprocessed } =
        now.length === 0 ? { items: [], unprocessed: [] } : await table.batchGet(now, options);
      return { items, unprocessed: structuredClone([...unprocessed, ...later]) };
    }
  };
}
