import { MAX_PAYLOAD_BYTES } from "../constants.js";
import { jsonText } from "../storage/json.js";
import type { TaskError } from "../types.js";

/**
 * The JSON text of a task's error. An error must always be storable: data that is not JSON, or too large, is left out
 * and the error says so.
 */
export function errorText(error: TaskError): string {
  try {
    return jsonText("error", error, MAX_PAYLOAD_BYTES);
  } catch (fault) {
    const { code, stack } = error;
    const message = error.message.slice(0, 100_000);
    return JSON.stringify({
      message,
      code,
      stack: stack?.slice(0, 100_000),
      data: { notStored: (fault as Error).message }
    });
  }
}
