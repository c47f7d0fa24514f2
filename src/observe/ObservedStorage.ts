import type { Condition } from "../storage/conditions.js";
import { itemSize } from "../storage/itemSize.js";
import { isSlice } from "../storage/payloads.js";
import { RECORD_KEY, type TaskRecord } from "../storage/record.js";
import type { BatchWrite, Changes, Item, ItemKey, Query, QueryPage, Storage } from "../storage/Storage.js";
import { readUnits, unitsOfNew, writeUnits } from "../storage/units.js";
import type { Meter } from "./Meter.js";
import type { RecordWrite } from "./recordWrite.js";
import { attributesOf, noCounts, sum, type Counts } from "./usage.js";

/**
 * The storage of one engine, which tells of every write of a task's record that holds, and adds to it what the task has
 * used since the one before. It makes no request of its own.
 *
 * Units are computed from the sizes of the items, as DynamoDB bills them. It could say them itself, but only afterwards,
 * and those of a task's last write have to go with that write.
 */
export class ObservedStorage implements Storage {
  /** The record as it was last seen here. */
  private known: TaskRecord | null = null;

  constructor(
    private readonly underlying: Storage,
    private readonly meter: Meter,
    private readonly onWritten: (write: RecordWrite) => void
  ) {}

  async get(key: ItemKey, options?: { consistent?: boolean }): Promise<Item | null> {
    const item = await this.underlying.get(key, options);
    this.read(item === null ? 0 : itemSize(item), options?.consistent);
    if (key.SK === RECORD_KEY) {
      this.known = item as TaskRecord | null;
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
    const before = this.known?.PK === key.PK ? this.known : null;
    const isPaid = this.meter.pays(key);
    const owed = isPaid ? this.meter.take(before) : noCounts();
    const carried = isPaid ? this.carrying(before, changes, owed) : changes;
    const after = (await this.underlying.update(key, condition, carried)) as TaskRecord | null;
    if (after === null) {
      // Its size is not known; a refused write costs as much as one that holds.
      this.meter.add(sum(owed, { writeUnits: 1 }));
      return null;
    }
    this.known = after;
    if (isPaid && before === null) {
      this.meter.add({ writeUnits: writeUnits(after, after) - 1 });
      this.meter.addWait(after);
    }
    this.onWritten({ before, changes, after });
    return after;
  }

  /** The write, with what is owed and what it costs itself. */
  private carrying(before: TaskRecord | null, changes: Changes, owed: Counts): Changes {
    const counts = sum(owed, this.meter.saidBy(before, changes));
    const units =
      before === null ? assumedUnits(changes) : writeUnits(before, changed(before, withCounts(changes, counts)));
    return withCounts(changes, sum(counts, { writeUnits: units }));
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

/** The record as the changes leave it, to know its size. */
function changed(record: TaskRecord, { set = {}, setIfMissing, remove = [], add }: Changes): Item {
  const kept = Object.entries(record).filter(([name]) => !remove.includes(name));
  const given = Object.entries(set).filter(([, value]) => value !== undefined);
  const after: Item = { ...setIfMissing, ...(Object.fromEntries([...kept, ...given]) as Item) };
  for (const [name, more] of Object.entries(add ?? {})) {
    after[name] = ((after[name] as number | undefined) ?? 0) + more;
  }
  return after;
}

/** Of a record that was not read before: a small one, whose index keys change where they are set. */
function assumedUnits({ set = {} }: Changes): number {
  return 1 + ["listPK", "defPK", "due"].filter(name => set[name] !== undefined).length * 2;
}

const keyText = ({ PK, SK }: ItemKey) => `${PK}\n${SK}`;
const nameOf = (write: BatchWrite) => keyText("put" in write ? write.put : write.delete);
