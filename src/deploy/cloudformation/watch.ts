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
/** What is there under a condition only. */
const API = { apiFunctionName: "${ApiFunction}" };
const METRICS = { metricsNamespace: "${MetricsNamespace}" };

/** Alarms and the dashboard; those of the API and of the handler's own metrics only where there are some. */
export function watchResources(): Resources {
  const idsOf = (watched: Watched) => new Set(alarmsOf(watched).map(({ id }) => id));
  const [always, withApi] = [idsOf(WATCHED), idsOf({ ...WATCHED, ...API })];
  const alarms = alarmsOf({ ...WATCHED, ...API, ...METRICS }).map(alarm => {
    const condition = always.has(alarm.id) ? undefined : withApi.has(alarm.id) ? "HasApi" : "HasMetrics";
    return [`${alarm.id}Alarm`, alarmResource(alarm, condition)];
  });
  return {
    ...(Object.fromEntries(alarms) as Resources),
    Dashboard: { Type: "AWS::CloudWatch::Dashboard", Properties: { DashboardBody: dashboardBody() } }
  };
}

/** A dashboard is one text, so there is one for each of the cases. */
function dashboardBody(): unknown {
  const body = (watched: Watched) => toIntrinsics(JSON.stringify(dashboardOf(watched)));
  const ifMetrics = (watched: Watched) => ({
    "Fn::If": ["HasMetrics", body({ ...watched, ...METRICS }), body(watched)]
  });
  return { "Fn::If": ["HasApi", ifMetrics({ ...WATCHED, ...API }), ifMetrics(WATCHED)] };
}

function alarmResource(alarm: AlarmSettings, condition: Resource["Condition"]): Resource {
  return {
    Type: "AWS::CloudWatch::Alarm",
    ...(condition === undefined ? {} : { Condition: condition }),
    Properties: {
      AlarmDescription: alarm.description,
      Namespace: toIntrinsics(alarm.namespace),
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
