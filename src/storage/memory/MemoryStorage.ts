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
import { INDEX_NAMES, INDEXES, type IndexKeys } from "../tableDescription.js";
import { SortedEntries } from "./SortedEntries.js";

/** Largest item, in bytes. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
const MAX_ITEM_BYTES = 400 * 1024;
/** A page of a query ends with the item that brings it over this, in bytes of its items. Same page. */
const MAX_PAGE_BYTES = 1024 * 1024;
/** What one BatchGetItem answers at most, in bytes; the rest is left unprocessed. Same page. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
const MAX_BATCH_GETS = 100;
const MAX_BATCH_WRITES = 25;

type Partitions<V> = Map<string, SortedEntries<V>>;
interface Place {
  sort: string | number;
  tie: string;
}

/**
 * A table in memory that behaves as the port says and as DynamoDB does, its refusals included: for tests, and for
 * measuring our own code. Indexes are always up to date. Nothing given or returned is shared with the caller.
 */
export class MemoryStorage implements Storage {
  private readonly items = new Map<string, Item>();
  private readonly partitions: Partitions<ItemKey> = new Map();
  private readonly indexes: Record<IndexName, Partitions<Item>> = {
    byStatus: new Map(),
    byDefinition: new Map(),
    byDue: new Map()
  };

  async get(key: ItemKey): Promise<Item | null> {
    const item = this.find(key);
    return item === null ? null : copy(item);
  }

  async put(item: Item, condition?: Condition): Promise<boolean> {
    const after = checkedItem("PutItem", copy(item));
    const before = this.find(item);
    if (condition !== undefined && !holds(condition, before)) {
      return false;
    }
    this.replace(before, after);
    return true;
  }

  async update(key: ItemKey, condition: Condition, changes: Changes): Promise<Item | null> {
    checkChanges(changes);
    const before = this.find(key);
    if (!holds(condition, before)) {
      return null;
    }
    const after = checkedItem("UpdateItem", changed(before ?? { PK: key.PK, SK: key.SK }, changes));
    this.replace(before, after);
    return copy(after);
  }

  async delete(key: ItemKey, condition?: Condition): Promise<boolean> {
    const before = this.find(key);
    if (condition !== undefined && !holds(condition, before)) {
      return false;
    }
    this.remove(before);
    return true;
  }

  async batchGet(keys: ItemKey[]): Promise<{ items: Item[]; unprocessed: ItemKey[] }> {
    checkBatch("BatchGetItem", keys, MAX_BATCH_GETS);
    const items: Item[] = [];
    const unprocessed: ItemKey[] = [];
    let bytes = 0;
    for (const key of keys) {
      const item = this.find(key);
      if (item === null) {
        continue;
      }
      bytes += itemSize(item);
      if (bytes > MAX_BATCH_BYTES) {
        unprocessed.push({ PK: key.PK, SK: key.SK });
      } else {
        items.push(copy(item));
      }
    }
    return { items, unprocessed };
  }

  async batchWrite(writes: BatchWrite[]): Promise<BatchWrite[]> {
    checkBatch(
      "BatchWriteItem",
      writes.map(write => ("put" in write ? write.put : write.delete)),
      MAX_BATCH_WRITES
    );
    // One item that is refused refuses all: nothing is written before all are checked.
    const checked = writes.map(write =>
      "put" in write ? { put: checkedItem("BatchWriteItem", copy(write.put)) } : write
    );
    for (const write of checked) {
      if ("put" in write) {
        this.replace(this.find(write.put), write.put);
      } else {
        this.remove(this.find(write.delete));
      }
    }
    return [];
  }

  async query(query: Query): Promise<QueryPage> {
    checkQuery(query);
    const { index, partition, limit = Infinity, countOnly = false } = query;
    const entries = index === undefined ? this.partitions.get(partition) : this.indexes[index].get(partition);
    const items: Item[] = [];
    let bytes = 0;
    let next: Position | undefined;
    for (const { value } of entries?.walk(walkOf(query)) ?? []) {
      // The table's partitions hold keys, those of an index hold what the index projects.
      const item = index === undefined ? (this.find(value) as Item) : (value as Item);
      items.push(item);
      bytes += itemSize(item);
      if (items.length === limit || bytes > MAX_PAGE_BYTES) {
        // Also behind the last one: like DynamoDB, it does not look whether more follow.
        next = positionOf(item, index);
        break;
      }
    }
    return { items: countOnly ? [] : items.map(copy), count: items.length, ...(next === undefined ? {} : { next }) };
  }

  private find(key: ItemKey): Item | null {
    return this.items.get(nameOf(key)) ?? null;
  }

  private replace(before: Item | null, after: Item): void {
    this.items.set(nameOf(after), after);
    if (before === null) {
      entriesOf(this.partitions, after.PK).set({ ...placeInPartition(after), value: { PK: after.PK, SK: after.SK } });
    }
    for (const name of INDEX_NAMES) {
      this.reindex(name, before, after);
    }
  }

  private remove(item: Item | null): void {
    if (item === null) {
      return;
    }
    this.items.delete(nameOf(item));
    drop(this.partitions, item.PK, placeInPartition(item));
    for (const name of INDEX_NAMES) {
      this.reindex(name, item, null);
    }
  }

  private reindex(name: IndexName, before: Item | null, after: Item | null): void {
    const { partition, sort } = INDEXES[name];
    if (before?.[partition] === after?.[partition] && before?.[sort] === after?.[sort]) {
      return;
    }
    if (isInIndex(name, before)) {
      drop(this.indexes[name], before[partition] as string, placeInIndex(before, name));
    }
    if (isInIndex(name, after)) {
      const value = positionOf(after, name) as Item;
      entriesOf(this.indexes[name], after[partition] as string).set({ ...placeInIndex(after, name), value });
    }
  }
}

/** An item is in an index only while it has both key attributes. */
function isInIndex(name: IndexName, item: Item | null): item is Item {
  return item?.[INDEXES[name].partition] !== undefined && item[INDEXES[name].sort] !== undefined;
}

function placeInPartition(key: { SK?: unknown }): Place {
  return { sort: utf8Order(key.SK as string), tie: "" };
}

/** Equal sort keys of an index are ordered by `PK`. */
function placeInIndex(item: Position | Item, name: IndexName): Place {
  const sort = item[INDEXES[name].sort] as string | number;
  return { sort: orderOf(sort), tie: utf8Order(nameOf(item as ItemKey)) };
}

function walkOf({ index, from, to, order, after }: Query) {
  return {
    from: from === undefined ? undefined : orderOf(from),
    to: to === undefined ? undefined : orderOf(to),
    after: after === undefined ? undefined : index === undefined ? placeInPartition(after) : placeInIndex(after, index),
    descending: order === "desc"
  };
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

const orderOf = (sort: string | number) => (typeof sort === "string" ? utf8Order(sort) : sort);

/**
 * DynamoDB orders text by its UTF-8 bytes, JavaScript by UTF-16 units. They differ where a surrogate meets a unit above
 * the surrogates: swapping those two ranges makes the units compare as the bytes do.
 */
function utf8Order(text: string): string {
  if (!/[\ud800-\uffff]/.test(text)) {
    return text;
  }
  return Array.from({ length: text.length }, (_, at) => {
    const unit = text.charCodeAt(at);
    return String.fromCharCode(unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);
  }).join("");
}

function changed(item: Item, { set, setIfMissing, remove = [], add }: Changes): Item {
  const after = {} as Item;
  for (const name in item) {
    if (!remove.includes(name)) {
      after[name] = item[name];
    }
  }
  for (const name in setIfMissing) {
    const value = setIfMissing[name];
    if (value !== undefined && after[name] === undefined) {
      after[name] = copyValue(value);
    }
  }
  for (const name in set) {
    const value = set[name];
    if (value !== undefined) {
      after[name] = copyValue(value);
    }
  }
  for (const name in add) {
    const before = after[name] ?? 0;
    if (typeof before !== "number") {
      throw refusal(
        "UpdateItem",
        `An operand in the update expression has an incorrect data type: "${name}" is no number to add to.`
      );
    }
    after[name] = copyValue(before + (add[name] as number));
  }
  return after;
}

/** An attribute stands in one of the four, and never is part of the key. */
function checkChanges({ set, setIfMissing, remove = [], add }: Changes): void {
  const names = ["PK", "SK", ...remove];
  for (const values of [set, setIfMissing, add]) {
    for (const name in values) {
      if (values[name] !== undefined) {
        names.push(name);
      }
    }
  }
  if (new Set(names).size !== names.length) {
    const name = names.find((candidate, at) => names.indexOf(candidate) !== at);
    throw refusal("UpdateItem", `Two document paths overlap with each other, or one is part of the key: "${name}".`);
  }
}

function checkedItem(operation: string, item: Item): Item {
  checkKeyValue(operation, "PK", "S", item.PK);
  checkKeyValue(operation, "SK", "S", item.SK);
  for (const name of INDEX_NAMES) {
    const { partition, sort, sortType } = INDEXES[name];
    if (item[partition] !== undefined) {
      checkKeyValue(operation, partition, "S", item[partition]);
    }
    if (item[sort] !== undefined) {
      checkKeyValue(operation, sort, sortType, item[sort]);
    }
  }
  // To count the bytes of every item would be most of what a write costs here.
  const bytes = sizeBound(item) > MAX_ITEM_BYTES ? itemSize(item) : 0;
  if (bytes > MAX_ITEM_BYTES) {
    throw refusal(operation, `Item size has exceeded the maximum allowed size: ${bytes} bytes of ${MAX_ITEM_BYTES}.`);
  }
  return item;
}

/** A size, in bytes, that an attribute surely does not exceed. */
function sizeBound(value: Attribute | undefined): number {
  if (typeof value === "string") {
    return 3 * value.length;
  }
  if (typeof value !== "object" || value === null) {
    return 22;
  }
  if (value instanceof Uint8Array) {
    return value.byteLength;
  }
  let size = 3;
  if (Array.isArray(value)) {
    for (const element of value) {
      size += 1 + sizeBound(element);
    }
    return size;
  }
  for (const name in value) {
    size += 1 + 3 * name.length + sizeBound(value[name]);
  }
  return size;
}

function checkKeyValue(operation: string, name: string, type: IndexKeys["sortType"], value: unknown): void {
  if (typeof value !== (type === "S" ? "string" : "number") || value === "") {
    throw refusal(
      operation,
      `The key attribute "${name}" is a ${type === "S" ? "text that is not empty" : "number"}; got ${JSON.stringify(value)}.`
    );
  }
}

function checkQuery({ index, partition, from, to, limit = 1, after, consistent }: Query): void {
  const { partition: partitionName, sort, sortType } = keysOf(index);
  checkKeyValue("Query", partitionName, "S", partition);
  for (const bound of [from, to, after?.[sort]]) {
    if (bound !== undefined) {
      checkKeyValue("Query", sort, sortType, bound);
    }
  }
  if (index !== undefined && consistent) {
    throw refusal("Query", "Consistent reads are not supported on global secondary indexes.");
  }
  if (!Number.isInteger(limit) || limit < 1) {
    throw refusal("Query", `The limit is a whole number above 0; got ${limit}.`);
  }
  if (after === undefined) {
    return;
  }
  const expected = new Set(["PK", "SK", partitionName, sort]);
  const position = orderOf(after[sort] ?? "");
  if (
    Object.keys(after).length !== expected.size ||
    !Object.keys(after).every(name => expected.has(name)) ||
    after[partitionName] !== partition ||
    (from !== undefined && position < orderOf(from)) ||
    (to !== undefined && position > orderOf(to))
  ) {
    throw refusal(
      "Query",
      "The provided starting key is not one of this query: it has other attributes, or is outside its partition or range."
    );
  }
}

const keysOf = (index: IndexName | undefined) =>
  index === undefined ? ({ partition: "PK", sort: "SK", sortType: "S" } as const) : INDEXES[index];

function checkBatch(operation: string, keys: ItemKey[], most: number): void {
  const different = new Set(keys.map(nameOf)).size;
  if (keys.length === 0 || keys.length > most || different !== keys.length) {
    throw refusal(
      operation,
      `A batch is of 1 to ${most} items with different keys; got ${keys.length}, ${different} of them different.`
    );
  }
}

/** What DynamoDB calls a ValidationException: the request is wrong, and sending it again cannot help. */
function refusal(operation: string, message: string): TasksError {
  return new TasksError("STORAGE_ERROR", `${operation} was refused: ${message}`, {
    name: "ValidationException",
    operation
  });
}

function entriesOf<V>(partitions: Partitions<V>, partition: string): SortedEntries<V> {
  let entries = partitions.get(partition);
  if (entries === undefined) {
    entries = new SortedEntries<V>();
    partitions.set(partition, entries);
  }
  return entries;
}

function drop<V>(partitions: Partitions<V>, partition: string, place: Place): void {
  const entries = partitions.get(partition);
  entries?.delete(place);
  if (entries?.size === 0) {
    partitions.delete(partition);
  }
}

const nameOf = (key: ItemKey) => `${key.PK}\n${key.SK}`;

function copy<T extends { [name: string]: Attribute | undefined }>(item: T): T {
  const result: { [name: string]: Attribute } = {};
  for (const name in item) {
    const value = item[name];
    if (value !== undefined) {
      result[name] = copyValue(value);
    }
  }
  return result as T;
}

function copyValue(value: Attribute): Attribute {
  if (typeof value === "number") {
    return storedNumber(value);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  if (value instanceof Uint8Array) {
    return new Uint8Array(value);
  }
  return Array.isArray(value) ? value.map(copyValue) : copy(value);
}

const { MAX_SAFE_INTEGER } = Number;

function storedNumber(value: number): number {
  if (!(value >= -MAX_SAFE_INTEGER && value <= MAX_SAFE_INTEGER)) {
    throw new TasksError(
      "STORAGE_ERROR",
      `${value} cannot be stored: numbers are finite, and at most ${MAX_SAFE_INTEGER}.`,
      {
        name: "ValidationException"
      }
    );
  }
  // DynamoDB has no -0.
  return value + 0;
}
