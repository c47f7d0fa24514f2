import { randomUUID } from "node:crypto";
import { HOOK_LEASE_MS, MAX_REVIVES, REVIVED_AHEAD_MS } from "../constants.js";
import { TasksError } from "../errors.js";
import { all, equals, exists } from "../storage/conditions.js";
import { isActive, logFieldsOf, type TaskRecord } from "../storage/record.js";
import { updateRecord } from "../storage/recordFormat.js";
import { finishOwed } from "./duties.js";
import { endUnclaimed } from "./endUnclaimed.js";
import type { TaskEngine } from "./TaskEngine.js";
import { toTask } from "./toTask.js";

/** What became of a task that somebody looked after. */
export type Care = "left" | "moved" | "revived" | "given up" | "aborted" | "removed";

/**
 * Starts the next execution of a task whose execution is over although the task, or what it owes, is not. It only
 * revives: the runner decides what becomes of the task. The exception is a task that was revived five times without
 * settling one iteration, such as after a broken deploy: it fails with `EXECUTION_LOST`, so that it does not cost for ever.
 */
export async function revive(engine: TaskEngine, record: TaskRecord): Promise<Care> {
  if ((record.revives ?? 0) >= MAX_REVIVES) {
    return giveUp(engine, record);
  }
  const now = engine.clock.now();
  const unchanged = all(
    equals("execution", record.execution),
    isActive(record) ? equals("taskStatus", record.taskStatus) : exists("owed")
  );
  const revived = await updateRecord(engine.storage, record, unchanged, {
    set: { execution: record.execution + 1, executionStartedOn: now, due: now + REVIVED_AHEAD_MS },
    add: { revives: 1 },
    remove: ["executionName"]
  });
  if (revived === null) {
    return "left";
  }
  engine.logger.warn("A task is revived: its execution was over, the task was not", {
    ...logFieldsOf(revived),
    revives: revived.revives
  });
  // A start that fails is found when the task is due again.
  const task = toTask(revived, { input: "{}" });
  await engine.service.send({ ...task, iterations: firstIteration(revived) - 1 }, 0);
  return "revived";
}

/** Where the new execution begins: at the iteration that was lost, or at the one whose hooks are owed. */
function firstIteration(record: TaskRecord): number {
  return isActive(record) ? record.nextIteration : Math.max(1, record.endedAtIteration ?? record.iterations);
}

/** No execution gets through: an active task fails; what a final one owes is done here, and given up after three tries. */
async function giveUp(engine: TaskEngine, record: TaskRecord): Promise<Care> {
  const performer = { owner: randomUUID(), until: engine.clock.now() + HOOK_LEASE_MS };
  const error = new TasksError(
    "EXECUTION_LOST",
    `The executions of the task ended ${MAX_REVIVES} times without one iteration being carried out. See the state machine and the Lambda's log.`,
    { execution: record.execution, revives: record.revives }
  );
  const ended = isActive(record) ? await endUnclaimed(engine, record, performer, error, ["onError"]) : record;
  engine.logger.error(error.message, logFieldsOf(record));
  await finishOwed(engine, ended, performer);
  return "given up";
}
