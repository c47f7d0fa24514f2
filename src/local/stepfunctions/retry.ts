/** One entry of `Retry`. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  BackoffRate?: number;
  MaxAttempts?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: "FULL" | "NONE";
}

const DEFAULT_INTERVAL_SECONDS = 1;
const DEFAULT_BACKOFF_RATE = 2;
const DEFAULT_MAX_ATTEMPTS = 3;

/** Errors that `States.ALL` does not match. The second cannot be caught by its name either. */
export const DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded";
export const RUNTIME = "States.Runtime";
export const TIMEOUT = "States.Timeout";

/** Whether a list of names in a Retry or Catch means this error. */
export function matches(names: { has(name: string): boolean }, error: string): boolean {
  if (error === RUNTIME) {
    return false;
  }
  if (names.has(error)) {
    return true;
  }
  return (
    error !== DATA_LIMIT_EXCEEDED && (names.has("States.ALL") || (names.has("States.TaskFailed") && error !== TIMEOUT))
  );
}

/**
 * Whether to try again after an error, and when. The first retrier that names the error decides alone, by its own count.
 * @param attempts how often each retrier was used since the state was entered; the used one is counted up
 * @returns milliseconds to wait, or undefined when there is no further attempt
 */
export function nextRetry(
  retriers: Retrier[],
  attempts: number[],
  error: string,
  random: () => number
): number | undefined {
  const index = retriers.findIndex(retrier => matches(new Set(retrier.ErrorEquals), error));
  const retrier = retriers[index];
  const used = attempts[index] ?? 0;
  if (retrier === undefined || used >= (retrier.MaxAttempts ?? DEFAULT_MAX_ATTEMPTS)) {
    return undefined;
  }
  attempts[index] = used + 1;
  const {
    IntervalSeconds = DEFAULT_INTERVAL_SECONDS,
    BackoffRate = DEFAULT_BACKOFF_RATE,
    MaxDelaySeconds = Infinity
  } = retrier;
  const seconds = Math.min(IntervalSeconds * BackoffRate ** used, MaxDelaySeconds);
  return Math.round(seconds * 1_000 * (retrier.JitterStrategy === "FULL" ? random() : 1));
}
