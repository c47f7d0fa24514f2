import type { Task } from "../client/index.js";
import { duration, errorText, iterations, outputText, took, usageText } from "./formatTask.js";
import type { Session } from "./Session.js";

/** All of a task, for people. */
export function describeTask(session: Session, task: Task): string {
  const { colors } = session;
  const lines: [string, string | undefined][] = [
    ["name", task.name],
    ["definition", task.definitionId],
    ["status", `${session.status(task.taskStatus)}  ${iterations(task)}  ${took(task)}`],
    ["message", task.error === undefined && task.message !== task.abort?.reason ? task.message : undefined],
    ["next", task.nextAt],
    ["failed", task.failedAttempts === undefined ? undefined : `${task.failedAttempts} attempts of this iteration`],
    ["created", `${task.createdOn} by ${task.createdBy.displayName ?? task.createdBy.id}`],
    ["started", task.startedOn],
    ["finished", task.finishedOn],
    ["aborted by", task.abort === undefined ? undefined : (task.abort.by.displayName ?? task.abort.by.id)],
    ["reason", task.abort?.reason],
    ["children", task.abort?.children === "leave" ? "left as they were" : undefined],
    ["parent", task.parentId],
    ["execution", task.executionName || undefined],
    ["recent", task.recent.map(({ durationMs }) => duration(durationMs)).join(", ") || undefined],
    ["used", usageText(task)]
  ];
  const output = outputText(task);
  const width = Math.max(...lines.map(([name]) => name.length));
  return [
    colors.bold(task.id),
    ...lines.flatMap(([name, value]) => (value === undefined ? [] : [`${colors.gray(name.padEnd(width))}  ${value}`])),
    ...(task.error === undefined ? [] : [errorText(task.error, colors)]),
    `${colors.gray("input")} ${JSON.stringify(task.input, null, 2)}`,
    ...(output === undefined ? [] : [`${colors.gray("output")} ${output}`])
  ].join("\n");
}
