import type { SFNClient } from "@aws-sdk/client-sfn";
import { ASSUMED_LAMBDA_MB } from "../constants.js";
import { DefinitionRegistry } from "../definition/DefinitionRegistry.js";
import type { TaskContext } from "../definition/TaskDefinition.js";
import { TASK_DEFINITION_TYPE } from "../definition/TaskDefinitionPlugin.js";
import { TasksError } from "../errors.js";
import type { Storage } from "../storage/Storage.js";
import { Observer } from "../observe/Observer.js";
import { putEngine } from "../tasks/engineOf.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import type { TaskService } from "../transport/TaskService.js";
import { createDynamoDbClient, createStepFunctionsClient } from "./awsClients.js";
import { systemClock } from "./clock.js";
import { createLogger } from "./logger.js";
import { once } from "./once.js";
import { createBackgroundTaskGraphQL } from "./graphql.js";
import {
  checkSettings,
  stateMachineArnOf,
  tableNameOf,
  type BackgroundTasksOptions,
  type Settings
} from "./options.js";
import { CONTEXT_TYPE, TASK_SERVICE_TYPE, type TaskServicePlugin } from "./plugins.js";
import { identityOfContext, scopeOfContext, type ScopedContext } from "./requestScope.js";
import { testingRun } from "./testingRun.js";

// By symbol, as there may be two copies of this package.
const OVERRIDES = Symbol.for("@webiny/tasks:overrides");
const INSTALLER = "webiny.tasks.context";

/**
 * The plugins that install `context.tasks`. `createHandler` adds them by itself; list them to give options.
 * @throws TasksError CONFIGURATION_ERROR
 */
export function createBackgroundTaskContext(options: BackgroundTasksOptions = {}): unknown[] {
  checkSettings(options);
  return [new BackgroundTaskContextPlugin(options), testingRun];
}

/** Everything background tasks need of a handler: `context.tasks` and the GraphQL API. */
export function createBackgroundTasks(options: BackgroundTasksOptions = {}): unknown[] {
  return [...createBackgroundTaskContext(options), ...createBackgroundTaskGraphQL()];
}

// Not before the first event: importing the package loads no SDK.
const loadTasks = once(async () => {
  const { createTasksContext } = await import("../tasks/createTasksContext.js");
  const { createTopics } = await import("../tasks/topics.js");
  return { createTasksContext, createTopics };
});
const loadStepFunctions = once(() => import("../transport/stepfunctions/StepFunctionsService.js"));

/** Whether the plugins install `context.tasks` themselves. */
export function installsBackgroundTasks(plugins: readonly unknown[]): boolean {
  return plugins.some(plugin => (plugin as { name?: unknown } | null)?.name === INSTALLER);
}

/**
 * Options that win over those the user gave, for one context: the local runtime points the very same plugins at its own
 * endpoints, whatever clients they were given.
 */
export function overrideOptions(context: TaskContext, overrides: BackgroundTasksOptions): void {
  Object.defineProperty(context, OVERRIDES, { value: overrides, configurable: true });
}

class BackgroundTaskContextPlugin {
  readonly type = CONTEXT_TYPE;
  readonly name = INSTALLER;
  private storage: Promise<Storage> | undefined;
  private client: Promise<SFNClient> | undefined;
  private known: { plugins: unknown[]; registry: DefinitionRegistry } | undefined;
  private readonly options: BackgroundTasksOptions;

  constructor(options: BackgroundTasksOptions) {
    const arn = typeof options.stateMachineArn === "function" ? stateMachineArnOf(options) : undefined;
    // Found once for all events of this handler.
    this.options = typeof arn === "function" ? { ...options, stateMachineArn: once(arn) } : options;
  }

  async apply(context: TaskContext): Promise<void> {
    const options = { ...this.options, ...(context as { [OVERRIDES]?: BackgroundTasksOptions })[OVERRIDES] };
    const settings = checkSettings(options);
    const { retentionDays, closeToTimeoutSeconds, logLevel, debug, prices } = settings;
    const { createTasksContext, createTopics } = await loadTasks();
    const scoped = context as ScopedContext;
    const definitions = () => this.definitionsOf(context);
    const clock = options.clock ?? systemClock;
    const observer = new Observer({
      storage: options.storage ?? (await (this.storage ??= createStorage(options))),
      clock,
      memoryMb: Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE) || ASSUMED_LAMBDA_MB
    });
    const engine: TaskEngine = {
      context,
      storage: observer.storage,
      observer,
      prices,
      service: await this.createService(context, options, settings),
      get definitions() {
        return definitions();
      },
      topics: createTopics(),
      clock,
      random: options.random ?? Math.random,
      logger: createLogger(logLevel),
      retentionDays,
      closeToTimeoutSeconds,
      debug,
      scope: () => scopeOfContext(scoped),
      identity: () => identityOfContext(scoped),
      actAs: identity => scoped.security?.setIdentity?.(identity),
      withoutAuthorization: work =>
        scoped.security?.withoutAuthorization ? scoped.security.withoutAuthorization(work) : work()
    };
    // Two with one id are refused here, not when one of them is asked for.
    definitions();
    context.tasks = createTasksContext(engine);
    putEngine(context, engine);
  }

  /** The definitions there are now: context plugins may register some too, others for every tenant. */
  private definitionsOf(context: TaskContext): DefinitionRegistry {
    const plugins = context.plugins.byType(TASK_DEFINITION_TYPE);
    const { known } = this;
    if (known?.plugins.length === plugins.length && known.plugins.every((plugin, at) => plugin === plugins[at])) {
      return known.registry;
    }
    const registry = DefinitionRegistry.from([testingRun, ...plugins]);
    this.known = { plugins, registry };
    return registry;
  }

  private async createService(
    context: TaskContext,
    options: BackgroundTasksOptions,
    { stateMachineDialect: dialect }: Settings
  ): Promise<TaskService> {
    const scoped = context as ScopedContext;
    const getTenant = () => scopeOfContext(scoped).tenant;
    const getLocale = () => scopeOfContext(scoped).locale;
    const plugin = context.plugins
      .byType<TaskServicePlugin>(TASK_SERVICE_TYPE)
      .findLast(candidate => candidate.default);
    if (plugin !== undefined) {
      if (typeof plugin.createService !== "function") {
        throw new TasksError(
          "PLUGIN_ERROR",
          `A "${TASK_SERVICE_TYPE}" plugin needs a createService method that gives { send, fetch }.`
        );
      }
      return plugin.createService({ context, getTenant, getLocale });
    }
    if (options.service !== undefined) {
      return options.service;
    }
    const stateMachineArn = stateMachineArnOf(options);
    const { StepFunctionsService } = await loadStepFunctions();
    const client = options.stepFunctionsClient ?? (await (this.client ??= createStepFunctionsClient()));
    return new StepFunctionsService({ client, stateMachineArn, dialect, tenant: getTenant, locale: getLocale });
  }
}

async function createStorage(options: BackgroundTasksOptions): Promise<Storage> {
  const tableName = tableNameOf(options);
  const { DynamoDbStorage } = await import("../storage/dynamodb/DynamoDbStorage.js");
  return new DynamoDbStorage({ client: options.dynamoDbClient ?? (await createDynamoDbClient()), tableName });
}
