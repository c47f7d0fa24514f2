import { randomUUID } from "node:crypto";
import { MAX_PAYLOAD_BYTES } from "../constants.js";
import type { UpdateTaskInput } from "../definition/TaskDefinition.js";
import { TasksError } from "../errors.js";
import { all, equals } from "../storage/conditions.js";
import { jsonText } from "../storage/json.js";
import { deletePayload, writeSlices } from "../storage/payloads.js";
import { fitsWhileRunning, placePayload } from "../storage/placePayload.js";
import { keyOf, retentionEnd, shortOwner, statusAttributesOf, type TaskRecord } from "../storage/record.js";
import type { Changes } from "../storage/Storage.js";
import { TaskDataStatus, type JsonObject, type Task } from "../types.js";
import { checkUpdate } from "./checkUpdate.js";
import { requireRecord, taskOf } from "./readTask.js";
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
    const changes = await changesFor(engine, record, input);
    await engine.topics.onTaskBeforeUpdate.publish({ input, original: await taskOf(engine, record) });
    const unmoved = all(equals("taskStatus", record.taskStatus), equals("rev", record.rev));
    const updated = (await engine.storage.update(keyOf(record), unmoved, changes)) as TaskRecord | null;
    if (updated === null) {
      // Somebody was faster: the same change to what is there now, if it still is allowed.
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

async function changesFor(
  engine: TaskEngine,
  record: TaskRecord,
  input: UpdateTaskInput
): Promise<Required<Pick<Changes, "set" | "remove">>> {
  const now = engine.clock.now();
  const set: NonNullable<Changes["set"]> = { savedOn: now, name: input.name };
  const remove: string[] = [];
  if (input.taskStatus !== undefined && input.taskStatus !== record.taskStatus) {
    Object.assign(set, statusChange(engine, record, input.taskStatus, now));
  }
  for (const kind of ["input", "output"] as const) {
    const value = input[kind];
    if (value !== undefined) {
      await replacePayload(engine, record, kind, value, set, remove);
    }
  }
  return { set, remove };
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
  engine: TaskEngine,
  record: TaskRecord,
  kind: "input" | "output",
  value: JsonObject,
  set: NonNullable<Changes["set"]>,
  remove: string[]
): Promise<void> {
  const text = jsonText(kind, value, MAX_PAYLOAD_BYTES);
  if (kind === "input") {
    set.rev = record.rev + 1;
  }
  const version = `u-${shortOwner(randomUUID())}`;
  const placed = await placePayload({ ...record, ...set }, kind, text, version, fitsWhileRunning);
  if (placed.slices !== null) {
    await writeSlices(engine.storage, placed.slices);
  }
  Object.assign(set, placed.set);
  remove.push(...placed.remove);
}
