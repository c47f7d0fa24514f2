import { INLINE_FINAL_BYTES, INLINE_RECORD_BYTES, RECENT_ITERATIONS } from "../constants.js";
import { itemSize, namedSize } from "./itemSize.js";
import { slicePayload, type SlicedPayload } from "./payloads.js";
import type { TaskRecord } from "./record.js";
import type { Attribute } from "./Storage.js";

// What a record holds at its fullest between its first iteration and its end, beside what it holds at trigger.
const LEASE = {
  leaseOwner: "x".repeat(36),
  leaseUntil: 1e12 + 1,
  nextAt: 1e12 + 1,
  rev: 1_001,
  failedAttempts: 99,
  storageFailures: 99,
  idle: 101,
  iterations: 1_001,
  nextIteration: 1_001
};
// What it has used, up to a billion seconds of a megabyte.
const USAGE = { uT: 100_001, uI: 100_001, uM: 1e12 + 1, uR: 100_001, uW: 100_001 };
const AFTER_SETTLE = { settledBy: "x".repeat(8), startedOn: 1e12 + 1 };
// Starts within four months of the first, durations within 15 minutes.
const FULL_RECENT = Array.from({ length: RECENT_ITERATIONS * 2 }, (_, index) => (index % 2 === 0 ? 1e10 + 1 : 100_001));

const FULLEST = { ...LEASE, ...USAGE, recent: FULL_RECENT };
const FULLEST_BYTES = itemSize(FULLEST);
const AFTER_SETTLE_BYTES = itemSize(AFTER_SETTLE);

/** Whether a record stays below one write unit while its task runs, so that an iteration costs two. */
export function fitsWhileRunning(record: TaskRecord): boolean {
  let bytes = FULLEST_BYTES + AFTER_SETTLE_BYTES;
  for (const name in record) {
    bytes += name in FULLEST || name in AFTER_SETTLE ? 0 : namedSize(name, record[name]);
  }
  return bytes <= INLINE_RECORD_BYTES;
}

/** Whether a record that is written for the last time, or nearly, is small enough to be read at once. */
export function fitsAtTheEnd(record: TaskRecord): boolean {
  return itemSize(record) <= INLINE_FINAL_BYTES;
}

/** The changes that put a payload in its place. Slices have to be written before. */
export interface PlacedPayload {
  set: Record<string, Attribute>;
  remove: string[];
  slices: SlicedPayload | null;
}

/**
 * Decides where a payload goes: into the record while that stays small enough, else into slices of its own.
 * @param version names the slices; no other write may use it
 */
export async function placePayload(
  record: TaskRecord,
  kind: "input" | "output" | "error",
  text: string,
  version: string,
  fits: (draft: TaskRecord) => boolean
): Promise<PlacedPayload> {
  const [inline, ref] = [kind, `${kind}Ref`];
  if (fits({ ...record, [inline]: text, [ref]: undefined })) {
    return { set: { [inline]: text }, remove: [ref], slices: null };
  }
  const slices = await slicePayload(record.PK, kind, version, text);
  return { set: { [ref]: slices.ref }, remove: [inline], slices };
}
