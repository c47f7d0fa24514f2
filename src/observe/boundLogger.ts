import { toTaskError } from "../errors.js";
import type { Logger } from "../types.js";

type Fields = Record<string, unknown>;

/** A method of a logger whose level is not written: its lines are not even put together. */
export const NOT_WRITTEN: Logger["info"] = () => undefined;

/**
 * A logger whose lines have the fields of the request, and those of the task it runs unless they are about another one.
 * Errors become name, message, code and stack before they get to anybody's logger: some write all that an error holds, and
 * its data may be an input.
 */
export function boundLogger(logger: Logger, bound: () => { request: Fields; task: Fields }): Logger {
  const complete = ({ error, ...fields }: Fields = {}): Fields => {
    const { request, task } = bound();
    const isOfTask = fields.taskId === undefined || fields.taskId === task.taskId;
    return {
      ...request,
      ...(isOfTask ? task : {}),
      ...fields,
      ...(error === undefined ? {} : { error: describeError(error) })
    };
  };
  const write =
    (level: keyof Logger): Logger["info"] =>
    (message, fields) => {
      if (logger[level] === NOT_WRITTEN) {
        return;
      }
      try {
        logger[level](message, complete(fields));
      } catch (error) {
        // No task fails because of a logger.
        console.error("The logger threw an error:", error);
      }
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

function describeError(error: unknown): Fields {
  const { message, stack } = toTaskError(error);
  const { name, code } = (typeof error === "object" && error !== null ? error : {}) as Fields;
  return { name, message, code, stack };
}
