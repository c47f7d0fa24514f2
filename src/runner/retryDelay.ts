import type { RetryPolicy } from "../definition/TaskDefinition.js";
import type { ErrorCode } from "../errors.js";
import type { Outcome } from "./run.js";

/** Faults of the code, and ends that somebody else decided: the next attempt would come to the same. */
const PERMANENT = new Set<string>([
  "BUDGET_EXCEEDED",
  "INVALID_DELAY",
  "INVALID_INPUT",
  "INVALID_RESULT",
  "MAX_DELAY_ERROR",
  "NO_PROGRESS",
  "PAYLOAD_TOO_LARGE",
  "TASK_ABORTED",
  "TASK_DEFINITION_ERROR",
  "TASK_FINISHED",
  "TASK_SUPERSEDED"
] satisfies ErrorCode[]);

/**
 * Seconds before an iteration that ended in an error is run again, or null: it is not.
 * @param failed attempts that failed so, this one included
 * @param random chance, from 0 up to 1
 */
export function retryDelay(
  policy: RetryPolicy | undefined,
  { error, retryable }: Extract<Outcome, { status: "error" }>,
  failed: number,
  random: () => number
): number | null {
  if (policy === undefined || failed >= policy.maxAttempts || PERMANENT.has(error.code ?? "")) {
    return null;
  }
  if (!(retryable ?? policy.retryable?.(error) ?? true)) {
    return null;
  }
  const { initialDelaySeconds = 2, backoffRate = 2, maxDelaySeconds = 300, jitter = "full" } = policy;
  const delay = Math.min(maxDelaySeconds, initialDelaySeconds * backoffRate ** (failed - 1));
  return Math.ceil(jitter === "full" ? delay * random() : delay);
}
