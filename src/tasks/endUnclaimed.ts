import { all, equals, unchanged } from "../storage/conditions.js";
import { statusAttributesOf, taskIdOf, type Owed, type TaskRecord } from "../storage/record.js";
import { updateRecord } from "../storage/recordFormat.js";
import type { TasksError } from "../errors.js";
import type { Performer } from "../hooks/runOwed.js";
import { finalAttributes } from "./finalAttributes.js";
import { readRecord } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";

/**
 * Fails a task whose next iteration may not, or can't, be run: no iterations left, no definition, too many lost
 * invocations or executions. Holds only while nobody runs it and nothing has moved since the record was read.
 * @returns the record as it is afterwards, whoever changed it
 */
export async function endUnclaimed(
  engine: TaskEngine,
  record: TaskRecord,
  performer: Performer,
  error: TasksError,
  hooks: Owed[]
): Promise<TaskRecord> {
  const final = finalAttributes(engine, record, hooks, performer);
  const condition = all(
    equals("taskStatus", record.taskStatus),
    equals("execution", record.execution),
    equals("iterations", record.iterations),
    unchanged("leaseOwner", record.leaseOwner),
    equals("leaseUntil", record.leaseUntil)
  );
  const ended = await updateRecord(engine.storage, record, condition, {
    set: {
      ...statusAttributesOf(record, "failed"),
      ...final.set,
      endedAtIteration: record.nextIteration,
      error: JSON.stringify({ message: error.message, code: error.code, data: error.data })
    },
    remove: final.remove
  });
  return ended ?? (await readRecord(engine, taskIdOf(record))) ?? record;
}
