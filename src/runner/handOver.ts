import { HAND_OVER_DAYS, HAND_OVER_EVENTS } from "../constants.js";
import { eventsAfter } from "../machine/answer.js";
import type { TaskEvent } from "../machine/event.js";
import type { TaskHandoverResult } from "../machine/result.js";
import { isActive, type TaskRecord } from "../storage/record.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import { toTask } from "../tasks/toTask.js";
import type { Place } from "./claim.js";
import { resultBase } from "./results.js";

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Whether the task has to go on in a fresh execution: this one's history is nearly full, or it would reach its longest
 * time in the wait. Webiny's machine does not know the word.
 */
export function needsFreshExecution(event: TaskEvent, record: TaskRecord, wait: number, now: number): boolean {
  if (event.dialect !== "own") {
    return false;
  }
  const tooLong = now + wait * 1000 > record.executionStartedOn + HAND_OVER_DAYS * DAY_MS;
  return tooLong || eventsAfter(event, wait) >= HAND_OVER_EVENTS;
}

/**
 * Whether the task went from this delivery to an execution that has not begun: it may not be started yet. In a burst that
 * was perhaps a later iteration than the delivery's: then the write that handed over is still the last one.
 */
export function wasHandedOver(record: TaskRecord, { execution, iteration }: Place): boolean {
  const isLast = record.iterations === iteration || record.savedOn === record.executionStartedOn;
  return isActive(record) && record.execution === execution + 1 && isLast;
}

/**
 * Starts the execution that the record names. A repeated start is the same execution, so every repeat of a delivery that
 * handed over does it again. It enters Run at once: not the machine but the runner keeps it waiting until `nextAt`, so
 * that an abort in between is seen.
 * @throws TasksError TRIGGER_STEP_FUNCTION_ERROR; the machine then calls Recover, which comes here again
 */
export async function handOver(engine: TaskEngine, event: TaskEvent, record: TaskRecord): Promise<TaskHandoverResult> {
  await engine.service.send(toTask(record, { input: "{}" }), 0);
  return { ...resultBase(event, record.iterations, record.execution - 1), status: "handover" };
}
