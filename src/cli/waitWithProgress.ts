import type { Task } from "../client/index.js";
import { EXIT } from "./exitCodes.js";
import { errorText, iterations, outputText, took } from "./formatTask.js";
import type { Session } from "./Session.js";
import { StatusLine } from "./StatusLine.js";
import { untilInterrupted } from "./untilInterrupted.js";

/** Waits for the task, shows how it stands, and answers it. @param timeoutSeconds default: for ever */
export async function waitWithProgress(
  session: Session,
  { id, definitionId }: Task,
  timeoutSeconds?: number
): Promise<number> {
  const { stderr } = session.terminal;
  const line = new StatusLine(stderr);
  let status: string | undefined;
  let task: Task;
  try {
    task = await untilInterrupted(session.terminal, signal =>
      session.client.waitFor(id, {
        timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1_000,
        signal,
        onUpdate: seen => {
          line.show(() => `${definitionId} ${seen.taskStatus}  ${iterations(seen)}  ${took(seen)}`);
          if (!stderr.isTTY && seen.taskStatus !== status) {
            status = seen.taskStatus;
            session.note(`${definitionId} ${id} ${status}`);
          }
        }
      })
    );
  } finally {
    line.clear();
  }
  session.answer(task, ended(session, task));
  return task.taskStatus === "success" ? EXIT.DONE : EXIT.TASK_NOT_DONE;
}

function ended(session: Session, task: Task): string {
  const { colors } = session;
  const output = outputText(task);
  return [
    `${session.status(task.taskStatus)} ${task.definitionId} ${task.id}  ${iterations(task)}  ${took(task)}`,
    ...(task.message === undefined || task.error !== undefined ? [] : [task.message]),
    ...(task.error === undefined ? [] : [errorText(task.error, colors)]),
    ...(output === undefined ? [] : [output])
  ].join("\n");
}
