import { WRITE_UNIT_BYTES } from "../constants.js";
import { itemSize } from "./itemSize.js";
import { isSlice } from "./payloads.js";
import type { Attribute, Changes, IndexName, Item } from "./Storage.js";
import { INDEX_NAMES, INDEXES } from "./tableDescription.js";

const READ_UNIT_BYTES = 4 * WRITE_UNIT_BYTES;

/** 1 for each 4 KB, at least 1; half of that when eventually consistent. */
export function readUnits(bytes: number, consistent = false): number {
  return units(bytes, READ_UNIT_BYTES) * (consistent ? 1 : 0.5);
}

/** Of a write that changes no index: 1 for each KB, at least 1. */
export function writeUnitsOf(bytes: number): number {
  return units(bytes, WRITE_UNIT_BYTES);
}

/**
 * 1 for each KB of the larger of the item before and after, at least 1, also when the condition did not hold; and 1 more
 * for each KB of an index entry that appears or disappears, so 2 for one whose key changed and none for one that did not.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
export function writeUnits(before: Item | null, after: Item | null): number {
  const table = writeUnitsOf(Math.max(itemSize(before ?? {}), itemSize(after ?? {})));
  return INDEX_NAMES.reduce((sum, name) => sum + indexUnits(name, before, after), table);
}

/** Of an update: what {@link writeUnits} says of the item before and after, without making the one after. */
export function unitsOfUpdate(before: Item, bytesBefore: number, changes: Changes): number {
  const { set = {}, setIfMissing = {}, remove = [], add = {} } = changes;
  let bytes = bytesBefore;
  const becomes = (name: string, value: Attribute | undefined) => {
    bytes += itemSize({ [name]: value }) - itemSize({ [name]: before[name] });
  };
  for (const name in set) {
    if (set[name] !== undefined) {
      becomes(name, set[name]);
    }
  }
  for (const name in setIfMissing) {
    if (before[name] === undefined) {
      becomes(name, setIfMissing[name]);
    }
  }
  for (const name of remove) {
    becomes(name, undefined);
  }
  for (const name in add) {
    becomes(name, ((before[name] as number | undefined) ?? 0) + (add[name] as number));
  }
  const table = writeUnitsOf(Math.max(bytesBefore, bytes));
  const keyOf = (name: string) => set[name] ?? before[name];
  return INDEX_NAMES.reduce((sum, name) => {
    const { partition, sort } = INDEXES[name];
    const after = { PK: before.PK, SK: before.SK, [partition]: keyOf(partition), [sort]: keyOf(sort) };
    return sum + indexUnits(name, before, after);
  }, table);
}

/** Of a new item, with what is sure to follow: a slice of a payload is removed one day, when its size is not known. */
export function unitsOfNew(item: Item): number {
  return writeUnits(null, item) * (isSlice(item.SK) ? 2 : 1);
}

function indexUnits(name: IndexName, before: Item | null, after: Item | null): number {
  const { partition, sort } = INDEXES[name];
  if (before?.[partition] === after?.[partition] && before?.[sort] === after?.[sort]) {
    return 0;
  }
  const entries = [indexEntry(name, before), indexEntry(name, after)];
  return entries.reduce((sum, entry) => sum + (entry === null ? 0 : writeUnitsOf(itemSize(entry))), 0);
}

/** What the index holds of the item: its keys. */
function indexEntry(name: IndexName, item: Item | null): Item | null {
  const { partition, sort } = INDEXES[name];
  if (item?.[partition] === undefined || item[sort] === undefined) {
    return null;
  }
  return { PK: item.PK, SK: item.SK, [partition]: item[partition], [sort]: item[sort] };
}

const units = (bytes: number, unitBytes: number) => Math.max(1, Math.ceil(bytes / unitBytes));
