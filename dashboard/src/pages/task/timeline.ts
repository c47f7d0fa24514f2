import type { TaskDetail } from "../../api/queries.js";
import { isActive } from "../../api/queries.js";

export interface Segment {
  kind: "delay" | "earlier" | "iteration" | "wait" | "now";
  from: number;
  to: number;
  label: string;
}

export interface TimelineEvent {
  at: number | null;
  kind:
    "trigger" | "start" | "iteration" | "wait" | "retry" | "revive" | "handover" | "abort" | "end" | "after" | "owed";
  title: string;
  text?: string;
  isFailure?: boolean;
  durationMs?: number;
}

/** Between two iterations there are always some milliseconds: from here on it is a wait. */
const WAIT_MS = 900;

type Timed = Pick<
  TaskDetail,
  | "createdOn"
  | "startedOn"
  | "finishedOn"
  | "iterations"
  | "recent"
  | "nextAt"
  | "busyUntil"
  | "taskStatus"
  | "failedAttempts"
>;

/** The life of a task as stretches of time, from its trigger until now or its end. */
export function segmentsOf(task: Timed, now: number): Segment[] {
  const created = Date.parse(task.createdOn);
  const recent = iterationsOf(task);
  const segments: Segment[] = [];
  const end = task.finishedOn === null ? now : Date.parse(task.finishedOn);
  const started = task.startedOn === null ? null : Date.parse(task.startedOn);
  const begun = started ?? (task.nextAt === null ? end : Math.max(now, Date.parse(task.nextAt)));
  if (begun - created >= WAIT_MS) {
    segments.push({ kind: "delay", from: created, to: begun, label: "before the first iteration" });
  }
  if (started === null) {
    return segments;
  }
  const [first] = recent;
  const missing = settledCount(task) - recent.length;
  if (first !== undefined && missing > 0 && first.from > started) {
    segments.push({ kind: "earlier", from: started, to: first.from, label: `${missing} earlier iterations` });
  }
  recent.forEach((iteration, at) => {
    const before = recent[at - 1];
    if (before !== undefined && iteration.from - before.to >= WAIT_MS) {
      segments.push({ kind: "wait", from: before.to, to: iteration.from, label: "wait" });
    }
    segments.push({ kind: "iteration", ...iteration });
  });
  const lastEnd = recent.at(-1)?.to ?? started;
  if (!isActive(task)) {
    if (end - lastEnd >= WAIT_MS) {
      segments.push({ kind: "wait", from: lastEnd, to: end, label: "wait" });
    }
    return segments;
  }
  const next = task.nextAt === null ? 0 : Date.parse(task.nextAt);
  const resumes = Math.max(next, lastEnd);
  if (resumes - lastEnd >= WAIT_MS) {
    segments.push({ kind: "wait", from: lastEnd, to: resumes, label: resumes > now ? "waiting" : "wait" });
  }
  if (task.busyUntil !== null && resumes <= now) {
    segments.push({ kind: "now", from: resumes, to: Math.max(now, resumes), label: "running now" });
  }
  return segments;
}

/** Iterations that have been carried out: all that were begun, but the one that is running. */
function settledCount(task: Timed): number {
  const begun = task.iterations ?? 0;
  return isActive(task) && task.busyUntil !== null ? begun - 1 : begun;
}

/** The latest iterations, with their numbers where none was tried more than once. */
function iterationsOf(task: Timed): { from: number; to: number; label: string }[] {
  const recent = task.recent ?? [];
  const settled = settledCount(task);
  const isPlain = (task.failedAttempts ?? 0) === 0 && recent.length <= settled;
  return recent.map(({ startedOn, durationMs }, at) => {
    const from = Date.parse(startedOn);
    const label = isPlain ? `iteration ${settled - recent.length + at + 1}` : "an attempt";
    return { from, to: from + durationMs, label };
  });
}

/** What happened, oldest first. */
export function eventsOf(task: TaskDetail, now: number): TimelineEvent[] {
  const by = task.createdBy.displayName ?? task.createdBy.id;
  const events: TimelineEvent[] = [{ at: Date.parse(task.createdOn), kind: "trigger", title: `Triggered by ${by}` }];
  for (const { kind, from, to, label } of segmentsOf(task, now)) {
    const durationMs = to - from;
    if (kind === "iteration" || kind === "now") {
      events.push({ at: from, kind: "iteration", title: capital(label), durationMs });
    } else {
      const isAhead = to > now;
      const title = isAhead ? "Waits until the next iteration" : kind === "wait" ? "Waited" : capital(label);
      events.push({ at: from, kind: kind === "delay" ? "start" : "wait", title, durationMs });
    }
  }
  if ((task.failedAttempts ?? 0) > 0) {
    events.push({
      at: null,
      kind: "retry",
      title: `${task.failedAttempts ?? 0} failed ${task.failedAttempts === 1 ? "attempt" : "attempts"} of this iteration`,
      text: isActive(task) ? "It is tried again; the log says why." : "The log says why."
    });
  }
  if (isActive(task) && (task.attempt ?? 0) > 1) {
    events.push({
      at: null,
      kind: "retry",
      title: `Started ${task.attempt ?? 0} times`,
      text: "The invocation before was lost: a crash or a time-out."
    });
  }
  if ((task.execution ?? 1) > 1) {
    const before = (task.execution ?? 1) - 1;
    events.push({
      at: null,
      kind: "handover",
      title: `Execution ${task.execution ?? 1} of the state machine`,
      text: `It went on in a fresh one ${before === 1 ? "once" : `${before} times`}: the one before was full, or lost.`
    });
  }
  if ((task.revives ?? 0) > 0) {
    events.push({
      at: null,
      kind: "revive",
      title: `Revived ${task.revives === 1 ? "once" : `${task.revives ?? 0} times`}`,
      text: "Its execution was lost; a new one took its place."
    });
  }
  if (task.abort !== null) {
    const who = task.abort.by?.displayName ?? task.abort.by?.id;
    events.push({
      at: task.finishedOn === null ? null : Date.parse(task.finishedOn),
      kind: "abort",
      title: `Aborted${who === undefined ? "" : ` by ${who}`}`,
      text: `${task.abort.reason ?? ""}${task.abort.children === "leave" ? " Its children were left as they were." : ""}`
    });
  } else if (task.finishedOn !== null) {
    const title = task.taskStatus === "success" ? "Success" : "Failed";
    const isFailure = task.taskStatus === "failed";
    events.push({ at: Date.parse(task.finishedOn), kind: "end", isFailure, title, text: task.message ?? undefined });
  }
  for (const { name, finishedOn, givenUp } of task.followUps ?? []) {
    events.push({
      at: Date.parse(finishedOn),
      kind: "after",
      isFailure: givenUp,
      title: givenUp ? `Given up: ${wordsOf(name)}` : (DONE[name] ?? `${name} ran`),
      text: givenUp ? "It failed again and again; the log says why." : undefined
    });
  }
  if ((task.owed?.length ?? 0) > 0) {
    events.push({ at: null, kind: "owed", title: "Still to do", text: task.owed?.map(wordsOf).join(", ") });
  }
  return events;
}

/** What a task does after its end, beside its hooks, which have names of their own. */
const TO_DO: Record<string, string> = { stop: "stop of the execution", children: "abort of the children" };
const DONE: Record<string, string> = { stop: "The execution was stopped", children: "The children were aborted" };
const wordsOf = (name: string) => TO_DO[name] ?? name;

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** How wide a stretch is drawn: a day is wider than a second, but not 86,400 times. */
export const weightOf = ({ from, to }: Segment): number => 1 + Math.log2(1 + Math.max(0, to - from) / 250);
