import { alarmsOf, type AlarmSettings, type Watched } from "../alarms.js";
import { dashboardOf } from "../dashboard.js";
import { toIntrinsics } from "./intrinsics.js";
import type { Resource, Resources } from "./resources.js";

const WATCHED: Watched = {
  region: "${AWS::Region}",
  tableName: "${Table}",
  runnerFunctionName: "${Runner}",
  netsFunctionName: "${Runner}",
  stateMachineArn: "${StateMachine}"
};
const WITH_API: Watched = { ...WATCHED, apiFunctionName: "${ApiFunction}" };

/** Alarms and the dashboard; those of the API only where there is one. */
export function watchResources(): Resources {
  const always = new Set(alarmsOf(WATCHED).map(({ id }) => id));
  const alarms = alarmsOf(WITH_API).map(alarm => [`${alarm.id}Alarm`, alarmResource(alarm, always.has(alarm.id))]);
  const body = (watched: Watched) => toIntrinsics(JSON.stringify(dashboardOf(watched)));
  return {
    ...(Object.fromEntries(alarms) as Resources),
    Dashboard: {
      Type: "AWS::CloudWatch::Dashboard",
      Properties: { DashboardBody: { "Fn::If": ["HasApi", body(WITH_API), body(WATCHED)] } }
    }
  };
}

function alarmResource(alarm: AlarmSettings, isAlways: boolean): Resource {
  return {
    Type: "AWS::CloudWatch::Alarm",
    ...(isAlways ? {} : { Condition: "HasApi" as const }),
    Properties: {
      AlarmDescription: alarm.description,
      Namespace: alarm.namespace,
      MetricName: alarm.metricName,
      Dimensions: Object.entries(alarm.dimensions).map(([Name, value]) => ({ Name, Value: toIntrinsics(value) })),
      Statistic: alarm.statistic,
      Period: alarm.periodSeconds,
      EvaluationPeriods: alarm.evaluationPeriods,
      Threshold: alarm.threshold,
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: "notBreaching",
      AlarmActions: { "Fn::If": ["HasAlarmTopic", [{ Ref: "AlarmTopic" }], { Ref: "AWS::NoValue" }] }
    }
  };
}
