import type { Task, TaskError, TaskLog } from "../client/index.js";
import type { Colors } from "./Terminal.js";

/** "340 ms", "12 s", "3 min 20 s", "2 h 5 min". */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  if (milliseconds < 1_000) {
    return `${Math.round(milliseconds)} ms`;
  }
  if (seconds < 60) {
    return `${seconds} s`;
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** How long it ran, or has run so far; nothing before it began. */
export function took({ startedOn, finishedOn }: Task, now = Date.now()): string {
  return startedOn === undefined
    ? ""
    : duration(Math.max(0, (finishedOn === undefined ? now : Date.parse(finishedOn)) - Date.parse(startedOn)));
}

export function iterations({ iterations: count }: Task): string {
  return `${count} ${count === 1 ? "iteration" : "iterations"}`;
}

/** What it used, and what that costs. */
export function usageText({ usage }: Task): string {
  const { transitions, invocations, gbSeconds, readUnits, writeUnits, dollars, prices } = usage;
  const number = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 3 });
  const counts = [
    `${number(transitions)} transitions`,
    `${number(invocations)} invocations`,
    `${number(gbSeconds)} GB-s`,
    `${number(readUnits)} read units`,
    `${number(writeUnits)} write units`
  ];
  const cost = dollars === undefined ? "" : `  $${dollars.toPrecision(3)} (${prices})`;
  return `${counts.join(", ")}${cost}`;
}

/** Code, message and, where there is one, the stack. */
export function errorText({ message, code, stack }: TaskError, colors: Colors): string {
  const first = `${code === undefined ? "" : `${code}: `}${message}`;
  const frames = (stack ?? "").split("\n").filter(line => /^\s+at /.test(line));
  return [colors.red(first), ...frames.map(frame => colors.gray(frame))].join("\n");
}

/** The lines of a log, from one of them on. */
export function logLines({ iteration, items }: TaskLog, from: number, colors: Colors): string[] {
  return items.slice(from).map(({ createdOn, type, message, data, error }) => {
    const text = type === "error" ? colors.red(message) : message;
    const more = data === undefined || Object.keys(data).length === 0 ? "" : ` ${colors.gray(JSON.stringify(data))}`;
    const cause = error === undefined ? "" : `\n${errorText(error, colors)}`;
    return `${colors.gray(createdOn)} ${colors.gray(`#${iteration}`)} ${text}${more}${cause}`;
  });
}

/** The output for people; a failed task's error, which is in it too, is shown by itself. */
export function outputText({ output, error }: Task): string | undefined {
  const { error: _error, ...rest } = (output ?? {}) as Record<string, unknown>;
  const shown = error === undefined ? output : Object.keys(rest).length === 0 ? undefined : rest;
  return shown === undefined ? undefined : JSON.stringify(shown, null, 2);
}
