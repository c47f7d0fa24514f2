import { DefinitionRegistry } from "../definition/DefinitionRegistry.js";
import type { TaskContext } from "../definition/TaskDefinition.js";
import { TasksError } from "../errors.js";
import type { Storage } from "../storage/Storage.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import type { TaskService } from "../transport/TaskService.js";
import { systemClock } from "./clock.js";
import { createLogger } from "./logger.js";
import { checkSettings, stateMachineArnOf, tableNameOf, type BackgroundTasksOptions } from "./options.js";
import { CONTEXT_TYPE, TASK_SERVICE_TYPE, type TaskServicePlugin } from "./plugins.js";
import { identityOfContext, scopeOfContext, type ScopedContext } from "./requestScope.js";
import { testingRun } from "./testingRun.js";

// By symbol, so that the runner of one copy of this package finds what another copy installed.
const ENGINE = Symbol.for("@webiny/tasks:engine");
const INSTALLER = "webiny.tasks.context";

/**
 * The plugins that install `context.tasks`. `createHandler` adds them by itself; list them to give options.
 * @throws TasksError CONFIGURATION_ERROR
 */
export function createBackgroundTaskContext(options: BackgroundTasksOptions = {}): unknown[] {
  checkSettings(options);
  return [new BackgroundTaskContextPlugin(options), testingRun];
}

/** Everything background tasks need of a handler. */
export function createBackgroundTasks(options: BackgroundTasksOptions = {}): unknown[] {
  return createBackgroundTaskContext(options);
}

/** Whether the plugins install `context.tasks` themselves. */
export function installsBackgroundTasks(plugins: readonly unknown[]): boolean {
  return plugins.some(plugin => (plugin as { name?: unknown } | null)?.name === INSTALLER);
}

/** What the runner and the event sources work with. @throws TasksError PLUGIN_ERROR */
export function engineOf(context: TaskContext): TaskEngine {
  const engine = (context as { [ENGINE]?: TaskEngine })[ENGINE];
  if (engine === undefined) {
    throw new TasksError("PLUGIN_ERROR", "The context has no background tasks: add createBackgroundTasks() to the plugins.");
  }
  return engine;
}

class BackgroundTaskContextPlugin {
  readonly type = CONTEXT_TYPE;
  readonly name = INSTALLER;
  private storage: Promise<Storage> | undefined;
  private client: Promise<import("@aws-sdk/client-sfn").SFNClient> | undefined;
  private known: { count: number; registry: DefinitionRegistry } | undefined;

  constructor(private readonly options: BackgroundTasksOptions) {}

  async apply(context: TaskContext): Promise<void> {
    const { retentionDays, closeToTimeoutSeconds, logLevel } = checkSettings(this.options);
    // Not before the first event: importing the package loads no SDK.
    const { createTasksContext } = await import("../tasks/createTasksContext.js");
    const { createTopics } = await import("../tasks/topics.js");
    this.storage ??= this.createStorage();
    const scoped = context as ScopedContext;
    const engine: TaskEngine = {
      context,
      storage: await this.storage,
      service: await this.createService(context),
      definitions: this.definitionsOf(context),
      topics: createTopics(),
      clock: this.options.clock ?? systemClock,
      logger: createLogger(logLevel),
      retentionDays,
      closeToTimeoutSeconds,
      scope: () => scopeOfContext(scoped),
      identity: () => identityOfContext(scoped),
      actAs: identity => scoped.security?.setIdentity?.(identity),
      withoutAuthorization: work => (scoped.security?.withoutAuthorization ? scoped.security.withoutAuthorization(work) : work())
    };
    context.tasks = createTasksContext(engine);
    Object.defineProperty(context, ENGINE, { value: engine, configurable: true });
  }

  /** Plugins may be registered by context plugins too, so the registry is built anew when there are more. */
  private definitionsOf(context: TaskContext): DefinitionRegistry {
    const plugins = context.plugins.all();
    if (this.known?.count !== plugins.length) {
      this.known = { count: plugins.length, registry: DefinitionRegistry.from([testingRun, ...plugins]) };
    }
    return this.known.registry;
  }

  private async createStorage(): Promise<Storage> {
    if (this.options.storage !== undefined) {
      return this.options.storage;
    }
    const tableName = tableNameOf(this.options);
    const { DynamoDBClient } = await import("@aws-sdk/client-dynamodb");
    const { DynamoDbStorage } = await import("../storage/dynamodb/DynamoDbStorage.js");
    return new DynamoDbStorage({ client: this.options.dynamoDbClient ?? new DynamoDBClient({}), tableName });
  }

  private async createService(context: TaskContext): Promise<TaskService> {
    const scoped = context as ScopedContext;
    const getTenant = () => scopeOfContext(scoped).tenant;
    const getLocale = () => scopeOfContext(scoped).locale;
    const plugin = context.plugins.byType<TaskServicePlugin>(TASK_SERVICE_TYPE).findLast(candidate => candidate.default);
    if (plugin !== undefined) {
      if (typeof plugin.createService !== "function") {
        throw new TasksError("PLUGIN_ERROR", `A "${TASK_SERVICE_TYPE}" plugin needs a createService method that gives { send, fetch }.`);
      }
      return plugin.createService({ context, getTenant, getLocale });
    }
    if (this.options.service !== undefined) {
      return this.options.service;
    }
    const stateMachineArn = stateMachineArnOf(this.options);
    const { StepFunctionsService } = await import("../transport/stepfunctions/StepFunctionsService.js");
    this.client ??= this.createClient();
    return new StepFunctionsService({ client: await this.client, stateMachineArn, tenant: getTenant, locale: getLocale });
  }

  private async createClient() {
    const { SFNClient } = await import("@aws-sdk/client-sfn");
    return this.options.stepFunctionsClient ?? new SFNClient({});
  }
}
