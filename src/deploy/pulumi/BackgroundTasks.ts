import type * as aws from "@pulumi/aws";
import {
  all,
  ComponentResource,
  getProject,
  getStack,
  output,
  type ComponentResourceOptions,
  type Output
} from "@pulumi/pulumi";
import type { Watched } from "../alarms.js";
import { stateMachineArn } from "../arns.js";
import { environmentOf } from "../environment.js";
import { apiStatements, runnerStatements, type Reach } from "../iam.js";
import { API, RUNNER } from "../settings.js";
import type { BackgroundTasksArgs, ExistingFunction, ExistingTable } from "./args.js";
import { createHttpApi } from "./createHttpApi.js";
import { createNets } from "./createNets.js";
import { createStateMachine } from "./createStateMachine.js";
import { createTable } from "./createTable.js";
import { createWatch } from "./createWatch.js";
import { createFunction } from "./functions.js";

/** Characters a state machine's name may have. */
const MAX_MACHINE_NAME = 80;

/**
 * Background tasks with everything they need: table, runner, state machine, rule and schedule that look after tasks,
 * roles, alarms and a dashboard, and, if asked for, the API. Table, functions and state machine can be existing ones.
 * @throws TasksError CONFIGURATION_ERROR when there is neither `code` nor an existing function
 * @example
 * const tasks = new BackgroundTasks("tasks", { code: new pulumi.asset.FileArchive("build"), api: {} });
 * export const url = pulumi.interpolate`${tasks.apiUrl}graphql`;
 */
export class BackgroundTasks extends ComponentResource {
  readonly table: ExistingTable;
  /** Runs the tasks. */
  readonly runner: ExistingFunction;
  /** Answers the API, if there is one. */
  readonly api: ExistingFunction | undefined;
  /** Of the API, with a slash at the end; GraphQL is at `graphql`. */
  readonly apiUrl: Output<string> | undefined;
  readonly stateMachineArn: Output<string>;
  /** The variables the handler reads: give them to functions of your own that use `context.tasks`. */
  readonly environment: Output<Record<string, string>>;
  readonly alarms: aws.cloudwatch.MetricAlarm[];

  constructor(name: string, args: BackgroundTasksArgs, options?: ComponentResourceOptions) {
    super("webiny:tasks:BackgroundTasks", name, {}, options);
    this.table = createTable(`${name}-table`, args.table, this);
    const machineName = args.stateMachine?.name ?? machineNameOf(name);
    const { existing } = args.stateMachine ?? {};
    const reach = all([output(this.table.arn), output(existing)]).apply(([arn, machine]) =>
      reachOf(arn, machine?.split(":").at(-1) ?? machineName)
    );
    // Made from its name: the machine itself waits for the runner, and the runner's environment names the machine.
    this.stateMachineArn = reach.apply(stateMachineArn);
    this.environment = all([this.table.name, this.stateMachineArn]).apply(([tableName, arn]) =>
      environmentOf({
        tableName,
        stateMachineArn: arn,
        retentionDays: args.retentionDays,
        logLevel: args.logLevel,
        metricsNamespace: args.metricsNamespace
      })
    );

    const shared = { args, environment: this.environment, reach, parent: this };
    const runner = { ...shared, defaults: RUNNER, statements: runnerStatements };
    this.runner = createFunction({ ...runner, name: `${name}-runner`, settings: args.runner ?? {} });
    if (args.api !== undefined) {
      this.api = createFunction({
        ...shared,
        name: `${name}-api`,
        settings: args.api,
        defaults: API,
        statements: apiStatements
      });
      this.apiUrl = createHttpApi(name, this.api.arn, args, this);
    }
    if (existing === undefined) {
      const runnerArn = this.runner.arn;
      createStateMachine({ name: `${name}-machine`, machineName, args, runnerArn, reach, parent: this });
    }

    const { nets: settings = {} } = args;
    const hasOwn = settings.code !== undefined || settings.existing !== undefined;
    const nets = hasOwn ? createFunction({ ...runner, name: `${name}-nets`, settings }) : this.runner;
    const { stateMachineArn: machineArn } = this;
    createNets({ name, settings, functionArn: nets.arn, stateMachineArn: machineArn, reach, parent: this });
    const names = all([this.table.name, this.runner.name, nets.name, output(this.api?.name)]);
    const watched = all([reach, machineArn, names]).apply(
      ([{ region }, arn, [tableName, runnerFunctionName, netsFunctionName, apiFunctionName]]): Watched => ({
        region,
        tableName,
        runnerFunctionName,
        netsFunctionName,
        apiFunctionName,
        stateMachineArn: arn,
        metricsNamespace: args.metricsNamespace
      })
    );
    const hasApi = this.api !== undefined;
    this.alarms = createWatch({ name, dashboardName: machineName, args, watched, hasApi, parent: this });
    this.registerOutputs();
  }
}

function machineNameOf(name: string): string {
  return `${getProject()}-${getStack()}-${name}`.replace(/[^\w-]/g, "-").slice(-MAX_MACHINE_NAME);
}

/** The table is there first, and its ARN says where everything is. */
function reachOf(tableArn: string, stateMachineName: string): Reach {
  const [, partition = "", , region = "", account = ""] = tableArn.split(":");
  return { partition, region, account, stateMachineName, tableArn };
}
