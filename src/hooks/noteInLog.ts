import { logBatchKey } from "../storage/logItems.js";
import type { TaskRecord } from "../storage/record.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import type { TaskError, TaskLogItem } from "../types.js";

/** Sorts behind every attempt: these lines are written after the iteration. */
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
  // Its place in the order is its time; two in one millisecond of one task would be one too many hooks.
  await engine.storage.put({
    ...logBatchKey(record.PK, record.iterations, AFTER_ATTEMPTS, now % 100_000),
    createdOn: now,
    execution: record.execution,
    items: JSON.stringify([line])
  });
}
