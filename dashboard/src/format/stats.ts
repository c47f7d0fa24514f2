import { isActive, type TaskRow, type TaskStatus } from "../api/queries.js";
import { taskDuration } from "./time.js";

/** How many of the latest tasks the figures are made of. */
export const SAMPLE = 200;

export interface Stats {
  total: number;
  byStatus: Record<TaskStatus, number>;
  /** Of those that ended by themselves: an abort says nothing of the code. Null where none did. */
  successRate: number | null;
  /** Milliseconds, of those that have ended. */
  medianMs: number | null;
  p95Ms: number | null;
}

export function statsOf(tasks: TaskRow[]): Stats {
  const byStatus: Record<TaskStatus, number> = { pending: 0, running: 0, success: 0, failed: 0, aborted: 0 };
  for (const { taskStatus } of tasks) {
    byStatus[taskStatus] += 1;
  }
  const judged = byStatus.success + byStatus.failed;
  const durations = tasks
    .filter(task => !isActive(task) && task.finishedOn !== null)
    .flatMap(task => taskDuration(task, 0) ?? [])
    .sort((a, b) => a - b);
  const at = (share: number) => durations[Math.min(durations.length - 1, Math.floor(durations.length * share))] ?? null;
  return {
    total: tasks.length,
    byStatus,
    successRate: judged === 0 ? null : byStatus.success / judged,
    medianMs: at(0.5),
    p95Ms: at(0.95)
  };
}

/** "98 %"; never 100 % where one failed. */
export function percent(share: number | null): string {
  if (share === null) {
    return "–";
  }
  return `${share === 1 ? 100 : Math.min(99, Math.round(share * 100))} %`;
}

/** How often each value comes, the most frequent first. */
export function tally(values: string[]): { value: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const value of values) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
}
