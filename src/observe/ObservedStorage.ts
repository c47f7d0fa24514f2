import type { Condition } from "../storage/conditions.js";
import { itemSize } from "../storage/itemSize.js";
import { isSlice } from "../storage/payloads.js";
import { RECORD_KEY, type TaskRecord } from "../storage/record.js";
import type { BatchWrite, Changes, Item, ItemKey, Query, QueryPage, Storage } from "../storage/Storage.js";
import { readUnits, unitsOfNew, unitsOfUpdate, writeUnits, writeUnitsOf } from "../storage/units.js";
import type { Meter } from "./Meter.js";
import type { RecordWrite } from "./recordWrite.js";
import { attributesOf, sum, type Counts } from "./usage.js";

/**
 * The storage of one engine, which tells of every write of a task's record that holds, and adds to it what the task has
 * used since the one before. It makes no request of its own.
 *
 * Units are computed from the sizes of the items, as DynamoDB bills them. It could say them itself, but only afterwards,
 * and those of a task's last write have to go with that write.
 */
export class ObservedStorage implements Storage {
  /** The record as it was last seen here. */
  private known: { record: TaskRecord; bytes: number } | null = null;

  constructor(
    private readonly underlying: Storage,
    private readonly meter: Meter,
    private readonly onWritten: (write: RecordWrite) => void
  ) {}

  async get(key: ItemKey, options?: { consistent?: boolean }): Promise<Item | null> {
    const item = await this.underlying.get(key, options);
    const bytes = item === null || !this.meter.isPaid ? 0 : itemSize(item);
    this.read(bytes, options?.consistent);
    if (key.SK === RECORD_KEY) {
      this.known = item === null ? null : { record: item as TaskRecord, bytes };
    }
    return item;
  }

  async put(item: Item, condition?: Condition): Promise<boolean> {
    const done = await this.underlying.put(item, condition);
    this.wroteBeside({ put: item });
    return done;
  }

  async update(key: ItemKey, condition: Condition, changes: Changes): Promise<Item | null> {
    if (key.SK !== RECORD_KEY) {
      const item = await this.underlying.update(key, condition, changes);
      this.meter.add({ writeUnits: writeUnits(null, item) });
      return item;
    }
    const known = this.known?.record.PK === key.PK ? this.known : null;
    const before = known?.record ?? null;
    if (!this.meter.pays(key)) {
      return this.told(before, changes, await this.underlying.update(key, condition, changes));
    }
    const owed = this.meter.take(before);
    const counts = sum(owed, this.meter.saidBy(before, changes));
    const write = withCounts(changes, counts);
    const units = known === null ? assumedUnits(changes) : unitsOfUpdate(known.record, known.bytes, write);
    const carried = withCounts(changes, sum(counts, { writeUnits: units }));
    const after = this.told(before, changes, await this.underlying.update(key, condition, carried));
    if (after === null) {
      // Its size is not known; a refused write costs as much as one that holds.
      this.meter.add(sum(owed, { writeUnits: 1 }));
      return null;
    }
    const bytes = itemSize(after);
    this.known = { record: after, bytes };
    if (known === null) {
      this.meter.add({ writeUnits: writeUnitsOf(bytes) - 1 });
      this.meter.addWait(after);
    }
    return after;
  }

  private told(before: TaskRecord | null, changes: Changes, item: Item | null): TaskRecord | null {
    const after = item as TaskRecord | null;
    if (after !== null) {
      this.onWritten({ before, changes, after });
    }
    return after;
  }

  async delete(key: ItemKey, condition?: Condition): Promise<boolean> {
    const done = await this.underlying.delete(key, condition);
    this.wroteBeside({ delete: key });
    return done;
  }

  async batchGet(
    keys: ItemKey[],
    options?: { consistent?: boolean }
  ): Promise<{ items: Item[]; unprocessed: ItemKey[] }> {
    const answer = await this.underlying.batchGet(keys, options);
    for (const item of answer.items) {
      this.read(itemSize(item), options?.consistent);
    }
    return answer;
  }

  async batchWrite(writes: BatchWrite[]): Promise<BatchWrite[]> {
    const rest = await this.underlying.batchWrite(writes);
    const undone = new Set(rest.map(nameOf));
    for (const write of writes.filter(one => !undone.has(nameOf(one)))) {
      this.wroteBeside(write);
    }
    return rest;
  }

  async query(query: Query): Promise<QueryPage> {
    const page = await this.underlying.query(query);
    this.read(
      page.items.reduce((bytes, item) => bytes + itemSize(item), 0),
      query.consistent
    );
    return page;
  }

  private read(bytes: number, consistent = false): void {
    this.meter.add({ halfReadUnits: 2 * readUnits(bytes, consistent) });
  }

  /** Something beside the record that is being run. */
  private wroteBeside(write: BatchWrite): void {
    const { PK, SK } = "put" in write ? write.put : write.delete;
    const isOfNewTask = SK === RECORD_KEY || (isSlice(SK) && !this.meter.pays({ PK }));
    if (!isOfNewTask) {
      this.meter.add({ writeUnits: "put" in write ? unitsOfNew(write.put) : isSlice(SK) ? 0 : 1 });
    }
  }
}

function withCounts(changes: Changes, counts: Counts): Changes {
  return { ...changes, add: { ...changes.add, ...attributesOf(counts) } };
}

/** Of a record that was not read before: a small one, whose index keys change where they are set. */
function assumedUnits({ set = {} }: Changes): number {
  return 1 + ["listPK", "defPK", "due"].filter(name => set[name] !== undefined).length * 2;
}

const keyText = ({ PK, SK }: ItemKey) => `${PK}\n${SK}`;
const nameOf = (write: BatchWrite) => keyText("put" in write ? write.put : write.delete);
