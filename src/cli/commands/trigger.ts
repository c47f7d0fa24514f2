import type { Task } from "../../client/index.js";
import { EXIT } from "../exitCodes.js";
import { readInput } from "../readInput.js";
import type { Session } from "../Session.js";
import { unknownDefinition } from "../unknownDefinition.js";
import { waitWithProgress } from "../waitWithProgress.js";

export interface TriggerOptions {
  input?: string;
  name?: string;
  delay?: number;
  wait?: boolean;
  /** Seconds. */
  timeout?: number;
}

export async function trigger(session: Session, definition: string, options: TriggerOptions): Promise<number> {
  const { name, delay, wait, timeout } = options;
  const input = options.input === undefined ? undefined : await readInput(options.input, session.terminal.stdin);
  let task: Task;
  try {
    task = await session.client.trigger({ definition, input, name, delay });
  } catch (error) {
    throw (await unknownDefinition(session, definition)) ?? error;
  }
  if (wait) {
    return waitWithProgress(session, task, timeout);
  }
  session.answer(task, task.id);
  session.note(session.notes.gray(`Triggered. To follow it: webiny-tasks logs ${task.id} --follow`));
  return EXIT.DONE;
}
