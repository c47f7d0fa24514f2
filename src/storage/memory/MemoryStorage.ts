import { TasksError } from "../../errors.js";
import { holds, type Condition } from "../conditions.js";
import { itemSize } from "../itemSize.js";
import type {
  Attribute,
  BatchWrite,
  Changes,
  IndexName,
  Item,
  ItemKey,
  Position,
  Query,
  QueryPage,
  Storage
} from "../Storage.js";
import { INDEXES } from "../tableDescription.js";
import { SortedEntries } from "./SortedEntries.js";

/** Largest item, in bytes. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
const MAX_ITEM_BYTES = 400 * 1024;

type Partitions<V> = Map<string, SortedEntries<V>>;

/** A table in memory that behaves as the port says and as DynamoDB does: for tests, and for measuring our own code. */
export class MemoryStorage implements Storage {
  private readonly items: Partitions<Item> = new Map();
  private readonly byKey = new Map<string, Item>();
  private readonly indexes: Record<IndexName, Partitions<Position>> = {
    byStatus: new Map(),
    byDefinition: new Map(),
    byDue: new Map()
  };

  async get(key: ItemKey): Promise<Item | null> {
    const item = this.find(key);
    return item === null ? null : copy(item);
  }

  async put(item: Item, condition?: Condition): Promise<boolean> {
    const before = this.find(item);
    if (condition !== undefined && !holds(condition, before)) {
      return false;
    }
    this.replace(before, copy(item));
    return true;
  }

  async update(key: ItemKey, condition: Condition, changes: Changes): Promise<Item | null> {
    const before = this.find(key);
    if (!holds(condition, before)) {
      return null;
    }
    const after = changed(before ?? { PK: key.PK, SK: key.SK }, changes);
    this.replace(before, after);
    return copy(after);
  }

  async delete(key: ItemKey, condition?: Condition): Promise<boolean> {
    const before = this.find(key);
    if (condition !== undefined && !holds(condition, before)) {
      return false;
    }
    if (before !== null) {
      this.remove(before);
    }
    return true;
  }

  async batchGet(keys: ItemKey[]): Promise<{ items: Item[]; unprocessed: ItemKey[] }> {
    checkBatch("BatchGetItem", keys, 100);
    return { items: keys.flatMap(key => this.find(key) ?? []).map(copy), unprocessed: [] };
  }

  async batchWrite(writes: BatchWrite[]): Promise<BatchWrite[]> {
    checkBatch(
      "BatchWriteItem",
      writes.map(write => ("put" in write ? write.put : write.delete)),
      25
    );
    for (const write of writes) {
      await ("put" in write ? this.put(write.put) : this.delete(write.delete));
    }
    return [];
  }

  async query(query: Query): Promise<QueryPage> {
    const { index, partition, order = "asc", limit = Infinity, after, countOnly = false } = query;
    const entries: SortedEntries<Item | Position> | undefined =
      index === undefined ? this.items.get(partition) : this.indexes[index].get(partition);
    const sortName = index === undefined ? "SK" : INDEXES[index].sort;
    const start = after === undefined ? undefined : { sort: after[sortName] as string | number, tie: tieOf(after as unknown as ItemKey) };
    const items: Item[] = [];
    let next: Position | undefined;
    for (const { value } of entries?.walk({ from: query.from, to: query.to, after: start, descending: order === "desc" }) ?? []) {
      if (items.length === limit) {
        next = positionOf(items[items.length - 1] as Item, index);
        break;
      }
      items.push(value as Item);
    }
    return { items: countOnly ? [] : items.map(copy), count: items.length, next };
  }

  private find(key: ItemKey): Item | null {
    return this.byKey.get(nameOf(key)) ?? null;
  }

  private replace(before: Item | null, after: Item): void {
    const size = itemSize(after);
    if (size > MAX_ITEM_BYTES) {
      throw new TasksError("STORAGE_ERROR", `Item size has exceeded the maximum allowed size: ${size} bytes of ${MAX_ITEM_BYTES}.`, {
        name: "ValidationException"
      });
    }
    this.byKey.set(nameOf(after), after);
    entriesOf(this.items, after.PK).set({ sort: after.SK, tie: "", value: after });
    for (const name of Object.keys(INDEXES) as IndexName[]) {
      this.reindex(name, before, after);
    }
  }

  private remove(item: Item): void {
    this.byKey.delete(nameOf(item));
    drop(this.items, item.PK, { sort: item.SK, tie: "" });
    for (const name of Object.keys(INDEXES) as IndexName[]) {
      this.reindex(name, item, null);
    }
  }

  private reindex(name: IndexName, before: Item | null, after: Item | null): void {
    const old = indexEntry(name, before);
    const now = indexEntry(name, after);
    if (old?.partition === now?.partition && old?.sort === now?.sort) {
      return;
    }
    if (old !== null) {
      drop(this.indexes[name], old.partition, old);
    }
    if (now !== null) {
      entriesOf(this.indexes[name], now.partition).set({ sort: now.sort, tie: now.tie, value: positionOf(after as Item, name) });
    }
  }
}

function indexEntry(name: IndexName, item: Item | null): { partition: string; sort: string | number; tie: string } | null {
  const { partition, sort } = INDEXES[name];
  const [partitionValue, sortValue] = [item?.[partition], item?.[sort]];
  if (item === null || typeof partitionValue !== "string" || (typeof sortValue !== "string" && typeof sortValue !== "number")) {
    return null;
  }
  return { partition: partitionValue, sort: sortValue, tie: tieOf(item) };
}

function positionOf(item: Item, index: IndexName | undefined): Position {
  const position: Position = { PK: item.PK, SK: item.SK };
  if (index !== undefined) {
    const { partition, sort } = INDEXES[index];
    position[partition] = item[partition] as string;
    position[sort] = item[sort] as string | number;
  }
  return position;
}

function changed(item: Item, { set = {}, setIfMissing = {}, remove = [], add = {} }: Changes): Item {
  const after: Item = { ...item };
  for (const name of remove) {
    delete after[name];
  }
  for (const [name, value] of Object.entries(setIfMissing)) {
    if (value !== undefined && after[name] === undefined) {
      after[name] = copyValue(value);
    }
  }
  for (const [name, value] of Object.entries(set)) {
    if (value !== undefined) {
      after[name] = copyValue(value);
    }
  }
  for (const [name, value] of Object.entries(add)) {
    after[name] = ((after[name] as number | undefined) ?? 0) + value;
  }
  return after;
}

function entriesOf<V>(partitions: Partitions<V>, partition: string): SortedEntries<V> {
  let entries = partitions.get(partition);
  if (entries === undefined) {
    entries = new SortedEntries<V>();
    partitions.set(partition, entries);
  }
  return entries;
}

function drop<V>(partitions: Partitions<V>, partition: string, entry: { sort: string | number; tie: string }): void {
  const entries = partitions.get(partition);
  entries?.delete(entry);
  if (entries?.size === 0) {
    partitions.delete(partition);
  }
}

function checkBatch(operation: string, keys: ItemKey[], most: number): void {
  const unique = new Set(keys.map(nameOf)).size;
  if (keys.length === 0 || keys.length > most || unique !== keys.length) {
    throw new TasksError("STORAGE_ERROR", `${operation} takes 1 to ${most} items with different keys, got ${keys.length} (${unique} different).`, {
      name: "ValidationException"
    });
  }
}

/** Order of equal sort keys in an index. */
const tieOf = (key: ItemKey) => `${key.PK}\n${key.SK}`;
const nameOf = (key: ItemKey) => `${key.PK}\n${key.SK}`;

function copy(item: Item): Item {
  const result = {} as Item;
  for (const [name, value] of Object.entries(item)) {
    if (value !== undefined) {
      result[name] = copyValue(value);
    }
  }
  return result;
}

function copyValue(value: Attribute): Attribute {
  if (typeof value !== "object" || value === null) {
    return value;
  }
  if (value instanceof Uint8Array) {
    return Uint8Array.from(value);
  }
  if (Array.isArray(value)) {
    return value.map(copyValue);
  }
  return copy(value as Item);
}
