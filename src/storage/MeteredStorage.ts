import { WRITE_UNIT_BYTES } from "../constants.js";
import type { Condition } from "./conditions.js";
import { itemSize } from "./itemSize.js";
import type { BatchWrite, Changes, IndexName, Item, ItemKey, Query, QueryPage, Storage } from "./Storage.js";
import { INDEXES } from "./tableDescription.js";

const READ_UNIT_BYTES = 4 * WRITE_UNIT_BYTES;

/** What was asked of a storage. */
export interface StorageCounts {
  requests: number;
  /** Write units, those of the indexes included. */
  writeUnits: number;
  readUnits: number;
  /** Requests by method. */
  byMethod: Partial<Record<keyof Storage, number>>;
}

/**
 * Counts the requests and capacity units of another storage as DynamoDB bills them on demand: 1 write unit for each KB
 * of the larger of the item before and after, also when the condition did not hold; 1 for each index entry added or
 * removed, 2 for one whose key changed; 1 read unit for each 4 KB, half when eventually consistent.
 *
 * Units are computed, not reported by the table, since emulators do not count index writes. To know the item before a
 * write it reads it past the meter.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
export class MeteredStorage implements Storage {
  private current = noCounts();

  constructor(private readonly underlying: Storage) {}

  counts(): StorageCounts {
    return { ...this.current, byMethod: { ...this.current.byMethod } };
  }

  reset(): void {
    this.current = noCounts();
  }

  async get(key: ItemKey, options?: { consistent?: boolean }): Promise<Item | null> {
    this.count("get");
    const item = await this.underlying.get(key, options);
    this.read(item === null ? 0 : itemSize(item), options?.consistent);
    return item;
  }

  async put(item: Item, condition?: Condition): Promise<boolean> {
    this.count("put");
    const before = await this.underlying.get(item, { consistent: true });
    const done = await this.underlying.put(item, condition);
    this.write(before, done ? item : before);
    return done;
  }

  async update(key: ItemKey, condition: Condition, changes: Changes): Promise<Item | null> {
    this.count("update");
    const before = await this.underlying.get(key, { consistent: true });
    const after = await this.underlying.update(key, condition, changes);
    this.write(before, after ?? before);
    return after;
  }

  async delete(key: ItemKey, condition?: Condition): Promise<boolean> {
    this.count("delete");
    const before = await this.underlying.get(key, { consistent: true });
    const done = await this.underlying.delete(key, condition);
    this.write(before, done ? null : before);
    return done;
  }

  async batchGet(keys: ItemKey[], options?: { consistent?: boolean }): Promise<{ items: Item[]; unprocessed: ItemKey[] }> {
    this.count("batchGet");
    const result = await this.underlying.batchGet(keys, options);
    for (const item of result.items) {
      this.read(itemSize(item), options?.consistent);
    }
    return result;
  }

  async batchWrite(writes: BatchWrite[]): Promise<BatchWrite[]> {
    this.count("batchWrite");
    const before = await Promise.all(writes.map(write => this.underlying.get("put" in write ? write.put : write.delete, { consistent: true })));
    const rest = await this.underlying.batchWrite(writes);
    writes.forEach((write, index) => {
      if (!rest.includes(write)) {
        this.write(before[index] ?? null, "put" in write ? write.put : null);
      }
    });
    return rest;
  }

  async query(query: Query): Promise<QueryPage> {
    this.count("query");
    const page = await this.underlying.query(query);
    const read = query.countOnly ? (await this.underlying.query({ ...query, countOnly: false })).items : page.items;
    this.read(
      read.reduce((sum, item) => sum + itemSize(item), 0),
      query.consistent
    );
    return page;
  }

  private count(method: keyof Storage): void {
    this.current.requests += 1;
    this.current.byMethod[method] = (this.current.byMethod[method] ?? 0) + 1;
  }

  private read(bytes: number, consistent = false): void {
    this.current.readUnits += Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) * (consistent ? 1 : 0.5);
  }

  private write(before: Item | null, after: Item | null): void {
    const bytes = Math.max(before === null ? 0 : itemSize(before), after === null ? 0 : itemSize(after));
    this.current.writeUnits += Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));
    for (const name of Object.keys(INDEXES) as IndexName[]) {
      this.current.writeUnits += indexWrites(name, before, after);
    }
  }
}

function indexWrites(name: IndexName, before: Item | null, after: Item | null): number {
  const { partition, sort } = INDEXES[name];
  const keyOf = (item: Item | null) =>
    item?.[partition] === undefined || item[sort] === undefined ? null : JSON.stringify([item[partition], item[sort]]);
  const [old, now] = [keyOf(before), keyOf(after)];
  return old === now ? 0 : (old === null ? 0 : 1) + (now === null ? 0 : 1);
}

function noCounts(): StorageCounts {
  return { requests: 0, writeUnits: 0, readUnits: 0, byMethod: {} };
}
