import { WRITE_UNIT_BYTES } from "../constants.js";
import { itemSize } from "./itemSize.js";
import { isSlice } from "./payloads.js";
import type { IndexName, Item } from "./Storage.js";
import { INDEX_NAMES, INDEXES } from "./tableDescription.js";

const READ_UNIT_BYTES = 4 * WRITE_UNIT_BYTES;

/** 1 for each 4 KB, at least 1; half of that when eventually consistent. */
export function readUnits(bytes: number, consistent = false): number {
  return units(bytes, READ_UNIT_BYTES) * (consistent ? 1 : 0.5);
}

/** 1 for each KB, at least 1. */
function writeUnitsOf(bytes: number): number {
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

/** Of a new item, with what is sure to follow: a slice of a payload is removed one day, when its size is not known. */
export function unitsOfNew(item: Item): number {
  return writeUnits(null, item) * (isSlice(item.SK) ? 2 : 1);
}

function indexUnits(name: IndexName, before: Item | null, after: Item | null): number {
  const [old, now] = [indexEntry(name, before), indexEntry(name, after)];
  const { partition, sort } = INDEXES[name];
  if (old?.[partition] === now?.[partition] && old?.[sort] === now?.[sort]) {
    return 0;
  }
  return [old, now].reduce((sum, entry) => sum + (entry === null ? 0 : writeUnitsOf(itemSize(entry))), 0);
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
