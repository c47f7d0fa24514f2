import type { TaskDefinition } from "../definition/TaskDefinition.js";
import { TasksError } from "../errors.js";
import { dollarsOf } from "../observe/prices.js";
import type { TaskRecord } from "../storage/record.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";

/**
 * Looked at before an iteration and after it, so a task goes over its budget by what one iteration uses, and by nothing
 * that it would wait for.
 * @param waitSeconds what it is about to wait
 * @throws TasksError BUDGET_EXCEEDED
 */
export function checkBudget(
  engine: TaskEngine,
  record: TaskRecord,
  { id, budget }: TaskDefinition,
  waitSeconds = 0
): void {
  if (budget?.dollars !== undefined) {
    const used = dollarsOf(engine.observer.usageOf(record), engine.prices);
    if (used > budget.dollars) {
      const { region, date } = engine.prices;
      throw new TasksError(
        "BUDGET_EXCEEDED",
        `The task has used $${used.toPrecision(3)} (prices of ${region}, ${date}); the budget of "${id}" is $${budget.dollars}. Raise "budget.dollars", or find out what it does so often.`,
        { id, dollars: used, budget: budget.dollars }
      );
    }
  }
  if (budget?.seconds !== undefined) {
    const now = engine.clock.now();
    const seconds = (now - (record.startedOn ?? now)) / 1000 + waitSeconds;
    if (seconds > budget.seconds) {
      throw new TasksError(
        "BUDGET_EXCEEDED",
        `The task ${waitSeconds > 0 ? "would have run" : "has run"} for ${Math.round(seconds)} s${waitSeconds > 0 ? " after its next wait" : ""}; the budget of "${id}" is ${budget.seconds} s. Raise "budget.seconds", or find out what it waits for.`,
        { id, seconds, budget: budget.seconds }
      );
    }
  }
}

/**
 * Counts iterations after each other that changed neither input nor output, logged nothing and triggered no child.
 * @returns how many there are now; undefined where the definition does not ask
 * @throws TasksError NO_PROGRESS
 */
export function checkProgress(record: TaskRecord, definition: TaskDefinition, progressed: boolean): number | undefined {
  const { id, noProgressIterations: most } = definition;
  if (most === undefined) {
    return undefined;
  }
  const idle = progressed ? 0 : (record.idle ?? 0) + 1;
  if (idle >= most) {
    throw new TasksError(
      "NO_PROGRESS",
      `${idle} iterations of the task changed neither its input nor its output, logged nothing and triggered nothing. If that is right, raise "noProgressIterations" of "${id}".`,
      { id, iterations: idle }
    );
  }
  return idle;
}
