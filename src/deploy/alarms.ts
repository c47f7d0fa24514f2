import { ALL_DEFINITIONS, METRICS } from "../observe/metricNames.js";

const MINUTE_SECONDS = 60;

/** Names of what is watched. Without `apiFunctionName` there is no API. */
export interface Watched {
  region: string;
  tableName: string;
  runnerFunctionName: string;
  apiFunctionName?: string;
  /** The function of the rule and the schedule. */
  netsFunctionName: string;
  stateMachineArn: string;
  /** Where the handler puts its metrics, if it counts any. */
  metricsNamespace?: string;
}

/** One alarm of CloudWatch. Missing data is good: nothing happened. */
export interface AlarmSettings {
  id: string;
  /** What to do. */
  description: string;
  namespace: string;
  metricName: string;
  dimensions: Record<string, string>;
  statistic: "Sum" | "Maximum";
  periodSeconds: number;
  /** Periods in a row. */
  evaluationPeriods: number;
  /** It alarms above this. */
  threshold: number;
}

/** The alarms: a list to add to. docs/operations.md shows it. */
export function alarmsOf(watched: Watched): AlarmSettings[] {
  const { tableName, stateMachineArn, apiFunctionName, metricsNamespace } = watched;
  const runner = lambda(watched.runnerFunctionName);
  const machine = { namespace: "AWS/States", dimensions: { StateMachineArn: stateMachineArn } };
  const table = { namespace: "AWS/DynamoDB", dimensions: { TableName: tableName } };
  return [
    {
      id: "RunnerErrors",
      description: "The runner crashed, timed out or could not reach DynamoDB. See its log.",
      ...sum(runner, "Errors", { above: 5 })
    },
    {
      id: "RunnerThrottles",
      description: "The runner is throttled: tasks wait. Raise its concurrency, or trigger less at once.",
      ...sum(runner, "Throttles", { periods: 3 })
    },
    {
      id: "RunnerDuration",
      description:
        "An invocation took over 14 of its 15 minutes. Do less per iteration, or look at isCloseToTimeout().",
      ...sum(runner, "Duration", { above: 14 * MINUTE_SECONDS * 1_000 }),
      statistic: "Maximum"
    },
    {
      id: "EventsDropped",
      description: "A status event or a sweep was given up. See the function's log; the next sweep makes up for it.",
      ...sum(lambda(watched.netsFunctionName), "AsyncEventsDropped")
    },
    ...(apiFunctionName === undefined
      ? []
      : [
          {
            id: "ApiErrors",
            description: "The API's function crashed or timed out. See its log.",
            ...sum(lambda(apiFunctionName), "Errors", { above: 5 })
          }
        ]),
    {
      id: "ExecutionsFailed",
      description: "Tasks failed. List them: webiny-tasks list --status failed.",
      ...sum(machine, "ExecutionsFailed")
    },
    {
      id: "ExecutionsTimedOut",
      description: "An execution reached a year. Its task goes on in a fresh one; see why it waited so long.",
      ...sum(machine, "ExecutionsTimedOut")
    },
    {
      id: "ExecutionsThrottled",
      description: "Step Functions delays state transitions. Raise the quota, or use bursts.",
      ...sum(machine, "ExecutionThrottled", { periods: 3 })
    },
    {
      id: "TableReadThrottles",
      description: "Reads of the table are throttled. See its metrics by key and its maximum throughput.",
      ...sum(table, "ReadThrottleEvents", { periods: 3 })
    },
    {
      id: "TableWriteThrottles",
      description: "Writes to the table are throttled. See its metrics by key and its maximum throughput.",
      ...sum(table, "WriteThrottleEvents", { periods: 3 })
    },
    ...(metricsNamespace === undefined ? [] : alarmsOfMetrics(metricsNamespace))
  ];
}

/** What only the handler's own metrics show. */
function alarmsOfMetrics(namespace: string): AlarmSettings[] {
  const tasks = { namespace, dimensions: ALL_DEFINITIONS };
  return [
    {
      id: "TaskOverdue",
      description: "Sweeps find a task that they can't get going. See the log of the sweep for it.",
      ...sum(tasks, METRICS.oldestOverdue.name, { above: 60 * MINUTE_SECONDS }),
      statistic: "Maximum",
      // Longer than from one sweep to the next.
      periodSeconds: 15 * MINUTE_SECONDS
    },
    {
      id: "TasksRevived",
      description: "Executions end before their tasks, and are started again. See why in Step Functions.",
      ...sum(tasks, METRICS.revived.name, { above: 10 })
    }
  ];
}

function lambda(functionName: string) {
  return { namespace: "AWS/Lambda", dimensions: { FunctionName: functionName } };
}

function sum(
  source: Pick<AlarmSettings, "namespace" | "dimensions">,
  metricName: string,
  { above = 0, periods = 1 } = {}
): Omit<AlarmSettings, "id" | "description"> {
  return {
    ...source,
    metricName,
    statistic: "Sum",
    periodSeconds: 5 * MINUTE_SECONDS,
    evaluationPeriods: periods,
    threshold: above
  };
}
