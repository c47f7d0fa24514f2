import { DUE_AHEAD_MS, MAX_PAYLOAD_BYTES } from "../constants.js";
import type { TaskDefinition } from "../definition/TaskDefinition.js";
import { notFound, TasksError } from "../errors.js";
import { all, equals, missing } from "../storage/conditions.js";
import { fitsWhileRunning, placePayload } from "../storage/placePayload.js";
import { jsonText } from "../storage/json.js";
import { deletePayload, writeSlices, type SlicedPayload } from "../storage/payloads.js";
import {
  childKey,
  duePartition,
  keyOf,
  logFieldsOf,
  retentionEnd,
  recordKey,
  sortKey,
  statusAttributes,
  taskIdOf,
  type TaskRecord
} from "../storage/record.js";
import { RECORD_FORMAT } from "../storage/recordFormat.js";
import { unitsOfNew } from "../storage/units.js";
import { newTaskId } from "./ids.js";
import { readRecord } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";

/** A task that is about to be stored. */
export interface NewTask {
  record: TaskRecord;
  /** JSON text. */
  input: string;
  slices: SlicedPayload | null;
}

/**
 * Builds the record of a new task. Nothing is stored yet.
 * @param params.delay seconds before the first iteration, or null: no execution will be started
 * @throws TasksError INVALID_INPUT, PAYLOAD_TOO_LARGE, INVALID_ID
 */
export async function newTask(
  engine: TaskEngine,
  definition: TaskDefinition,
  params: { name: string; input: unknown; parentId: string | undefined; delay: number | null; trace?: string }
): Promise<NewTask> {
  const input = jsonText("input", params.input, MAX_PAYLOAD_BYTES);
  const now = engine.clock.now();
  const scope = engine.scope();
  const id = newTaskId(now, engine.random);
  const nextAt = params.delay === null || params.delay === 0 ? 0 : now + params.delay * 1000;
  const { id: by, displayName, type } = engine.identity();
  const record: TaskRecord = {
    ...recordKey(scope, id),
    sort: sortKey(now, id, definition.isPrivate),
    ...statusAttributes(scope, definition.id, "pending"),
    duePK: duePartition(id),
    due: params.delay === null ? retentionEnd(now, engine.retentionDays) : Math.max(now, nextAt) + DUE_AHEAD_MS,
    format: RECORD_FORMAT,
    name: params.name,
    definitionId: definition.id,
    execution: params.delay === null ? 0 : 1,
    executionStartedOn: now,
    iterations: 0,
    nextIteration: 1,
    attempt: 0,
    leaseUntil: 0,
    nextAt,
    rev: 0,
    trace: params.trace,
    parentId: params.parentId,
    createdBy: { id: by, displayName, type },
    savedOn: now
  };
  const { set, slices } = await placePayload(record, "input", input, "0", fitsWhileRunning);
  const stored = { ...record, ...set };
  const uW = [stored, ...(slices?.items ?? [])].reduce((units, item) => units + unitsOfNew(item), 0);
  return { record: { ...stored, uW }, input, slices };
}

/**
 * Stores it: the pointer in the parent's partition first, then the slices, then the record that makes it a task.
 * A record that is there already is this one: its id was made for this call alone, so the answer to the first try got lost.
 * @throws TasksError NOT_FOUND, TASK_ABORTED when it is about the parent; whatever it throws, nothing is left stored, as
 *   far as the storage can still be reached
 */
export async function storeTask(engine: TaskEngine, { record, slices }: NewTask): Promise<void> {
  const pointer = pointerOf(engine, record);
  try {
    if (pointer !== null) {
      await engine.storage.put({ ...pointer });
    }
    if (slices !== null) {
      await writeSlices(engine.storage, slices);
    }
    await engine.storage.put(record, missing("PK"));
    await checkParent(engine, record);
  } catch (error) {
    // Also after a put that failed: it may have been carried out, and then a net would start the task.
    await takeBack(engine, record).catch((undoing: unknown) => {
      engine.logger.warn("What was stored of a task could not be removed", { ...logFieldsOf(record), error: undoing });
    });
    throw error;
  }
}

/**
 * A child is stored before its parent is looked at. So either this sees the parent's abort and takes the child back, or
 * the abort comes later and finds the child among the parent's.
 */
async function checkParent(engine: TaskEngine, record: TaskRecord): Promise<void> {
  if (record.parentId === undefined) {
    return;
  }
  const parent = await readRecord(engine, record.parentId);
  if (parent !== null && !parent.deleted && parent.taskStatus !== "aborted") {
    return;
  }
  if (parent === null || parent.deleted) {
    throw notFound("Task", record.parentId);
  }
  throw new TasksError("TASK_ABORTED", `The task "${record.parentId}" was aborted: no child of it is started.`, {
    id: record.parentId
  });
}

/** Removes a task nobody has begun. @returns false when it has begun */
export async function takeBack(engine: TaskEngine, record: TaskRecord): Promise<boolean> {
  const removed = await engine.storage.delete(
    keyOf(record),
    all(equals("taskStatus", "pending"), equals("iterations", 0), missing("leaseOwner"))
  );
  if (removed || (await readRecord(engine, taskIdOf(record))) === null) {
    await removeTraces(engine, record);
    return true;
  }
  return false;
}

/** Takes back what {@link storeTask} wrote beside the record. */
async function removeTraces(engine: TaskEngine, record: TaskRecord): Promise<void> {
  const pointer = pointerOf(engine, record);
  if (pointer !== null) {
    await engine.storage.delete(pointer);
  }
  if (record.inputRef !== undefined) {
    await deletePayload(engine.storage, record.PK, "input", record.inputRef);
  }
}

function pointerOf(engine: TaskEngine, record: TaskRecord) {
  return record.parentId === undefined ? null : childKey(engine.scope(), record.parentId, record.sort);
}
