import type { TaskContext } from "../../definition/TaskDefinition.js";
import { TasksError } from "../../errors.js";
import type { TaskEvent } from "../../machine/event.js";
import { isTaskEvent } from "../../machine/isTaskEvent.js";
import type { LambdaContext } from "../../runner/Invocation.js";
import { engineOf } from "../../tasks/engineOf.js";
import { completeContext } from "../lambdaContext.js";
import { withRequestId } from "../requestId.js";
import { readTaskEvent, runTaskEvent } from "../runTaskEvent.js";
import { enterScope } from "./enterScope.js";
import type { HandlerAws, SourceHandlerParams, WebinyHandlerAws } from "./handlerAws.js";
import { taskHeaders } from "./taskHeaders.js";

const NAME = "webiny.tasks.backgroundTaskHandler";

/**
 * Lets `createHandler` of `@webiny/handler-aws` run background tasks: an event of the state machine is run in Webiny's own
 * context, in the tenant and locale of the task. Call it once, beside the call of `createHandler`; its plugins need
 * `createBackgroundTasks()`.
 * @param handlerAws these three exports of `@webiny/handler-aws`
 * @throws TasksError PLUGIN_ERROR when one of them is not there
 * @example
 * import { createHandler, createRawEventHandler, createRawHandler, registry } from "@webiny/handler-aws";
 * registerBackgroundTaskHandler({ registry, createRawHandler, createRawEventHandler });
 */
export function registerBackgroundTaskHandler(handlerAws: WebinyHandlerAws): void {
  const host = checked(handlerAws);
  host.registry.register(
    {
      name: NAME,
      canUse: isTaskEvent,
      handle: params => {
        const lambdaContext = completeContext(params.lambdaContext ?? params.context);
        return withRequestId(lambdaContext.awsRequestId, () => handleTaskEvent(host, params, lambdaContext));
      }
    },
    { silent: true }
  );
}

async function handleTaskEvent(
  host: HandlerAws,
  { params, event }: SourceHandlerParams,
  lambdaContext: LambdaContext
): Promise<unknown> {
  const read = await readTaskEvent(event);
  if (read.answer !== undefined) {
    return read.answer;
  }
  const task = read.event;
  // Kept here, and not taken from what Webiny makes of it: an error would come back as a response, and no machine reads one.
  let begun: { context: TaskContext; answer: Promise<unknown> } | undefined;
  const own = host.createRawEventHandler(({ context }) => {
    begun ??= { context, answer: runInContext(context, task, lambdaContext) };
    return begun.answer;
  });
  // A raw event handler of the project is for other events.
  const plugins = params.plugins.all().filter(({ type }) => type !== own.type);
  const handle = host.createRawHandler({ ...params, plugins: [...plugins, own] });
  const webiny = await outcomeOf(handle({ ...(event as object), headers: taskHeaders(task) }, lambdaContext));
  if (begun === undefined) {
    throw notReached(task, webiny);
  }
  const answer = await begun.answer;
  if ("error" in webiny) {
    // The iteration is settled: its answer counts, whatever came after it.
    engineOf(begun.context).logger.error("Webiny failed after an iteration", { error: webiny.error });
  }
  return answer;
}

async function runInContext(context: TaskContext, task: TaskEvent, lambdaContext: LambdaContext): Promise<unknown> {
  const engine = engineOf(context);
  // Nobody is signed in yet, and finding the locale may ask for a permission.
  await engine.withoutAuthorization(() => enterScope(context, task));
  return runTaskEvent(engine, task, lambdaContext);
}

type Outcome = { value: unknown } | { error: unknown };

async function outcomeOf(work: Promise<unknown>): Promise<Outcome> {
  try {
    return { value: await work };
  } catch (error) {
    return { error };
  }
}

/** Thrown, so that the machine sees a crash: nothing was claimed, and the next delivery runs the same iteration. */
function notReached({ webinyTaskId }: TaskEvent, outcome: Outcome): TasksError {
  const reason =
    "error" in outcome
      ? outcome.error instanceof Error
        ? outcome.error.message
        : String(outcome.error)
      : `it answered ${(JSON.stringify(outcome.value) ?? "nothing").slice(0, 1_000)}`;
  return new TasksError(
    "PLUGIN_ERROR",
    `Webiny's plugins did not let the task "${webinyTaskId}" run: ${reason}`,
    { webinyTaskId },
    "error" in outcome ? { cause: outcome.error } : {}
  );
}

function checked(handlerAws: WebinyHandlerAws): HandlerAws {
  const { registry, createRawHandler, createRawEventHandler } = handlerAws ?? {};
  const functions = { "registry.register": registry?.register, createRawHandler, createRawEventHandler };
  const missing = Object.entries(functions).filter(([, value]) => typeof value !== "function");
  if (missing.length > 0) {
    throw new TasksError(
      "PLUGIN_ERROR",
      `registerBackgroundTaskHandler takes registry, createRawHandler and createRawEventHandler of @webiny/handler-aws; not there: ${missing.map(([name]) => name).join(", ")}.`
    );
  }
  return handlerAws as unknown as HandlerAws;
}
