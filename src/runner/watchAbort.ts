import { ABORT_POLL_EVERY_MS, ABORT_POLL_FIRST_MS } from "../constants.js";
import { hasCode, TasksError } from "../errors.js";
import { logFieldsOf, taskIdOf, type TaskRecord } from "../storage/record.js";
import { readRecord } from "../tasks/readTask.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";

/** Tells running code that its task was aborted, or taken over. */
export interface AbortWatch {
  signal: AbortSignal;
  /** Known from elsewhere, such as a write that was refused. */
  tell(reason: unknown): void;
  stop(): void;
}

/**
 * Looks at the task's status while `run` is busy: one small read every 3 seconds, none in the first 2, so that short
 * iterations pay nothing and running code knows of an abort within 5 seconds, also while it only awaits.
 */
export function watchAbort(engine: TaskEngine, record: TaskRecord, owner: string): AbortWatch {
  const aborted = new AbortController();
  const stopped = new AbortController();
  void poll();
  return {
    signal: aborted.signal,
    tell: reason => aborted.abort(reason),
    // Without a reason, one would be made, with its stack.
    stop: () => stopped.abort("ended")
  };

  async function poll(): Promise<void> {
    await engine.clock.sleep(ABORT_POLL_FIRST_MS, stopped.signal, { background: true });
    while (!stopped.signal.aborted && !aborted.signal.aborted) {
      await look();
      await engine.clock.sleep(ABORT_POLL_EVERY_MS, stopped.signal, { background: true });
    }
  }

  async function look(): Promise<void> {
    try {
      const current = await readRecord(engine, taskIdOf(record));
      if (current?.taskStatus !== "running" || current.leaseOwner !== owner) {
        const id = taskIdOf(record);
        const code = current === null || current.taskStatus === "aborted" ? "TASK_ABORTED" : "TASK_SUPERSEDED";
        aborted.abort(new TasksError(code, `The task "${id}" is not carried out by this iteration any more.`, { id }));
      }
    } catch (error) {
      if (hasCode(error, "STORAGE_FORMAT")) {
        // A newer version has changed the record: what this iteration comes to can't be saved any more.
        aborted.abort(error);
        return;
      }
      // The next look may succeed; what decides is the settling write.
      engine.logger.warn("The status of a running task could not be read", { ...logFieldsOf(record), error });
    }
  }
}
