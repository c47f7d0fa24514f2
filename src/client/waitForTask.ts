import type { Task } from "../types.js";
import type { Connection } from "./Connection.js";
import * as operations from "./operations.js";
import { readTask } from "./readTask.js";
import { retryAfterSeconds } from "./retryAfter.js";
import { sleep } from "./sleep.js";
import type { WaitOptions } from "./TasksClient.js";
import { TasksClientError } from "./TasksClientError.js";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
const GROWTH = 1.5;
/** Clients that wait for the same task do not ask at the same moment. */
const JITTER = 0.2;

/** Asks for the task until it has ended. */
export async function waitForTask(connection: Connection, id: string, options: WaitOptions = {}): Promise<Task> {
  const { timeoutMs = Infinity, onUpdate, signal } = options;
  const until = performance.now() + timeoutMs;
  const timeLeft = () => until - performance.now();
  let seen: string | undefined;
  let last: Task | undefined;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * GROWTH)) {
    let failure: TasksClientError | undefined;
    let askedPauseMs = 0;
    try {
      const answer = await connection.send(operations.getTask, { id }, { signal, timeoutMs: Math.max(1, timeLeft()) });
      last = readTask(answer.data);
    } catch (error) {
      // A wrong URL is told at once to who would wait for ever.
      if (!isServerAway(error) || (last === undefined && timeoutMs === Infinity)) {
        throw error;
      }
      failure = error;
      askedPauseMs = retryAfterSeconds(error) * 1_000;
    }
    if (last !== undefined && failure === undefined) {
      const now = JSON.stringify(last);
      if (now !== seen) {
        seen = now;
        onUpdate?.(last);
        signal?.throwIfAborted();
      }
      if (last.taskStatus !== "pending" && last.taskStatus !== "running") {
        return last;
      }
    }
    const pause = Math.max(askedPauseMs, pauseMs * (1 + JITTER * (2 * Math.random() - 1)));
    if (timeLeft() <= 0) {
      throw timedOut(id, timeoutMs, last, failure);
    }
    await sleep(Math.min(pause, Math.max(0, timeLeft())), signal);
  }
}

function isServerAway(error: unknown): error is TasksClientError {
  return (
    error instanceof TasksClientError &&
    (error.code === "NETWORK_ERROR" ||
      error.code === "REQUEST_TIMEOUT" ||
      error.status === 429 ||
      (error.status ?? 0) >= 500)
  );
}

function timedOut(
  id: string,
  timeoutMs: number,
  last: Task | undefined,
  failure: TasksClientError | undefined
): TasksClientError {
  const where = last === undefined ? "was not seen" : `was ${last.taskStatus} when it was last seen`;
  const why = failure === undefined ? "" : ` The last request failed: ${failure.message}`;
  return new TasksClientError(
    "WAIT_TIMEOUT",
    `The task "${id}" ${where}, after ${timeoutMs} ms of waiting. It goes on by itself: wait again, or abort it.${why}`,
    { data: { id, timeoutMs }, cause: failure }
  );
}
