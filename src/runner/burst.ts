import { BURST_SLEEP_SECONDS } from "../constants.js";
import type { TaskDefinition } from "../definition/TaskDefinition.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import type { Invocation } from "./Invocation.js";
import type { RanIteration } from "./run.js";

/**
 * Whether the next iteration may run in this invocation: the definition wants it, and there is time for two as long as
 * this one. Whoever was told that the time-out is near would be told the same again, and do nothing. What failed is tried
 * again by another invocation: the machine waits for it.
 * @param wait seconds before the next iteration
 */
export function goesOnHere(
  engine: TaskEngine,
  definition: TaskDefinition,
  { state, outcome, startedAt, wasNearTimeout }: RanIteration,
  wait: number,
  invocation: Invocation
): boolean {
  if (definition.burst !== true || outcome.status !== "continue" || wasNearTimeout || wait > BURST_SLEEP_SECONDS) {
    return false;
  }
  const took = engine.clock.now() - startedAt;
  const needed = Math.max(engine.closeToTimeoutSeconds * 1000, 2 * took) + wait * 1000;
  return state.iteration < definition.maxIterations && invocation.remainingMs() > needed;
}
