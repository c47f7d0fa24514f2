import type { Condition } from "./conditions.js";

/** What an attribute may hold. Numbers are safe integers; anything a user gave is stored as JSON text or bytes. */
export type Attribute =
  string | number | boolean | null | Uint8Array | Attribute[] | { [name: string]: Attribute | undefined };

export interface ItemKey {
  PK: string;
  SK: string;
}

export interface Item extends ItemKey {
  [attribute: string]: Attribute | undefined;
}

/** The changes of one update. An attribute stands in at most one of the four. `undefined` values are left out. */
export interface Changes {
  set?: { [attribute: string]: Attribute | undefined };
  /** Set only where the attribute is not there yet. */
  setIfMissing?: { [attribute: string]: Attribute | undefined };
  remove?: readonly string[];
  /** Added to the number that is there, or to 0. */
  add?: { [attribute: string]: number };
}

/** Indexes of the table, KEYS_ONLY. Reads of them are eventually consistent. */
export type IndexName = "byStatus" | "byDefinition" | "byDue";

/** Where a query stopped, to go on behind it: the key attributes of the last item it looked at. */
export interface Position {
  [attribute: string]: string | number;
}

export interface Query {
  /** Without an index: the items of one partition, ordered by `SK`. */
  index?: IndexName;
  /** Value of the partition key (`PK`, `listPK`, `defPK` or `duePK`). */
  partition: string;
  /** Range of the sort key (`SK`, `sort` or `due`), both ends included. */
  from?: string | number;
  to?: string | number;
  /** `desc`: largest sort key first. Default `asc`. */
  order?: "asc" | "desc";
  /** Items at most; a page may be shorter, also when more follow. */
  limit?: number;
  after?: Position;
  /** Strongly consistent; only without an index. */
  consistent?: boolean;
  /** Count only: `items` is empty. */
  countOnly?: boolean;
}

export interface QueryPage {
  items: Item[];
  count: number;
  /** Set when more may follow. */
  next?: Position;
}

/**
 * Where tasks are kept. **Each method but `pause` is exactly one request**, so what a use case costs can be read off its code, and a
 * fault can be put between any two. Rules live above this port; an adapter only translates.
 *
 * Every method may reject with a `TasksError`: `STORAGE_TABLE_MISSING`, `STORAGE_INDEX_MISSING`,
 * `STORAGE_UNAVAILABLE` when it may succeed later, or `STORAGE_ERROR` when it would be refused again; each after the
 * adapter's own retries.
 */
export interface Storage {
  get(key: ItemKey, options?: { consistent?: boolean }): Promise<Item | null>;
  /** @returns false when the condition did not hold: nothing was written */
  put(item: Item, condition?: Condition): Promise<boolean>;
  /** @returns the whole item as it is now, or null when the condition did not hold: nothing was written */
  update(key: ItemKey, condition: Condition, changes: Changes): Promise<Item | null>;
  /** @returns false when the condition did not hold */
  delete(key: ItemKey, condition?: Condition): Promise<boolean>;
  /** Up to 100 keys. Items that are not there are left out; `unprocessed` keys have to be asked for again. */
  batchGet(keys: ItemKey[], options?: { consistent?: boolean }): Promise<{ items: Item[]; unprocessed: ItemKey[] }>;
  /** Up to 25 puts and deletes, unconditional. @returns what has to be sent again */
  batchWrite(writes: BatchWrite[]): Promise<BatchWrite[]>;
  query(query: Query): Promise<QueryPage>;
  /** Waits before what was left `unprocessed` is sent again. Default: real time; a storage in virtual time has its own. */
  pause?(milliseconds: number): Promise<void>;
}

/** The port's methods that are requests. */
export type StorageMethod = Exclude<keyof Storage, "pause">;

export type BatchWrite = { put: Item } | { delete: ItemKey };
