import { createHash } from "node:crypto";
import { batchAt, logBatchKey } from "../storage/logItems.js";
import type { TaskRecord } from "../storage/record.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import type { TaskError, TaskLogItem } from "../types.js";

/** Sorts behind every attempt, where the iteration has been settled. */
const AFTER_ATTEMPTS = 999;

/** Writes a line of the engine's own into the log of the task's latest iteration: a lost invocation, a hook given up. */
export async function noteInLog(
  engine: TaskEngine,
  record: TaskRecord,
  message: string,
  error: TaskError
): Promise<void> {
  if (engine.definitions.get(record.definitionId)?.disableDatabaseLogs) {
    return;
  }
  const now = engine.clock.now();
  const line: TaskLogItem = { message, createdOn: new Date(now).toISOString(), type: "error", error };
  const { PK, SK } = logBatchKey(record.PK, record.iterations, record.attempt || AFTER_ATTEMPTS, batchAt(now, record));
  await engine.storage.put({
    PK,
    // Whoever writes this is not whom the iteration's own lines come from, and may have more to say: in one millisecond
    // each line has its key, which is the same when it is sent again.
    SK: `${SK}#note-${createHash("sha256").update(message).digest("hex").slice(0, 8)}`,
    createdOn: now,
    execution: record.execution,
    items: JSON.stringify([line])
  });
}
