import { MAX_ABORT_MESSAGE_BYTES } from "../constants.js";
import type { AbortParams } from "../definition/TaskDefinition.js";
import { TasksError } from "../errors.js";
import type { JsonObject, Task } from "../types.js";
import { finishOwed } from "./duties.js";
import { markAborted } from "./markAborted.js";
import { requireRecord, taskOf, type Visibility } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";

/** `context.tasks.abort`: one conditional write decides; then the execution, the children and `onAbort`. */
export async function abortTask<I = JsonObject, O = JsonObject>(
  engine: TaskEngine,
  { id, message = "Task aborted.", children = "abort" }: AbortParams,
  { visibility = "all" }: { visibility?: Visibility } = {}
): Promise<Task<I, O>> {
  checkMessage(message);
  if (!["abort", "leave"].includes(children)) {
    throw new TasksError("INVALID_ARGUMENT", `"children" of an abort is "abort" or "leave", got ${shown(children)}.`);
  }
  const found = await requireRecord(engine, id, visibility);
  const { record, performer } = await markAborted(engine, found, { reason: message, children });
  return taskOf(engine, await finishOwed(engine, record, performer));
}

function checkMessage(message: unknown): void {
  const bytes = typeof message === "string" ? Buffer.byteLength(message) : NaN;
  if (!(bytes <= MAX_ABORT_MESSAGE_BYTES)) {
    const came = typeof message === "string" ? `${bytes} bytes` : shown(message);
    throw new TasksError(
      "INVALID_ARGUMENT",
      `The message of an abort is a text of at most ${MAX_ABORT_MESSAGE_BYTES} bytes, got ${came}.`
    );
  }
}

const shown = (value: unknown) => JSON.stringify(value)?.slice(0, 80) ?? typeof value;
