import type { TaskRow } from "../../api/queries.js";

export interface Bucket {
  from: number;
  to: number;
  started: number;
  success: number;
  failed: number;
  aborted: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  1_000,
  2_000,
  5_000,
  10_000,
  30_000,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  30 * DAY,
  90 * DAY
];
const MOST = 40;

/** Starts and ends, counted in equal stretches of time from the oldest task of the sample until now. */
export function bucketsOf(tasks: TaskRow[], now: number): Bucket[] {
  const oldest = Math.min(now - 1_000, ...tasks.map(({ createdOn }) => Date.parse(createdOn)));
  const step = STEPS.find(size => (now - oldest) / size < MOST) ?? Math.ceil((now - oldest) / MOST);
  const begin = Math.floor(oldest / step) * step;
  const buckets = Array.from({ length: Math.floor((now - begin) / step) + 1 }, (_, at) => ({
    from: begin + at * step,
    to: begin + (at + 1) * step,
    started: 0,
    success: 0,
    failed: 0,
    aborted: 0
  }));
  const bucketAt = (date: string | null) =>
    date === null ? undefined : buckets[Math.floor((Date.parse(date) - begin) / step)];
  for (const { startedOn, finishedOn, taskStatus } of tasks) {
    const start = bucketAt(startedOn);
    if (start !== undefined) {
      start.started += 1;
    }
    const end = bucketAt(finishedOn);
    if (end !== undefined && taskStatus !== "pending" && taskStatus !== "running") {
      end[taskStatus] += 1;
    }
  }
  return buckets;
}
