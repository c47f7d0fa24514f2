import * as aws from "@pulumi/aws";
import { jsonStringify, type Output, type Resource } from "@pulumi/pulumi";
import { alarmsOf, type AlarmSettings, type Watched } from "../alarms.js";
import { dashboardOf } from "../dashboard.js";
import type { BackgroundTasksArgs } from "./args.js";

export interface WatchParams {
  name: string;
  dashboardName: string;
  args: BackgroundTasksArgs;
  watched: Output<Watched>;
  hasApi: boolean;
  parent: Resource;
}

/** Alarms and the dashboard. */
export function createWatch({
  name,
  dashboardName,
  args,
  watched,
  hasApi,
  parent
}: WatchParams): aws.cloudwatch.MetricAlarm[] {
  if (args.dashboard !== false) {
    const dashboardBody = jsonStringify(watched.apply(dashboardOf));
    new aws.cloudwatch.Dashboard(`${name}-dashboard`, { dashboardName, dashboardBody }, { parent });
  }
  if (args.alarms === false) {
    return [];
  }
  const actions = typeof args.alarms === "object" ? args.alarms.actions : [];
  return listOf(hasApi, args.metricsNamespace).map(
    ({ id, description, namespace, metricName, statistic, periodSeconds, evaluationPeriods, threshold }) =>
      new aws.cloudwatch.MetricAlarm(
        `${name}-${id}`,
        {
          alarmDescription: description,
          namespace,
          metricName,
          dimensions: watched.apply(names => dimensionsOf(id, names)),
          statistic,
          period: periodSeconds,
          evaluationPeriods,
          threshold,
          comparisonOperator: "GreaterThanThreshold",
          treatMissingData: "notBreaching",
          alarmActions: actions
        },
        { parent }
      )
  );
}

/** Which alarms there are is known before the names of what they watch. */
function listOf(hasApi: boolean, metricsNamespace?: string): AlarmSettings[] {
  const unnamed = { region: "", tableName: "", runnerFunctionName: "", netsFunctionName: "", stateMachineArn: "" };
  return alarmsOf({ ...unnamed, metricsNamespace, ...(hasApi ? { apiFunctionName: "" } : {}) });
}

function dimensionsOf(id: string, watched: Watched): Record<string, string> {
  return (alarmsOf(watched).find(alarm => alarm.id === id) as AlarmSettings).dimensions;
}
