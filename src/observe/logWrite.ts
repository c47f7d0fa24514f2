import { logFieldsOf } from "../storage/record.js";
import type { Logger } from "../types.js";
import { claims, kindOf, savedMs, type RecordWrite } from "./recordWrite.js";

/**
 * Logs the course of a task: `info` for its end, `debug` for each iteration, since these may be many. What went wrong is
 * logged where it is known why.
 */
export function logWrite(logger: Logger, write: RecordWrite): void {
  const { before, after } = write;
  const durationMs = savedMs(write);
  if (durationMs !== undefined && before !== null) {
    logger.debug("An iteration was saved", { ...logFieldsOf(before), durationMs });
  }
  if (claims(write)) {
    logger.debug("An iteration begins", logFieldsOf(after));
  }
  if (kindOf(write) === "ended") {
    const { taskStatus: status, startedOn, finishedOn = 0 } = after;
    logger.info("A task has ended", {
      ...logFieldsOf(after),
      status,
      ...(startedOn === undefined ? {} : { durationMs: finishedOn - startedOn }),
      ...codeOf(after.error)
    });
  }
}

/** The error's code alone: its data may be an input. An error that is kept in slices is in the task. */
function codeOf(error: string | undefined): { errorCode?: string } {
  return error === undefined ? {} : { errorCode: (JSON.parse(error) as { code?: string }).code };
}
