import { randomUUID } from "node:crypto";
import { MAX_PAYLOAD_BYTES } from "../constants.js";
import type { UpdateTaskInput } from "../definition/TaskDefinition.js";
import { TasksError } from "../errors.js";
import { writeAll } from "../storage/batches.js";
import { all, equals } from "../storage/conditions.js";
import { jsonText } from "../storage/json.js";
import { deletePayload, writeSlices, type SlicedPayload } from "../storage/payloads.js";
import { fitsWhileRunning, placePayload } from "../storage/placePayload.js";
import { keyOf, retentionEnd, shortOwner, statusAttributesOf, taskIdOf, type TaskRecord } from "../storage/record.js";
import { updateRecord } from "../storage/recordFormat.js";
import type { Changes } from "../storage/Storage.js";
import { TaskDataStatus, type JsonObject, type Task } from "../types.js";
import { checkUpdate } from "./checkUpdate.js";
import { readRecord, requireRecord, taskOf } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";

const CHANGEABLE = ["name", "taskStatus", "input", "output"];

/** Where each status may go. A status that ends the task ends it without hooks: that is what `abort` and `run` are for. */
const TRANSITIONS: Record<TaskDataStatus, readonly TaskDataStatus[]> = {
  pending: ["running", "failed", "aborted"],
  running: ["success", "failed", "aborted"],
  success: [],
  failed: [],
  aborted: []
};

/** `context.tasks.updateTask`: replaces the given fields; what the engine counts with can't be changed. */
export async function updateTask<I = JsonObject, O = JsonObject>(
  engine: TaskEngine,
  id: string,
  input: UpdateTaskInput
): Promise<Task<I, O>> {
  checkUpdate(input, CHANGEABLE);
  for (;;) {
    const record = await requireRecord(engine, id);
    const { slices, ...changes } = await changesFor(engine, record, input);
    await engine.topics.onTaskBeforeUpdate.publish({ input, original: await taskOf(engine, record) });
    for (const payload of slices) {
      await writeSlices(engine.storage, payload);
    }
    const unmoved = all(equals("taskStatus", record.taskStatus), equals("rev", record.rev));
    const updated = await updateRecord(engine.storage, record, unmoved, changes);
    if (updated === null) {
      // Somebody was faster: the same change to what is there now, if it still is allowed.
      await removeUnused(engine, record, slices);
      continue;
    }
    for (const kind of ["input", "output"] as const) {
      const before = record[`${kind}Ref`];
      if (before !== undefined && before !== updated[`${kind}Ref`]) {
        await deletePayload(engine.storage, record.PK, kind, before);
      }
    }
    const task = await taskOf<I, O>(engine, updated);
    await engine.topics.onTaskAfterUpdate.publish({ input, task: task as Task });
    return task;
  }
}

/** The write did not hold, or its answer got lost: then its slices are in force. */
async function removeUnused(engine: TaskEngine, record: TaskRecord, slices: SlicedPayload[]): Promise<void> {
  const current = await readRecord(engine, taskIdOf(record));
  for (const { ref, items } of slices) {
    if (current?.inputRef !== ref && current?.outputRef !== ref) {
      await writeAll(
        engine.storage,
        items.map(item => ({ delete: keyOf(item) }))
      );
    }
  }
}

/** What the update writes: nothing is stored yet. */
async function changesFor(
  engine: TaskEngine,
  record: TaskRecord,
  input: UpdateTaskInput
): Promise<Required<Pick<Changes, "set" | "remove">> & { slices: SlicedPayload[] }> {
  const now = engine.clock.now();
  const set: NonNullable<Changes["set"]> = { savedOn: now, name: input.name };
  const remove: string[] = [];
  const slices: SlicedPayload[] = [];
  if (input.taskStatus !== undefined && input.taskStatus !== record.taskStatus) {
    Object.assign(set, statusChange(engine, record, input.taskStatus, now));
  }
  for (const kind of ["input", "output"] as const) {
    const value = input[kind];
    if (value !== undefined) {
      const placed = await replacePayload(record, kind, value, set, remove);
      if (placed !== null) {
        slices.push(placed);
      }
    }
  }
  return { set, remove, slices };
}

function statusChange(engine: TaskEngine, record: TaskRecord, status: TaskDataStatus, now: number) {
  if (!TRANSITIONS[record.taskStatus].includes(status)) {
    const to = TRANSITIONS[record.taskStatus].join(", ") || "nothing: it has ended";
    const given = Object.values(TaskDataStatus).includes(status) ? status : String(status).slice(0, 40);
    throw new TasksError(
      "INVALID_STATUS_CHANGE",
      `A ${record.taskStatus} task can't become "${given}"; it can become ${to}.`,
      {
        from: record.taskStatus,
        to: given
      }
    );
  }
  const ends = status !== "running";
  return {
    ...statusAttributesOf(record, status),
    ...(ends
      ? { finishedOn: now, nextAt: 0, due: retentionEnd(now, engine.retentionDays) }
      : { startedOn: record.startedOn ?? now })
  };
}

async function replacePayload(
  record: TaskRecord,
  kind: "input" | "output",
  value: JsonObject,
  set: NonNullable<Changes["set"]>,
  remove: string[]
): Promise<SlicedPayload | null> {
  const text = jsonText(kind, value, MAX_PAYLOAD_BYTES);
  set.rev = record.rev + 1;
  const version = `u-${shortOwner(randomUUID())}`;
  const placed = await placePayload({ ...record, ...set }, kind, text, version, fitsWhileRunning);
  Object.assign(set, placed.set);
  remove.push(...placed.remove);
  return placed.slices;
}
