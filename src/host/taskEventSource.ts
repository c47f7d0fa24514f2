import { TasksError, toTaskError, type ErrorCode } from "../errors.js";
import { isTaskEvent } from "../machine/isTaskEvent.js";
import { engineOf } from "../tasks/engineOf.js";
import { once } from "./once.js";
import { createEventSource } from "./plugins.js";

// Not before the first event: importing the package loads neither zod nor the runner.
const loadRunner = once(async () => {
  const { parseTaskEvent } = await import("../machine/event.js");
  const { toAnswer } = await import("../machine/answer.js");
  const { runIteration } = await import("../runner/runIteration.js");
  return { parseTaskEvent, toAnswer, runIteration };
});

/** The state machine calls: one iteration is run, and its result answered. */
export const taskEventSource = createEventSource({
  name: "webiny.tasks.taskEventSource",
  canUse: isTaskEvent,
  async handle({ event, lambdaContext, createContext }) {
    const { parseTaskEvent, toAnswer, runIteration } = await loadRunner();
    const parsed = parseTaskEvent(event);
    if (parsed.error !== undefined) {
      const {
        webinyTaskId = "",
        webinyTaskDefinitionId = "",
        tenant = "",
        locale = "",
        execution = 1,
        iteration = 1
      } = parsed.event;
      const base = { webinyTaskId, webinyTaskDefinitionId, tenant, locale, execution, iteration };
      return toAnswer(parsed.event, { ...base, status: "error", error: toTaskError(parsed.error) });
    }
    const { tenant, locale } = parsed.event;
    const engine = engineOf(await createContext({ tenant, locale }));
    const invocation = {
      owner: lambdaContext.awsRequestId,
      remainingMs: () => lambdaContext.getRemainingTimeInMillis()
    };
    try {
      return toAnswer(parsed.event, await runIteration(engine, parsed.event, invocation));
    } catch (error) {
      // Not the task's fault: the machine sees a crash and calls Recover, which frees the lease of the request named here.
      engine.logger.error("An iteration could not be carried out", { task: parsed.event.webinyTaskId, error });
      const { code, message } = toTaskError(error, "STORAGE_ERROR");
      throw new TasksError(code as ErrorCode, `RequestId: ${invocation.owner} ${message}`, {}, { cause: error });
    }
  }
});
