import type { Task, TaskLogItem } from "@webiny/tasks";
import type { LocalCounts } from "@webiny/tasks/local";
import { estimateAwsCost, LAMBDA_GB, PRICES } from "./awsCost.js";
import type { Notification } from "./SecondSystemClient.js";
import type { SyncInput, SyncOutput } from "./syncArticles.js";

export interface Finished {
  task: Task<SyncInput, SyncOutput>;
  counts: LocalCounts;
  /** Since the start of this program. */
  elapsedMs: number;
  /** Another run of this program began the task: `counts` are those of this run only. */
  resumed: boolean;
  /** The time-out. */
  lambdaSeconds: number;
  /** What the second system was told. */
  notifications: Notification[];
  /** The latest lines of the task's log, oldest first. */
  log: TaskLogItem[];
}

/** What a person wants to know after a sync. */
export function describeSuccess(finished: Finished): string {
  const { task, counts, elapsedMs, resumed, lambdaSeconds, notifications, log } = finished;
  const { synced, bytes, waits } = task.output ?? { synced: 0, bytes: 0, waits: 0 };
  const { invocations, invocationMs, transitions, historyEvents, requests = 0, readUnits = 0, writeUnits = 0 } = counts;
  const cost = estimateAwsCost(counts);
  const rows = [
    ["task", `${task.id}, ${task.taskStatus}`],
    ["articles", `${number(synced)} (${megabytes(bytes)}): the second system holds exactly these`],
    ["hooks", [resumed ? [] : "onBeforeTrigger", hooksThatNotified(notifications, task.id)].flat().join(", ")],
    ["iterations", `${task.iterations}${resumed ? ", those of the interrupted run included" : ""}`],
    ["waits", `${waits}, asked for by the second system`],
    ["invocations", `${invocations} of the Lambda (time-out ${lambdaSeconds} s), ${seconds(invocationMs)} in all`],
    ["DynamoDB", `${number(requests)} requests: ${number(writeUnits)} write units, ${number(readUnits)} read units`],
    ["Step Functions", `${transitions} state transitions, ${historyEvents} history events`]
  ] as const;
  return [
    "",
    `Synced ${number(synced)} articles in ${seconds(elapsedMs)}.`,
    "",
    ...rows.map(([label, value]) => `  ${label.padEnd(15)}${value}`),
    "",
    `${resumed ? "What this run did" : "The same"} would cost about ${dollars(cost.dollars)} on AWS:`,
    "",
    ...cost.lines.map(
      ({ quantity, of, price, dollars: amount }) =>
        `  ${number(quantity).padStart(6)} ${of.padEnd(18)} at ${price.padEnd(20)} ${dollars(amount)}`
    ),
    "",
    `  Prices: ${PRICES.source}.`,
    `  Lambda: arm64, ${LAMBDA_GB} GB. What is stored, the Lambda's own log and data transfer are not in it.`,
    "",
    ...describeLog(log)
  ].join("\n");
}

export function describeFailure({
  task,
  notifications,
  log
}: Pick<Finished, "task" | "notifications" | "log">): string {
  const reason = task.error?.message ?? task.message ?? "no reason is stored";
  return [
    "",
    `The sync ${task.taskStatus === "aborted" ? "was aborted" : "failed"} in iteration ${task.iterations}, after ${task.output?.synced ?? 0} articles.`,
    `  ${reason}`,
    `  Hooks that told the second system: ${hooksThatNotified(notifications, task.id).join(", ") || "none"}.`,
    "",
    ...describeLog(log)
  ].join("\n");
}

const HOOKS: Record<Notification["event"], string> = {
  synced: "onDone",
  failed: "onError",
  aborted: "onAbort",
  ranOutOfIterations: "onMaxIterations"
};

function hooksThatNotified(notifications: Notification[], taskId: string): string[] {
  return notifications.filter(notification => notification.taskId === taskId).map(({ event }) => HOOKS[event]);
}

function describeLog(log: TaskLogItem[]): string[] {
  const lines = log.map(({ createdOn, type, message, error }) => {
    const reason = error === undefined || error.message === message ? "" : ` ${error.message}`;
    return `  ${createdOn.slice(11, 23)}  ${type === "error" ? "ERROR " : ""}${message}${reason}`;
  });
  return ["Last log lines:", ...(lines.length > 0 ? lines : ["  none"])];
}

const number = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 1 });
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const dollars = (amount: number) => `$${amount.toFixed(6)}`;
