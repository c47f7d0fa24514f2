import { MAX_LOG_LINE_BYTES } from "../../constants.js";
import { jsonText } from "../../storage/json.js";
import { logBatchKey, type LogBatch } from "../../storage/logItems.js";
import { readPayload, slicePayload } from "../../storage/payloads.js";
import { keyOf } from "../../storage/record.js";
import type { Item, Storage } from "../../storage/Storage.js";
import type { TaskLogItem } from "../../types.js";

/** A batch is kept in its item up to this size, in bytes of JSON; an item holds 400 KB. */
const INLINE_BATCH_BYTES = 300 * 1024;

/**
 * Checks a log line before it is kept.
 * @returns its size in bytes of JSON
 * @throws TasksError PAYLOAD_TOO_LARGE, INVALID_INPUT
 */
export function checkLogLine(line: TaskLogItem): number {
  return Buffer.byteLength(jsonText("log line", line, MAX_LOG_LINE_BYTES));
}

/** Where a batch of lines belongs. */
export interface BatchPlace {
  PK: string;
  execution: number;
  iteration: number;
  attempt: number;
  batch: number;
}

/**
 * The items of one batch of lines: one, or more where it is too large for one. The last one points at the others.
 * @param version names the slices; default by the place, for a batch that is written once
 */
export async function logBatchItems(
  { PK, execution, iteration, attempt, batch }: BatchPlace,
  lines: readonly TaskLogItem[],
  createdOn: number,
  version = `${iteration}-${attempt}.${batch}`
): Promise<Item[]> {
  const head: LogBatch = { ...logBatchKey(PK, iteration, attempt, batch), createdOn, execution };
  const text = JSON.stringify(lines);
  if (Buffer.byteLength(text) <= INLINE_BATCH_BYTES) {
    return [{ ...head, items: text }];
  }
  const slices = await slicePayload(PK, "log", version, text);
  return [...slices.items, { ...head, itemsRef: slices.ref }];
}

/**
 * The lines of a stored batch. It was read before its slices: where it was replaced since, it is read again; where it was
 * removed, there are none.
 * @throws TasksError STORAGE_ERROR when slices are missing that it still points at
 */
export async function linesOf(storage: Storage, batch: LogBatch): Promise<TaskLogItem[]> {
  const { items = "[]", itemsRef } = batch;
  if (itemsRef === undefined) {
    return JSON.parse(items) as TaskLogItem[];
  }
  try {
    return JSON.parse(await readPayload(storage, batch.PK, "log", itemsRef)) as TaskLogItem[];
  } catch (error) {
    const current = (await storage.get(keyOf(batch), { consistent: true })) as LogBatch | null;
    if (current?.itemsRef === itemsRef) {
      throw error;
    }
    return current === null ? [] : linesOf(storage, current);
  }
}
