import type { TaskRecord } from "../storage/record.js";
import type { Changes } from "../storage/Storage.js";

/** A write of a task's record that held. */
export interface RecordWrite {
  /** As it was last seen before, if it was. */
  before: TaskRecord | null;
  changes: Changes;
  after: TaskRecord;
}

/**
 * What a write of a record means for its task. Each is one conditional write that decides a race, so whatever held is
 * told once, whoever made it.
 */
export type RecordWriteKind =
  | "ended"
  | "revived"
  /** An attempt ended in an error; the same iteration is run again. */
  | "retried"
  /** An invocation was lost; the same iteration may be run again. */
  | "lost"
  | "handedOver"
  | "claimed"
  /** Overdue, but looked after: it is due later. */
  | "moved"
  | "other";

export function kindOf({ changes }: Pick<RecordWrite, "changes">): RecordWriteKind {
  const { set = {}, add = {} } = changes;
  if (set.finishedOn !== undefined) {
    return "ended";
  }
  if (add.revives !== undefined) {
    return "revived";
  }
  if (set.failedAttempts !== undefined) {
    return "retried";
  }
  if (set.storageFailures !== undefined) {
    return "lost";
  }
  if (add.attempt !== undefined) {
    return "claimed";
  }
  if (set.execution !== undefined) {
    return "handedOver";
  }
  if (typeof set.attempt === "number" && set.attempt > 0 && set.nextIteration === undefined) {
    return "lost";
  }
  return set.due !== undefined && Object.keys(set).length === 1 && changes.remove === undefined ? "moved" : "other";
}
