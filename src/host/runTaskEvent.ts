import { hasCode, TasksError, toTaskError, type ErrorCode } from "../errors.js";
import type { toAnswer } from "../machine/answer.js";
import type { TaskEvent } from "../machine/event.js";
import type { LambdaContext } from "../runner/Invocation.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import { once } from "./once.js";

/** What the Lambda answers to the state machine. */
type Answer = ReturnType<typeof toAnswer>;

// Not before the first event: importing the package loads neither zod nor the runner.
const loadRunner = once(async () => {
  const { parseTaskEvent } = await import("../machine/event.js");
  const { toAnswer } = await import("../machine/answer.js");
  const { leftToNewerVersion } = await import("../runner/results.js");
  const { runIteration } = await import("../runner/runIteration.js");
  return { parseTaskEvent, toAnswer, leftToNewerVersion, runIteration };
});

/** Checks an event of the state machine: the event, or the answer to a broken one. */
export async function readTaskEvent(
  event: unknown
): Promise<{ event: TaskEvent; answer?: undefined } | { answer: Answer }> {
  const { parseTaskEvent, toAnswer } = await loadRunner();
  const parsed = parseTaskEvent(event);
  if (parsed.error === undefined) {
    return { event: parsed.event };
  }
  const {
    webinyTaskId = "",
    webinyTaskDefinitionId = "",
    tenant = "",
    locale = "",
    execution = 1,
    iteration = 1
  } = parsed.event;
  const base = { webinyTaskId, webinyTaskDefinitionId, tenant, locale, execution, iteration };
  return { answer: toAnswer(parsed.event, { ...base, status: "error", error: toTaskError(parsed.error) }) };
}

/**
 * Runs the iteration an event asks for, and answers its result.
 * @throws TasksError when storage or the service failed; its message names the request id
 */
export async function runTaskEvent(
  engine: TaskEngine,
  event: TaskEvent,
  lambdaContext: LambdaContext
): Promise<Answer> {
  const { toAnswer, leftToNewerVersion, runIteration } = await loadRunner();
  const invocation = {
    owner: lambdaContext.awsRequestId,
    remainingMs: () => lambdaContext.getRemainingTimeInMillis()
  };
  try {
    const result = await engine.observer.invocation(engine.scope(), event, () =>
      runIteration(engine, event, invocation)
    );
    return toAnswer(event, result);
  } catch (error) {
    if (hasCode(error, "STORAGE_FORMAT")) {
      // A deploy is going on. As a crash it would count as a lost invocation, and cost the task its attempts.
      engine.logger.warn("A task is left to a newer version of this Lambda", { task: event.webinyTaskId, error });
      return toAnswer(event, leftToNewerVersion(event));
    }
    // Not the task's fault: the machine sees a crash and calls Recover, which frees the lease of the request named here.
    engine.logger.error("An iteration could not be carried out", { task: event.webinyTaskId, error });
    const { code, message } = toTaskError(error, "STORAGE_ERROR");
    const told = new TasksError(code as ErrorCode, `RequestId: ${invocation.owner} ${message}`, {}, { cause: error });
    // All that the machine hears of an error are its name and its message.
    throw Object.assign(told, { name: code });
  }
}
