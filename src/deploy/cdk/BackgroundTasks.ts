import { ArnFormat, Duration, Names, Stack } from "aws-cdk-lib";
import { Alarm, CfnDashboard, ComparisonOperator, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { alarmsOf, type Watched } from "../alarms.js";
import { stateMachineArn } from "../arns.js";
import { dashboardOf } from "../dashboard.js";
import { environmentOf } from "../environment.js";
import { apiStatements, runnerStatements } from "../iam.js";
import { createAccess } from "./createAccess.js";
import { createNets } from "./createNets.js";
import { createStateMachine } from "./createStateMachine.js";
import { createTable } from "./createTable.js";
import { createFunction, grant } from "./functions.js";
import type { BackgroundTasksProps } from "./props.js";

/** Characters a state machine's name may have. */
const MAX_MACHINE_NAME = 80;

/**
 * Background tasks with everything they need: table, runner, state machine, rule and schedule that look after tasks,
 * roles, alarms and a dashboard, and, if asked for, the API. Every part can be an existing one.
 * @throws TasksError CONFIGURATION_ERROR when there is neither `entry` nor an existing function
 * @example
 * const tasks = new BackgroundTasks(this, "Tasks", { entry: "src/handler.ts", api: { type: "functionUrl" } });
 * bucket.grantRead(tasks.runner);
 */
export class BackgroundTasks extends Construct {
  readonly table: ITable;
  /** Runs the tasks. Grant it what they use. */
  readonly runner: IFunction;
  /** Answers the API, if there is one. */
  readonly api: IFunction | undefined;
  /** Of the API, with a slash at the end; GraphQL is at `graphql`. None with the type `none`. */
  readonly apiUrl: string | undefined;
  readonly stateMachine: IStateMachine;
  /** The variables the handler reads: give them to functions of your own that use `context.tasks`. */
  readonly environment: Record<string, string>;
  readonly alarms: Alarm[];

  constructor(scope: Construct, id: string, props: BackgroundTasksProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.table = createTable(this, props.table);
    const { partition, region, account } = stack;
    const place = { partition, region, account, stateMachineName: this.stateMachineName(props) };
    const machineArn = props.stateMachine?.existing?.stateMachineArn ?? stateMachineArn(place);
    const reach = { ...place, tableArn: this.table.tableArn };
    this.environment = environmentOf({
      tableName: this.table.tableName,
      stateMachineArn: machineArn,
      retentionDays: props.retentionDays,
      logLevel: props.logLevel,
      metricsNamespace: props.metricsNamespace
    });

    const shared = { props, environment: this.environment };
    this.runner = createFunction(this, {
      ...shared,
      name: "Runner",
      settings: props.runner,
      statements: runnerStatements(reach)
    });
    if (props.api !== undefined) {
      const { type, ...settings } = props.api;
      this.api = createFunction(this, { ...shared, name: "Api", settings, statements: apiStatements(reach) });
      this.apiUrl = createAccess(this, type, this.api, props);
    }
    this.stateMachine = createStateMachine(this, { props, runner: this.runner, name: place.stateMachineName });
    const nets = props.nets?.existing ?? this.runner;
    if (nets !== this.runner) {
      grant(this, "Nets", nets.role, runnerStatements(reach), nets);
    }
    createNets(this, props.nets ?? {}, nets, this.stateMachine.stateMachineArn);

    const watched: Watched = {
      region,
      tableName: this.table.tableName,
      runnerFunctionName: this.runner.functionName,
      apiFunctionName: this.api?.functionName,
      netsFunctionName: nets.functionName,
      stateMachineArn: this.stateMachine.stateMachineArn,
      metricsNamespace: props.metricsNamespace
    };
    this.alarms = props.alarms === false ? [] : this.createAlarms(watched, props);
    if (props.dashboard !== false) {
      new CfnDashboard(this, "Dashboard", { dashboardBody: stack.toJsonString(dashboardOf(watched)) });
    }
  }

  private stateMachineName({ stateMachine = {} }: BackgroundTasksProps): string {
    const { existing, name } = stateMachine;
    return existing === undefined
      ? (name ?? Names.uniqueResourceName(this, { maxLength: MAX_MACHINE_NAME }))
      : (Stack.of(this).splitArn(existing.stateMachineArn, ArnFormat.COLON_RESOURCE_NAME).resourceName as string);
  }

  private createAlarms(watched: Watched, { alarms }: BackgroundTasksProps): Alarm[] {
    const actions = typeof alarms === "object" ? alarms.actions : [];
    return alarmsOf(watched).map(({ id, description, threshold, evaluationPeriods, ...source }) => {
      const { namespace, metricName, dimensions, statistic, periodSeconds } = source;
      const alarm = new Alarm(this, `${id}Alarm`, {
        alarmDescription: description,
        metric: new Metric({
          namespace,
          metricName,
          dimensionsMap: dimensions,
          statistic,
          period: Duration.seconds(periodSeconds)
        }),
        threshold,
        evaluationPeriods,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING
      });
      alarm.addAlarmAction(...actions);
      return alarm;
    });
  }
}
