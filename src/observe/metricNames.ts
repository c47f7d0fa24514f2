/** Namespace of the metrics, unless another one is given. */
export const DEFAULT_METRICS_NAMESPACE = "WebinyTasks";

/**
 * The metrics, by what happened. Each has two dimensions, apart from each other: `DefinitionId`, and `Definitions` with the
 * value `all`, since an alarm can't add up what has different dimensions.
 */
export const METRICS = {
  /** The first iteration has begun. */
  started: { name: "TasksStarted", unit: "Count", kept: "sum" },
  succeeded: { name: "TasksSucceeded", unit: "Count", kept: "sum" },
  failed: { name: "TasksFailed", unit: "Count", kept: "sum" },
  aborted: { name: "TasksAborted", unit: "Count", kept: "sum" },
  /** An attempt ended in an error, and the iteration is tried again. */
  retried: { name: "IterationsRetried", unit: "Count", kept: "sum" },
  /** An invocation crashed or timed out. */
  lost: { name: "InvocationsLost", unit: "Count", kept: "sum" },
  /** An execution was over and its task was not: another one was started. */
  revived: { name: "TasksRevived", unit: "Count", kept: "sum" },
  /** Of `run`, with what it saves. */
  iterationDuration: { name: "IterationDuration", unit: "Milliseconds", kept: "all" },
  /** From the trigger, or from the end of its delay, to the first iteration. */
  triggerToStart: { name: "TriggerToStart", unit: "Milliseconds", kept: "all" },
  /** Since the start of a task that has not ended: told with each of its iterations, and by the sweep where it is overdue. */
  oldestActive: { name: "OldestActiveTask", unit: "Seconds", kept: "max" },
  /** Since somebody should have looked after a task, as the sweep finds it: more than a few minutes is a task that is stuck. */
  oldestOverdue: { name: "OldestOverdueTask", unit: "Seconds", kept: "max" }
} as const satisfies Record<string, { name: string; unit: string; kept: "sum" | "all" | "max" }>;

export type MetricId = keyof typeof METRICS;

/** The dimensions of a metric over all definitions: what an alarm watches. */
export const ALL_DEFINITIONS = { Definitions: "all" } as const;
