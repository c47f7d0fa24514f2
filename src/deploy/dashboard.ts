import { ALL_DEFINITIONS, METRICS, type MetricId } from "../observe/metricNames.js";
import type { Watched } from "./alarms.js";

/** A metric as a dashboard's JSON has it: namespace, name, dimension and its value, how it is drawn. */
type Metric = [
  namespace: string,
  name: string,
  dimension: string,
  value: string,
  options?: { stat: string; label: string }
];

const WIDTH = 8;
const HEIGHT = 6;
const COLUMNS = 3;

/**
 * The body of the CloudWatch dashboard.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export function dashboardOf(watched: Watched) {
  return {
    widgets: chartsOf(watched).map(({ title, metrics }, at) => ({
      type: "metric",
      x: (at % COLUMNS) * WIDTH,
      y: Math.floor(at / COLUMNS) * HEIGHT,
      width: WIDTH,
      height: HEIGHT,
      properties: { title, region: watched.region, view: "timeSeries", stat: "Sum", period: 300, metrics }
    }))
  };
}

/** The charts: a list to add to. */
function chartsOf(watched: Watched): { title: string; metrics: Metric[] }[] {
  const { tableName, runnerFunctionName, apiFunctionName, stateMachineArn, metricsNamespace } = watched;
  const states = (name: string): Metric => ["AWS/States", name, "StateMachineArn", stateMachineArn];
  const lambda = (functionName: string, name: string): Metric => ["AWS/Lambda", name, "FunctionName", functionName];
  const durations = (functionName: string): Metric[] =>
    ["p50", "p99", "Maximum"].map(stat => [
      "AWS/Lambda",
      "Duration",
      "FunctionName",
      functionName,
      { stat, label: stat }
    ]);
  const table = (name: string): Metric => ["AWS/DynamoDB", name, "TableName", tableName];
  return [
    {
      title: "Executions",
      metrics: ["Started", "Succeeded", "Failed", "TimedOut", "Aborted"].map(end => states(`Executions${end}`))
    },
    {
      title: "Runner: invocations",
      metrics: ["Invocations", "Errors", "Throttles"].map(name => lambda(runnerFunctionName, name))
    },
    { title: "Runner: duration (ms)", metrics: durations(runnerFunctionName) },
    {
      title: "Runner: at once",
      metrics: [
        [
          "AWS/Lambda",
          "ConcurrentExecutions",
          "FunctionName",
          runnerFunctionName,
          { stat: "Maximum", label: "functions" }
        ]
      ]
    },
    {
      title: "Table: units",
      metrics: ["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"].map(table)
    },
    {
      title: "Throttled",
      metrics: [states("ExecutionThrottled"), table("ReadThrottleEvents"), table("WriteThrottleEvents")]
    },
    ...(apiFunctionName === undefined
      ? []
      : [
          {
            title: "API: invocations",
            metrics: ["Invocations", "Errors", "Throttles"].map(name => lambda(apiFunctionName, name))
          },
          { title: "API: duration (ms)", metrics: durations(apiFunctionName) }
        ]),
    ...(metricsNamespace === undefined ? [] : chartsOfMetrics(metricsNamespace))
  ];
}

/** The handler's own metrics, over all definitions. */
function chartsOfMetrics(namespace: string): { title: string; metrics: Metric[] }[] {
  const [[dimension, value]] = Object.entries(ALL_DEFINITIONS) as [[string, string]];
  const metric = (id: MetricId, stat = "Sum"): Metric => {
    const { name } = METRICS[id];
    return [namespace, name, dimension, value, { stat, label: stat === "Sum" ? name : `${name} ${stat}` }];
  };
  return [
    { title: "Tasks", metrics: (["started", "succeeded", "failed", "aborted"] as const).map(id => metric(id)) },
    {
      title: "Tasks: tried again",
      metrics: (["retried", "lost", "revived"] as const).map(id => metric(id))
    },
    {
      title: "Tasks: durations (ms)",
      metrics: (["triggerToStart", "iterationDuration"] as const).flatMap(id => [metric(id, "p50"), metric(id, "p99")])
    },
    {
      title: "Tasks: oldest (s)",
      metrics: (["oldestActive", "oldestOverdue"] as const).map(id => metric(id, "Maximum"))
    }
  ];
}
