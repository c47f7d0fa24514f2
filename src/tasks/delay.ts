import { MAX_DELAY_DAYS, MAX_DELAY_SECONDS } from "../constants.js";
import { TasksError } from "../errors.js";

/**
 * Checks a delay in seconds.
 * @returns the delay, 0 for none
 * @throws TasksError INVALID_DELAY, MAX_DELAY_ERROR
 */
export function checkDelay(delay: unknown): number {
  if (delay === undefined || delay === null) {
    return 0;
  }
  if (typeof delay !== "number" || !Number.isInteger(delay) || delay < 0) {
    const came = typeof delay === "number" ? String(delay) : typeof delay;
    throw new TasksError("INVALID_DELAY", `The delay must be a whole number of seconds, 0 or more; got ${came}.`, {
      delay: came
    });
  }
  if (delay > MAX_DELAY_SECONDS) {
    throw new TasksError("MAX_DELAY_ERROR", `The maximum delay for a task is ${MAX_DELAY_DAYS} days.`, { delay });
  }
  return delay;
}
