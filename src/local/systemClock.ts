import { systemClock } from "../host/clock.js";
import type { Clock } from "../types.js";

export { systemClock };

/**
 * Longest single sleep, in milliseconds. Longer waits are cut into such pieces: `setTimeout` fires at once above 24.8
 * days, and its time stands still while a laptop sleeps, so a wait is looked at again at least this often.
 */
const LONGEST_SLEEP_MS = 10 * 60 * 1_000;

/**
 * Waits until a time, however far.
 * @returns true when the time has come, false when the signal ended the wait
 */
export async function sleepUntil(clock: Clock, time: number, signal: AbortSignal): Promise<boolean> {
  for (let left = time - clock.now(); left > 0 && !signal.aborted; left = time - clock.now()) {
    await clock.sleep(Math.min(left, LONGEST_SLEEP_MS), signal);
  }
  return !signal.aborted;
}
