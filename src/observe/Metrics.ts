import { createdOnOf, isActive, type TaskRecord } from "../storage/record.js";
import { ALL_DEFINITIONS, METRICS, type MetricId } from "./metricNames.js";
import { claims, kindOf, savedMs, type RecordWrite } from "./recordWrite.js";

/** Values of one metric in a document. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
const MAX_VALUES = 100;

const ENDS = { success: "succeeded", failed: "failed", aborted: "aborted" } as const;

/**
 * Metrics in CloudWatch's embedded metric format: lines of the log that CloudWatch makes metrics of, so that no request is
 * made and no permission needed. What one invocation counts for one definition is one line.
 */
export class Metrics {
  private readonly counted = new Map<string, Map<MetricId, number[]>>();
  private batches = 0;

  /** @param write gets each document, as a line without its end */
  constructor(
    private readonly namespace: string,
    private readonly write: (line: string) => void
  ) {}

  /** What is counted while the work goes on is written together, at its end. */
  async batch<T>(work: () => Promise<T>, now: () => number): Promise<T> {
    this.batches += 1;
    try {
      return await work();
    } finally {
      this.batches -= 1;
      this.flush(now());
    }
  }

  /** A write of a record that held: whatever it means has happened once. */
  written(write: RecordWrite, now: number): void {
    const { after } = write;
    const counted: [MetricId, number][] = [];
    const durationMs = savedMs(write);
    if (durationMs !== undefined) {
      counted.push(["iterationDuration", durationMs]);
    }
    if (claims(write)) {
      counted.push(["oldestActive", ageSeconds(after, now)]);
    }
    if (isFirstStart(write)) {
      counted.push(["started", 1], ["triggerToStart", Math.max(0, now - readyOn(after))]);
    }
    const kind = kindOf(write);
    if (kind === "ended") {
      counted.push([ENDS[after.taskStatus as keyof typeof ENDS], 1]);
    } else if (kind === "retried" || kind === "lost" || kind === "revived") {
      counted.push([kind, 1]);
    }
    this.add(after.definitionId, counted, now);
  }

  /** An unfinished task that a sweep found overdue. */
  overdue(record: TaskRecord, now: number): void {
    if (record.due > now) {
      return; // The index lags.
    }
    this.add(
      record.definitionId,
      [
        ["oldestOverdue", Math.max(0, now - record.due) / 1000],
        ...(isActive(record) ? [["oldestActive", ageSeconds(record, now)] as [MetricId, number]] : [])
      ],
      now
    );
  }

  private add(definitionId: string, counted: [MetricId, number][], now: number): void {
    const of = this.counted.get(definitionId) ?? new Map<MetricId, number[]>();
    for (const [id, value] of counted) {
      const values = of.get(id) ?? [];
      of.set(id, values);
      if (METRICS[id].kept === "all") {
        values.push(value);
      } else {
        const [before = 0] = values;
        values[0] = METRICS[id].kept === "sum" ? before + value : Math.max(before, value);
      }
    }
    if (of.size > 0) {
      this.counted.set(definitionId, of);
    }
    if (this.batches === 0 || [...of.values()].some(({ length }) => length >= MAX_VALUES)) {
      this.flush(now);
    }
  }

  private flush(now: number): void {
    for (const [definitionId, values] of this.counted) {
      this.write(JSON.stringify(this.documentOf(definitionId, values, now)));
    }
    this.counted.clear();
  }

  private documentOf(definitionId: string, counted: Map<MetricId, number[]>, now: number) {
    const metrics = [...counted].map(([id, values]) => ({ ...METRICS[id], values }));
    return {
      _aws: {
        Timestamp: now,
        CloudWatchMetrics: [
          {
            Namespace: this.namespace,
            Dimensions: [["DefinitionId"], Object.keys(ALL_DEFINITIONS)],
            Metrics: metrics.map(({ name, unit }) => ({ Name: name, Unit: unit }))
          }
        ]
      },
      DefinitionId: definitionId,
      ...ALL_DEFINITIONS,
      ...Object.fromEntries(metrics.map(({ name, values }) => [name, values.length === 1 ? values[0] : values]))
    };
  }
}

/** Every claim offers its time, and the first one's is kept. */
function isFirstStart({ changes: { setIfMissing }, after }: RecordWrite): boolean {
  return setIfMissing?.startedOn !== undefined && setIfMissing.startedOn === after.startedOn;
}

/** When its first iteration could begin; only known until the next one has to wait for something. */
function readyOn(record: TaskRecord): number {
  return Math.max(Date.parse(createdOnOf(record)), record.nextAt);
}

function ageSeconds(record: TaskRecord, now: number): number {
  return Math.max(0, now - (record.startedOn ?? readyOn(record))) / 1000;
}
