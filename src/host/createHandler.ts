import { DEFAULT_LOCALE, DEFAULT_TENANT } from "../constants.js";
import { DefinitionRegistry } from "../definition/DefinitionRegistry.js";
import type { TaskContext } from "../definition/TaskDefinition.js";
import { TasksError } from "../errors.js";
import type { LambdaContext } from "../runner/Invocation.js";
import { checkId } from "../storage/record.js";
import { createBackgroundTasks, installsBackgroundTasks, loggerOf, overrideOptions } from "./backgroundTasks.js";
import type { HttpApp, HttpEnvironment } from "./http/createHttpApp.js";
import { createHttpEventSource } from "./http/httpEventSource.js";
import { checkHttpOptions, type HttpOptions } from "./http/httpOptions.js";
import { completeContext } from "./lambdaContext.js";
import { once } from "./once.js";
import type { BackgroundTasksOptions } from "./options.js";
import { PluginsContainer, resolvePlugins, visiblePlugins, type PluginInput } from "./PluginsContainer.js";
import { CONTEXT_TYPE, EVENT_SOURCE_TYPE, type EventSource } from "./plugins.js";
import { withRequestId } from "./requestId.js";
import { addScope, type RequestScope } from "./requestScope.js";
import { statusEventSource } from "./statusEventSource.js";
import { sweepEventSource } from "./sweepEventSource.js";
import { taskEventSource } from "./taskEventSource.js";

export interface HandlerOptions {
  /** Definitions and other plugins; nested arrays and (async) functions that give plugins are fine. */
  plugins: PluginInput;
  /** How HTTP requests (GraphQL) are answered. */
  http?: HttpOptions;
}

/** A Lambda handler. */
export type LambdaHandler = (event: unknown, lambdaContext?: Partial<LambdaContext>) => Promise<unknown>;

/** A handler with what the local runtime needs beside it. */
export interface Host {
  handle: LambdaHandler;
  createContext(scope?: RequestScope): Promise<TaskContext>;
  /** Answers an HTTP request. */
  fetch(request: Request, environment?: HttpEnvironment): Promise<Response>;
  /** From here on these options win over those the user gave. */
  override(options: BackgroundTasksOptions): void;
}

// Where a handler keeps its host, for the local runtime; by symbol, as there may be two copies of this package.
const HOST = Symbol.for("@webiny/tasks:host");

/**
 * Makes the Lambda handler: the state machine invokes it once per iteration.
 * @throws TasksError INVALID_DEFINITION for two different definitions with one id, PLUGIN_ERROR for what is no plugin
 * @example export const handler = createHandler({ plugins: [syncArticles] });
 */
export function createHandler(options: HandlerOptions): LambdaHandler {
  const host = createHost(options);
  return Object.assign((event: unknown, lambdaContext?: Partial<LambdaContext>) => host.handle(event, lambdaContext), {
    [HOST]: host
  });
}

export function createHost({ plugins, http }: HandlerOptions): Host {
  const settings = checkHttpOptions(http);
  // Fails here, not at the first event, as far as it can be seen without calling anything.
  DefinitionRegistry.from(visiblePlugins(plugins));
  let overrides: BackgroundTasksOptions | undefined;
  const loadApp: () => Promise<HttpApp> = once(async () => {
    const { createHttpApp } = await import("./http/createHttpApp.js");
    const plugins = await start();
    return createHttpApp({
      settings,
      plugins,
      logger: loggerOf(plugins.all(), overrides),
      createContext: ({ scope, ...caller }) => createContext({ ...scope, ...caller })
    });
  });

  const start: () => Promise<PluginsContainer> = once(() => loadPlugins(plugins, createHttpEventSource(loadApp)));

  async function createContext(
    scope: RequestScope = { tenant: DEFAULT_TENANT, locale: DEFAULT_LOCALE }
  ): Promise<TaskContext> {
    checkId("tenant", scope.tenant);
    checkId("locale", scope.locale);
    const container = await start();
    const context = { plugins: container } as unknown as TaskContext;
    addScope(context, scope);
    if (overrides !== undefined) {
      overrideOptions(context, overrides);
    }
    for (const plugin of container.byType<{ apply(context: TaskContext): Promise<void> }>(CONTEXT_TYPE)) {
      await plugin.apply(context);
    }
    return context;
  }

  async function handle(event: unknown, given?: Partial<LambdaContext>): Promise<unknown> {
    const container = await start();
    const lambdaContext = completeContext(given);
    const sources = container.byType<EventSource>(EVENT_SOURCE_TYPE);
    const source = sources.find(candidate => candidate.canUse(event, lambdaContext));
    if (source === undefined) {
      throw new TasksError(
        "EVENT_NOT_SUPPORTED",
        `No event source takes this event (keys: ${keysOf(event)}). There are: ${sources.map(({ name }) => name ?? "unnamed").join(", ")}.`
      );
    }
    return withRequestId(lambdaContext.awsRequestId, () => source.handle({ event, lambdaContext, createContext }));
  }

  return {
    handle,
    createContext,
    fetch: async (request, environment = {}) => (await loadApp()).fetch(request, environment),
    override: options => {
      overrides = options;
    }
  };
}

async function loadPlugins(input: PluginInput, http: EventSource): Promise<PluginsContainer> {
  const plugins = await resolvePlugins(input);
  const own = installsBackgroundTasks(plugins) ? [] : createBackgroundTasks();
  // The HTTP API comes last: an event source of the user may answer such events instead.
  const all = [taskEventSource, statusEventSource, sweepEventSource, ...own, ...plugins, http];
  // Before the container could replace one by its name.
  DefinitionRegistry.from(all);
  return new PluginsContainer(...all);
}

function keysOf(event: unknown): string {
  return typeof event === "object" && event !== null
    ? Object.keys(event).slice(0, 10).join(", ") || "none"
    : typeof event;
}
