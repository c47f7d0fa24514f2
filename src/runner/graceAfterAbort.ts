import type { TaskDefinition } from "../definition/TaskDefinition.js";
import { logFieldsOf, taskIdOf, type TaskRecord } from "../storage/record.js";
import { finishOwed } from "../tasks/duties.js";
import { readRecord } from "../tasks/readTask.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import { performerOf } from "./claim.js";
import type { Invocation } from "./Invocation.js";

/**
 * Code that ignores an abort keeps `onAbort` waiting no longer than its grace; then the hook runs beside it. The
 * invocation still waits for `run`: what goes on after its answer would be frozen with the Lambda, and go on in the middle
 * of whatever it is invoked for next.
 * @param told aborts when the code is told
 * @returns to be called when `run` has returned; resolves when no hook is running any more
 */
export function graceAfterAbort(
  engine: TaskEngine,
  record: TaskRecord,
  definition: TaskDefinition,
  invocation: Invocation,
  told: AbortSignal
): () => Promise<void> {
  const returned = new AbortController();
  let hook = Promise.resolve();
  if (definition.onAbort !== undefined) {
    told.addEventListener("abort", () => (hook = runAfterGrace()), { once: true });
  }
  return () => {
    // Without a reason, one would be made, with its stack.
    returned.abort("returned");
    return hook;
  };

  async function runAfterGrace(): Promise<void> {
    await engine.clock.sleep(definition.abortGraceSeconds * 1000, returned.signal, { background: true });
    if (returned.signal.aborted) {
      return;
    }
    try {
      const current = await readRecord(engine, taskIdOf(record));
      if (current?.taskStatus === "aborted") {
        engine.logger.warn(
          "Code of an aborted task goes on after its grace: onAbort runs beside it",
          logFieldsOf(record)
        );
        await finishOwed(engine, current, performerOf(engine, invocation));
      }
    } catch (error) {
      // It stays owed: this invocation tries again when `run` has returned, and the nets come.
      engine.logger.warn("onAbort could not be run after the grace", { ...logFieldsOf(record), error });
    }
  }
}
