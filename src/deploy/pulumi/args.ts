import type { asset, Input } from "@pulumi/pulumi";
import type { LogLevel } from "../../types.js";

/** What `new BackgroundTasks(name, args)` takes. Everything but `code` has a default. */
export interface BackgroundTasksArgs {
  /**
   * The bundled handler: `new pulumi.asset.FileArchive("build")`, a folder with an `index.mjs`. Only left out when all
   * functions are existing ones.
   */
  code?: Input<asset.Archive>;
  /** File in the code, and what it exports. Default `index.handler`. */
  handler?: Input<string>;
  /** Default `nodejs24.x`; `nodejs22.x` works too. */
  runtime?: Input<string>;
  /** Environment variables of new functions, beside those of the tasks. */
  environment?: Input<Record<string, Input<string>>>;
  /** Days a finished task is kept: sets `WEBINY_TASKS_RETENTION_DAYS`. */
  retentionDays?: number;
  /** Sets `WEBINY_TASKS_LOG_LEVEL`. */
  logLevel?: LogLevel;
  /** Namespace of CloudWatch for metrics of each definition: sets `WEBINY_TASKS_METRICS`, adds alarms and charts. Default: none. */
  metricsNamespace?: string;
  table?: {
    /** A table with the keys and indexes of `tasksTableDescription`, instead of a new one. */
    existing?: ExistingTable;
    /** False: it goes with the stack. Default true: it stays. */
    retainOnDelete?: boolean;
    /** True: it can't be deleted until this is false again. Default false. */
    deletionProtection?: boolean;
  };
  runner?: FunctionArgs;
  /** The API as a function of its own, behind an HTTP API of API Gateway. Default: none. */
  api?: FunctionArgs;
  stateMachine?: {
    /** ARN of a state machine with the definition of `stateMachineJson()`, instead of a new one; it has to be able to invoke the runner. */
    existing?: Input<string>;
    /** Default: project, stack and the component's name. Another name is another state machine, without the open executions. */
    name?: string;
    /** What of an execution is logged: `ALL`, `ERROR`, `FATAL` or `OFF`; inputs and outputs never are. Default `ERROR`. */
    logLevel?: Input<string>;
  };
  nets?: NetsArgs;
  /** False: no X-Ray traces of functions and state machine. Default true. */
  tracing?: boolean;
  /** Days the logs are kept. Default 30. */
  logRetentionDays?: Input<number>;
  /** False: no alarms. Default: alarms, without actions unless given here (ARNs, such as of SNS topics). */
  alarms?: boolean | { actions: Input<string>[] };
  /** False: no CloudWatch dashboard. Default true. */
  dashboard?: boolean;
}

/** An `aws.dynamodb.Table` is one. */
export interface ExistingTable {
  name: Input<string>;
  arn: Input<string>;
}

/** An `aws.lambda.Function` is one. */
export interface ExistingFunction {
  name: Input<string>;
  arn: Input<string>;
  /** ARN of its role: what the tasks need is added to it. */
  role: Input<string>;
}

export interface FunctionArgs {
  /** A function that runs the handler, instead of a new one; set its environment to `tasks.environment`. */
  existing?: ExistingFunction;
  /** MB. Default 1,024 for the runner, 512 for the API. */
  memorySize?: Input<number>;
}

/** What looks after tasks whose execution died. */
export interface NetsArgs extends FunctionArgs {
  /** Code of a function of its own for status events and sweeps. Default: the runner gets them. */
  code?: Input<asset.Archive>;
  /** False: no rule for status events; the sweep finds these tasks within the hour. Default true. */
  statusEvents?: boolean;
  /** Whole minutes between two sweeps; false: none, and nothing that is overdue or over its retention is found. Default 10. */
  sweepMinutes?: number | false;
}
