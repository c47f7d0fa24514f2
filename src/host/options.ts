import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { SFNClient } from "@aws-sdk/client-sfn";
import { DEFAULT_CLOSE_TO_TIMEOUT_SECONDS, DEFAULT_RETENTION_DAYS } from "../constants.js";
import { TasksError } from "../errors.js";
import { DEFAULT_METRICS_NAMESPACE } from "../observe/metricNames.js";
import { DEFAULT_PRICES, type Prices } from "../observe/prices.js";
import type { Storage } from "../storage/Storage.js";
import type { TaskService } from "../transport/TaskService.js";
import type { Clock, Logger, LogLevel } from "../types.js";

/** What `createBackgroundTasks` takes. Each value may also come from the environment variable named with it. */
export interface BackgroundTasksOptions {
  /** Name of the DynamoDB table. `WEBINY_TASKS_TABLE`, else `DB_TABLE`. */
  tableName?: string;
  /**
   * ARN of the state machine, or an (async) function that gives it, such as one that asks Webiny's ServiceDiscovery. The
   * function is called once, when an execution is started, stopped or described for the first time; after a failure it is
   * called again the next time. `WEBINY_TASKS_STATE_MACHINE_ARN`.
   */
  stateMachineArn?: string | (() => string | Promise<string>);
  /**
   * Whose state machine it is: `own`, that of `stateMachineJson()`, or `webiny`, the one a Webiny project deploys (start
   * input wrapped as `{ detail }`, no numbers in its events). Default `own`. `WEBINY_TASKS_STATE_MACHINE_DIALECT`.
   */
  stateMachineDialect?: StateMachineDialect;
  /** Default: a client of the Lambda's region. `AWS_ENDPOINT_URL_DYNAMODB` points it elsewhere. */
  dynamoDbClient?: DynamoDBClient;
  /** Default: a client of the Lambda's region. `AWS_ENDPOINT_URL_SFN` points it elsewhere. */
  stepFunctionsClient?: SFNClient;
  /** Days a finished task, its logs and payloads are kept, 1 to 36,500; default 90. `WEBINY_TASKS_RETENTION_DAYS`. */
  retentionDays?: number;
  /** `debug`, `info`, `warn`, `error` or `silent`; default `info`. `WEBINY_TASKS_LOG_LEVEL`. */
  logLevel?: LogLevel;
  /**
   * Takes the log lines in the place of the built-in one, which writes JSON to stdout and stderr: the console, Powertools'
   * `Logger`, or a few lines around another one. It says itself which levels it keeps; `logLevel` is for the built-in one.
   */
  logger?: Logger;
  /**
   * True, or a namespace of CloudWatch: metrics of each definition are written to stdout, in CloudWatch's embedded format.
   * Default false; true is the namespace `WebinyTasks`. `WEBINY_TASKS_METRICS` (`true`, `false`, or a namespace).
   */
  metrics?: boolean | { namespace: string };
  /**
   * True: spans of triggers and iterations through `@opentelemetry/api`, which has to be installed, for whatever SDK is
   * registered. Default false. `WEBINY_TASKS_TRACING` (`true` or `false`).
   */
  tracing?: boolean;
  /** True: answers of the API show stacks and internal errors. Default false. `WEBINY_TASKS_DEBUG` (`true` or `false`). */
  debug?: boolean;
  /** Where `isCloseToTimeout()` turns true, in minutes before the deadline; default 3. `WEBINY_TASKS_TIMEOUT_CLOSE_MINUTES`. */
  closeToTimeoutMinutes?: number;
  /** What AWS asks, where it is not the default table: that of another region, say. Any of its values. */
  prices?: Partial<Prices>;
  /** Another storage than DynamoDB: tests use the one in memory. */
  storage?: Storage;
  /** Another way to start executions than Step Functions; a `tasks.taskService` plugin does the same. */
  service?: TaskService;
  /** Another time than the real one. */
  clock?: Clock;
  /** Another source of chance than `Math.random`: numbers from 0 up to 1. */
  random?: () => number;
}

/** Whose state machine runs the tasks. */
export type StateMachineDialect = "own" | "webiny";

/** The checked values that do not depend on a request. */
export interface Settings {
  stateMachineDialect: StateMachineDialect;
  retentionDays: number;
  logLevel: LogLevel;
  /** Undefined: none. */
  metricsNamespace: string | undefined;
  tracing: boolean;
  closeToTimeoutSeconds: number;
  debug: boolean;
  prices: Prices;
}

const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];
const DIALECTS: readonly StateMachineDialect[] = ["own", "webiny"];
const NAMES = new Set<string>([
  "tableName",
  "stateMachineArn",
  "stateMachineDialect",
  "dynamoDbClient",
  "stepFunctionsClient",
  "retentionDays",
  "logLevel",
  "logger",
  "metrics",
  "tracing",
  "closeToTimeoutMinutes",
  "debug",
  "prices",
  "storage",
  "service",
  "clock",
  "random"
] satisfies (keyof BackgroundTasksOptions)[]);

type Environment = Record<string, string | undefined>;

/** @throws TasksError CONFIGURATION_ERROR naming the option and its variable */
export function checkSettings(options: BackgroundTasksOptions, environment: Environment = process.env): Settings {
  const unknown = Object.keys(options).filter(name => !NAMES.has(name));
  if (unknown.length > 0) {
    fail(`unknown option ${unknown.join(", ")}; known are ${[...NAMES].join(", ")}`);
  }
  const logLevel = options.logLevel ?? environment.WEBINY_TASKS_LOG_LEVEL ?? "info";
  if (!LOG_LEVELS.includes(logLevel as LogLevel)) {
    fail(`"logLevel" (WEBINY_TASKS_LOG_LEVEL) must be one of ${LOG_LEVELS.join(", ")}; got "${logLevel}"`);
  }
  checkLogger(options.logger);
  const dialect = options.stateMachineDialect ?? environment.WEBINY_TASKS_STATE_MACHINE_DIALECT ?? "own";
  if (!DIALECTS.includes(dialect as StateMachineDialect)) {
    fail(
      `"stateMachineDialect" (WEBINY_TASKS_STATE_MACHINE_DIALECT) must be one of ${DIALECTS.join(", ")}; got "${dialect}"`
    );
  }
  const number = (name: "retentionDays" | "closeToTimeoutMinutes", variable: string, fallback: number, max: number) => {
    const given = options[name] ?? environment[variable] ?? fallback;
    const value = Number(given);
    if (given === "" || !Number.isFinite(value) || value <= 0 || value > max) {
      fail(`"${name}" (${variable}) must be a number above 0, at most ${max}; got "${given}"`);
    }
    return value;
  };
  const boolean = (name: "debug" | "tracing", variable: string) => {
    const given = options[name] ?? environment[variable] ?? false;
    if (![true, false, "true", "false"].includes(given)) {
      fail(`"${name}" (${variable}) must be true or false; got "${given}"`);
    }
    return String(given) === "true";
  };
  return {
    stateMachineDialect: dialect as StateMachineDialect,
    debug: boolean("debug", "WEBINY_TASKS_DEBUG"),
    tracing: boolean("tracing", "WEBINY_TASKS_TRACING"),
    prices: checkPrices(options.prices),
    logLevel: logLevel as LogLevel,
    metricsNamespace: metricsNamespaceOf(options.metrics ?? environment.WEBINY_TASKS_METRICS ?? false),
    retentionDays: number("retentionDays", "WEBINY_TASKS_RETENTION_DAYS", DEFAULT_RETENTION_DAYS, 36_500),
    closeToTimeoutSeconds:
      60 *
      number("closeToTimeoutMinutes", "WEBINY_TASKS_TIMEOUT_CLOSE_MINUTES", DEFAULT_CLOSE_TO_TIMEOUT_SECONDS / 60, 15)
  };
}

/** A namespace as CloudWatch takes it; its own begin with `AWS/`. */
function metricsNamespaceOf(given: unknown): string | undefined {
  const isObject = typeof given === "object" && given !== null;
  const namespace = isObject ? (given as { namespace?: unknown }).namespace : given;
  if (!isObject && ["false", "true"].includes(String(given))) {
    return String(given) === "true" ? DEFAULT_METRICS_NAMESPACE : undefined;
  }
  if (typeof namespace !== "string" || !/^(?!AWS\/)[\w.\-/#:]{1,255}$/.test(namespace)) {
    fail(
      `"metrics" (WEBINY_TASKS_METRICS) must be true, false, or a namespace of CloudWatch that does not begin with AWS/; got "${String(namespace)}"`
    );
  }
  return namespace;
}

function checkLogger(logger: Partial<Logger> | undefined): void {
  const missing = ["debug", "info", "warn", "error"].filter(
    level => logger !== undefined && typeof logger?.[level as keyof Logger] !== "function"
  );
  if (missing.length > 0) {
    fail(`"logger" must have the methods debug, info, warn and error; not there: ${missing.join(", ")}`);
  }
}

function checkPrices(given: Partial<Prices> = {}): Prices {
  for (const [name, value] of Object.entries(given)) {
    const type: unknown = typeof DEFAULT_PRICES[name as keyof Prices];
    if (type === "undefined") {
      fail(`unknown "prices.${name}"; known are ${Object.keys(DEFAULT_PRICES).join(", ")}`);
    }
    if (typeof value !== type || (typeof value === "number" && !(value >= 0 && value < Infinity))) {
      fail(`"prices.${name}" must be a ${type === "number" ? "number of dollars, 0 or more" : "text"}; got "${value}"`);
    }
  }
  return { ...DEFAULT_PRICES, ...given };
}

/** @throws TasksError CONFIGURATION_ERROR */
export function tableNameOf(options: BackgroundTasksOptions, environment: Environment = process.env): string {
  const name = options.tableName ?? environment.WEBINY_TASKS_TABLE ?? environment.DB_TABLE;
  if (!name) {
    fail(
      "the table is not known: set the environment variable WEBINY_TASKS_TABLE (or DB_TABLE), or pass createBackgroundTasks({ tableName })"
    );
  }
  return name;
}

/**
 * The ARN, or the function that gives it: what it gives is checked when it is called.
 * @throws TasksError CONFIGURATION_ERROR
 */
export function stateMachineArnOf(
  options: BackgroundTasksOptions,
  environment: Environment = process.env
): string | (() => Promise<string>) {
  const arn = options.stateMachineArn ?? environment.WEBINY_TASKS_STATE_MACHINE_ARN;
  if (typeof arn === "function") {
    return async () => checkArn(await arn());
  }
  if (!arn) {
    fail(
      "the state machine is not known: set the environment variable WEBINY_TASKS_STATE_MACHINE_ARN, or pass createBackgroundTasks({ stateMachineArn })"
    );
  }
  return checkArn(arn);
}

function checkArn(arn: unknown): string {
  if (typeof arn !== "string" || !/^arn:[a-z-]+:states:[a-z0-9-]+:\d{12}:stateMachine:[^:]+$/.test(arn)) {
    fail(
      `"stateMachineArn" (WEBINY_TASKS_STATE_MACHINE_ARN) must look like arn:aws:states:<region>:<account>:stateMachine:<name>; got "${String(arn)}"`
    );
  }
  return arn;
}

function fail(fault: string): never {
  throw new TasksError("CONFIGURATION_ERROR", `Background tasks are not configured: ${fault}.`);
}
