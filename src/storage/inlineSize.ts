import { RECENT_ITERATIONS } from "../constants.js";
import { itemSize } from "./itemSize.js";
import type { TaskRecord } from "./record.js";

// What a record holds at its fullest between its first iteration and its end, beside what it holds at trigger.
const LEASE = {
  leaseOwner: "x".repeat(36),
  leaseUntil: 1e12 + 1,
  nextAt: 1e12 + 1,
  rev: 1_001,
  iterations: 1_001,
  nextIteration: 1_001
};
const AFTER_SETTLE = { settledBy: "x".repeat(8), startedOn: 1e12 + 1 };
// Starts within four months of the first, durations within 15 minutes.
const FULL_RECENT = Array.from({ length: RECENT_ITERATIONS * 2 }, (_, index) => (index % 2 === 0 ? 1e10 + 1 : 100_001));

/**
 * Size in bytes a record will have while the task runs, however small it is now: an input is kept in the record only
 * where that stays below one write unit, so that an iteration costs two.
 */
export function grownSize(record: TaskRecord): number {
  return itemSize({ ...AFTER_SETTLE, ...record, ...LEASE, recent: FULL_RECENT });
}
