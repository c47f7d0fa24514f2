import { runOwed, type Duties, type Performer } from "../hooks/runOwed.js";
import { hasCode } from "../errors.js";
import { queryAll } from "../storage/batches.js";
import {
  childRange,
  childSortOf,
  idInSort,
  logFieldsOf,
  scopeOf,
  taskIdOf,
  type TaskRecord
} from "../storage/record.js";
import { markAborted } from "./markAborted.js";
import { purgeDeleted } from "./purge.js";
import { requireRecord, taskOf } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";

/** How each kind of unfinished business is finished. Hooks get the task as it is stored, with authorization off. */
const duties: Duties = {
  stop: stopExecutions,
  children: abortChildren,
  onDone: (engine, record) => runHook(engine, record, "onDone"),
  onError: (engine, record) => runHook(engine, record, "onError"),
  onAbort: (engine, record) => runHook(engine, record, "onAbort"),
  onMaxIterations: (engine, record) => runHook(engine, record, "onMaxIterations")
};

/** Finishes what a final task owes; the last one to leave a deleted task removes it. */
export async function finishOwed(engine: TaskEngine, record: TaskRecord, performer: Performer): Promise<TaskRecord> {
  const finished = await runOwed(engine, record, performer, duties);
  await purgeDeleted(engine, finished);
  return finished;
}

async function runHook(
  engine: TaskEngine,
  record: TaskRecord,
  name: "onDone" | "onError" | "onAbort" | "onMaxIterations"
): Promise<void> {
  const hook = engine.definitions.get(record.definitionId)?.[name];
  if (hook === undefined) {
    engine.logger.warn(`"${name}" is owed to a task whose definition has no such hook now`, logFieldsOf(record));
    return;
  }
  const task = await taskOf(engine, record);
  await engine.withoutAuthorization(() => hook({ context: engine.context, task }));
}

/** The one before the current is stopped too: a task moves to a fresh execution while the old one may still be open. */
async function stopExecutions(engine: TaskEngine, record: TaskRecord): Promise<void> {
  if (engine.service.stop === undefined || record.execution === 0) {
    return;
  }
  const task = await taskOf(engine, record);
  const reason = record.abort?.reason ?? "Task aborted.";
  for (const execution of [record.execution, record.execution - 1].filter(number => number > 0)) {
    await engine.service.stop(task, { execution, reason });
  }
}

async function abortChildren(engine: TaskEngine, record: TaskRecord): Promise<void> {
  const range = childRange(scopeOf(record), taskIdOf(record));
  for await (const pointer of queryAll(engine.storage, { ...range, consistent: true })) {
    const id = idInSort(childSortOf(pointer));
    try {
      const reason = `Parent task "${taskIdOf(record)}" was aborted.`;
      // Whoever carries it out: the child says who wanted it.
      const by = record.abort?.by;
      const child = await markAborted(engine, await requireRecord(engine, id), { reason, by });
      await finishOwed(engine, child.record, child.performer);
    } catch (error) {
      // Over already, or never came to be: nothing to abort.
      if (!hasCode(error, "TASK_ABORT_ERROR") && !hasCode(error, "NOT_FOUND")) {
        throw error;
      }
    }
  }
}
