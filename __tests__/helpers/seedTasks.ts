import { missing } from "../../src/storage/conditions.js";
import { recordKey, sortKey, statusAttributes, type Scope, type TaskRecord } from "../../src/storage/record.js";
import type { Storage } from "../../src/storage/Storage.js";
import type { TaskDataStatus } from "../../src/types.js";

export const START = Date.parse("2026-01-01T00:00:00.000Z");

export interface SeededTask {
  id: string;
  status: TaskDataStatus;
  definitionId: string;
}

/** Stores finished and unfinished tasks a second apart, oldest first, without running anything. */
export async function seedTasks(
  storage: Storage,
  count: number,
  {
    scope = { tenant: "root", locale: "en-US" },
    statusOf = index => (["pending", "running", "failed", "success", "aborted"] as const)[index % 5]!,
    definitionOf = index => (index % 3 === 0 ? "everyThird" : "others"),
    isPrivate = () => false,
    more = () => ({})
  }: {
    scope?: Scope;
    statusOf?: (index: number) => TaskDataStatus;
    definitionOf?: (index: number) => string;
    isPrivate?: (index: number) => boolean;
    more?: (index: number) => Partial<TaskRecord>;
  } = {}
): Promise<SeededTask[]> {
  const tasks: SeededTask[] = [];
  for (let index = 0; index < count; index++) {
    const id = `01AAAAAAAA${String(index).padStart(6, "0")}0000000000`;
    const createdOn = START + index * 1000;
    const [status, definitionId] = [statusOf(index), definitionOf(index)];
    const record: TaskRecord = {
      ...recordKey(scope, id),
      sort: sortKey(createdOn, id, isPrivate(index)),
      ...statusAttributes(scope, definitionId, status),
      duePK: "DUE#0",
      due: createdOn,
      format: 1,
      name: `Task ${index}`,
      definitionId,
      execution: 1,
      executionStartedOn: createdOn,
      iterations: 1,
      nextIteration: 2,
      attempt: 0,
      leaseUntil: 0,
      nextAt: 0,
      rev: 0,
      input: JSON.stringify({ index }),
      createdBy: { id: "system", displayName: "System", type: "system" },
      savedOn: createdOn + 500,
      ...more(index)
    };
    await storage.put(record, missing("PK"));
    tasks.push({ id, status, definitionId });
  }
  return tasks;
}
