import type { Condition } from "./conditions.js";
import { itemSize } from "./itemSize.js";
import { pauseIn } from "./batches.js";
import type { BatchWrite, Changes, Item, ItemKey, Query, QueryPage, Storage, StorageMethod } from "./Storage.js";
import { readUnits, writeUnits } from "./units.js";

/** Requests and the capacity units they are billed with. */
export interface StorageUsage {
  requests: number;
  /** Those of the indexes included. */
  writeUnits: number;
  readUnits: number;
}

/** In total, and of each method that was called. */
export interface StorageCounts extends StorageUsage {
  byMethod: Partial<Record<StorageMethod, StorageUsage>>;
}

/**
 * Counts the requests and capacity units of another storage as DynamoDB bills them on demand.
 *
 * - A write: 1 unit for each KB of the larger of the item before and after; the same when its condition did not hold; at
 *   least 1, also for an item that is not there. 1 more for each KB of an index entry that appears or disappears, so 2
 *   for one whose key changed and none for one that did not.
 * - A read: 1 unit for each 4 KB, half of that when eventually consistent; `batchGet` item by item; a query by the sum
 *   of its items, of an index by the sum of its keys. At least the smallest unit, also when nothing was found.
 *
 * Units are computed, not reported by the table, since dynalite does not count index writes. To know the item before a
 * write, and the items that a query only counted, it reads the other storage past the meter; a write of somebody else
 * in between can make it count the wrong size.
 * @example
 * const storage = new MeteredStorage(new MemoryStorage());
 * await storage.put(item);
 * storage.counts(); // { requests: 1, writeUnits: 4, readUnits: 0, byMethod: { put: { requests: 1, … } } }
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
export class MeteredStorage implements Storage {
  private byMethod: StorageCounts["byMethod"] = {};

  constructor(private readonly underlying: Storage) {}

  /** What was counted since the start or the last `reset`. A snapshot. */
  counts(): StorageCounts {
    const total: StorageCounts = { requests: 0, writeUnits: 0, readUnits: 0, byMethod: {} };
    for (const [method, usage] of Object.entries(this.byMethod)) {
      total.requests += usage.requests;
      total.writeUnits += usage.writeUnits;
      total.readUnits += usage.readUnits;
      total.byMethod[method as StorageMethod] = { ...usage };
    }
    return total;
  }

  reset(): void {
    this.byMethod = {};
  }

  async get(key: ItemKey, options?: { consistent?: boolean }): Promise<Item | null> {
    const usage = this.request("get");
    const item = await this.underlying.get(key, options);
    usage.readUnits += readUnits(item === null ? 0 : itemSize(item), options?.consistent);
    return item;
  }

  async put(item: Item, condition?: Condition): Promise<boolean> {
    const usage = this.request("put");
    const before = await this.now(item);
    const done = await this.underlying.put(item, condition);
    usage.writeUnits += writeUnits(before, done ? item : before);
    return done;
  }

  async update(key: ItemKey, condition: Condition, changes: Changes): Promise<Item | null> {
    const usage = this.request("update");
    const before = await this.now(key);
    const after = await this.underlying.update(key, condition, changes);
    usage.writeUnits += writeUnits(before, after ?? before);
    return after;
  }

  async delete(key: ItemKey, condition?: Condition): Promise<boolean> {
    const usage = this.request("delete");
    const before = await this.now(key);
    const done = await this.underlying.delete(key, condition);
    usage.writeUnits += writeUnits(before, done ? null : before);
    return done;
  }

  async batchGet(
    keys: ItemKey[],
    options?: { consistent?: boolean }
  ): Promise<{ items: Item[]; unprocessed: ItemKey[] }> {
    const usage = this.request("batchGet");
    const answer = await this.underlying.batchGet(keys, options);
    const notThere = keys.length - answer.items.length - answer.unprocessed.length;
    for (const bytes of [...answer.items.map(itemSize), ...Array<number>(notThere).fill(0)]) {
      usage.readUnits += readUnits(bytes, options?.consistent);
    }
    return answer;
  }

  async batchWrite(writes: BatchWrite[]): Promise<BatchWrite[]> {
    const usage = this.request("batchWrite");
    const before = await Promise.all(writes.map(write => this.now(keyOfWrite(write))));
    const rest = await this.underlying.batchWrite(writes);
    const undone = new Set(rest.map(write => nameOf(keyOfWrite(write))));
    writes.forEach((write, index) => {
      if (!undone.has(nameOf(keyOfWrite(write)))) {
        usage.writeUnits += writeUnits(before[index] ?? null, "put" in write ? write.put : null);
      }
    });
    return rest;
  }

  async query(query: Query): Promise<QueryPage> {
    const usage = this.request("query");
    const page = await this.underlying.query(query);
    const { items } = query.countOnly ? await this.underlying.query({ ...query, countOnly: false }) : page;
    usage.readUnits += readUnits(
      items.reduce((sum, item) => sum + itemSize(item), 0),
      query.consistent
    );
    return page;
  }

  /** No request: it is not counted. */
  pause(milliseconds: number): Promise<void> {
    return pauseIn(this.underlying, milliseconds);
  }

  private request(method: StorageMethod): StorageUsage {
    const usage = (this.byMethod[method] ??= { requests: 0, writeUnits: 0, readUnits: 0 });
    usage.requests += 1;
    return usage;
  }

  /** Past the meter. */
  private now(key: ItemKey): Promise<Item | null> {
    return this.underlying.get(key, { consistent: true });
  }
}

const keyOfWrite = (write: BatchWrite): ItemKey => ("put" in write ? write.put : write.delete);
const nameOf = (key: ItemKey) => `${key.PK}\n${key.SK}`;
