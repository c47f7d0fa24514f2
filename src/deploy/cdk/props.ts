import type { Duration, RemovalPolicy } from "aws-cdk-lib";
import type { IAlarmAction } from "aws-cdk-lib/aws-cloudwatch";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { IFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import type { BundlingOptions, NodejsFunctionProps } from "aws-cdk-lib/aws-lambda-nodejs";
import type { ILogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IStateMachine, LogLevel as StateMachineLogLevel } from "aws-cdk-lib/aws-stepfunctions";
import type { LogLevel } from "../../types.js";

/** What `new BackgroundTasks(scope, id, props)` takes. Everything but `entry` has a default. */
export interface BackgroundTasksProps {
  /**
   * File that exports the handler, from the folder where `cdk` runs: `src/handler.ts`. Bundled with esbuild. Only left
   * out when all functions are existing ones.
   */
  readonly entry?: string;
  /** Name under which `entry` exports the handler. Default `handler`. */
  readonly handler?: string;
  /** Default Node 24; Node 22 works too. */
  readonly runtime?: Runtime;
  /** Options of the bundling, over ours: ES modules, minified, the AWS SDK inside. */
  readonly bundling?: BundlingOptions;
  /** Environment variables of both functions, beside those of the tasks. */
  readonly environment?: Record<string, string>;
  /** Days a finished task is kept: sets `WEBINY_TASKS_RETENTION_DAYS`. */
  readonly retentionDays?: number;
  /** Sets `WEBINY_TASKS_LOG_LEVEL`. */
  readonly logLevel?: LogLevel;
  /** Namespace of CloudWatch for metrics of each definition: sets `WEBINY_TASKS_METRICS`, adds alarms and charts. Default: none. */
  readonly metricsNamespace?: string;
  readonly table?: TableSettings;
  readonly runner?: FunctionSettings;
  /** The API as a function of its own. Default: none. */
  readonly api?: ApiSettings;
  readonly stateMachine?: StateMachineSettings;
  readonly nets?: NetsSettings;
  /** False: no X-Ray traces of functions and state machine. Default true. */
  readonly tracing?: boolean;
  /** How long the logs are kept. Default a month. */
  readonly logRetention?: RetentionDays;
  /** False: no alarms. Default: alarms, without actions unless given here. */
  readonly alarms?: boolean | { readonly actions: IAlarmAction[] };
  /** False: no CloudWatch dashboard. Default true. */
  readonly dashboard?: boolean;
}

export interface TableSettings {
  /** A table with the keys and indexes of `tasksTableDescription`, instead of a new one. */
  readonly existing?: ITable;
  /** What becomes of it when the stack is deleted. Default: it is kept. */
  readonly removalPolicy?: RemovalPolicy;
  /** True: it can't be deleted until this is false again. Default false. */
  readonly deletionProtection?: boolean;
}

export interface FunctionSettings {
  /** A function that runs the handler, instead of a new one; set its environment to `tasks.environment`. */
  readonly existing?: IFunction;
  /** MB. Default 1,024 for the runner, 512 for the API. */
  readonly memorySize?: number;
  /** A role for the new function; what the tasks need is added to it. Default: a new one. */
  readonly role?: IRole;
  /** Default: a new one. */
  readonly logGroup?: ILogGroup;
  /** Anything else of the new function: `vpc`, `layers`, `reservedConcurrentExecutions`, ... */
  readonly props?: NodejsFunctionProps;
}

export interface ApiSettings extends FunctionSettings {
  /** How it is reached: a function URL, an HTTP API of API Gateway, or `none`: by something that is there already. */
  readonly type: "functionUrl" | "httpApi" | "none";
}

export interface StateMachineSettings {
  /** A state machine with the definition of `stateMachineJson()`, instead of a new one; it has to be able to invoke the runner. */
  readonly existing?: IStateMachine;
  /** Default: made from the path of the construct. Another name is another state machine, without the open executions. */
  readonly name?: string;
  /** A role for the new state machine, that may invoke the runner, log and trace; nothing is added to it. Default: a new one. */
  readonly role?: IRole;
  /** Default: a new one, whose name begins with `/aws/vendedlogs/`. */
  readonly logGroup?: ILogGroup;
  /** What of an execution is logged; inputs and outputs never are. Default `ERROR`. */
  readonly logLevel?: StateMachineLogLevel;
}

/** What looks after tasks whose execution died. */
export interface NetsSettings {
  /** The function that gets status events and sweeps. Default: the runner. */
  readonly existing?: IFunction;
  /** False: no rule for status events; the sweep finds these tasks within the hour. Default true. */
  readonly statusEvents?: boolean;
  /** Whole minutes between two sweeps; false: none, and nothing that is overdue or over its retention is found. Default 10 minutes. */
  readonly sweepEvery?: Duration | false;
  /** A role for the schedule, that may invoke the function; nothing is added to it. Default: a new one. */
  readonly role?: IRole;
}
