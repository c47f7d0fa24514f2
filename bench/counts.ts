import { createTestTasks, type TestTasks } from "../__tests__/helpers/createTestTasks.js";
import type { Storage } from "../src/storage/Storage.js";
import type { StorageUsage } from "../src/storage/MeteredStorage.js";
import { paging } from "./paging.js";
import { storeFinishedTasks } from "./seed.js";

const ITERATIONS = 30;

/** What things cost in DynamoDB requests and units, index writes included: computed by `MeteredStorage`. */
export interface CountFigures {
  /** The dearest of some plain iterations. */
  iteration: StorageUsage;
  /** The same with one `addInfoLog`. */
  loggingIteration: StorageUsage;
  trigger: StorageUsage;
  list10: StorageUsage;
  list50: StorageUsage;
}

/** Measures on a storage in which `stored` finished tasks with their logs are put first. */
export async function measureCounts(underlying: Storage, stored: number): Promise<CountFigures> {
  await storeFinishedTasks(underlying, stored);
  const t = await createTestTasks([paging], { underlying });
  const trigger = await usage(t, () => t.tasks.trigger({ definition: "paging", input: { page: 1, pages: 2 } }));
  const iteration = await iterationUsage(t, false);
  const loggingIteration = await iterationUsage(t, true);
  for (let i = 0; i < 50; i++) {
    await t.tasks.trigger({ definition: "paging", input: { page: 1, pages: 2 } });
  }
  const list10 = await usage(t, () => t.tasks.listTasks({ limit: 10 }));
  const list50 = await usage(t, () => t.tasks.listTasks({ limit: 50 }));
  return { iteration, loggingIteration, trigger, list10, list50 };
}

/** Of the second and later iterations of one task: the first one also changes the status. */
async function iterationUsage(t: TestTasks, log: boolean): Promise<StorageUsage> {
  const input = { page: 1, pages: ITERATIONS + 2, log };
  const task = await t.tasks.trigger({ definition: "paging", input });
  const execution = t.executionOf(task);
  await t.step(execution);
  const most: StorageUsage = { requests: 0, writeUnits: 0, readUnits: 0 };
  for (let i = 0; i < ITERATIONS; i++) {
    const { requests, writeUnits, readUnits } = await usage(t, () => t.step(execution));
    most.requests = Math.max(most.requests, requests);
    most.writeUnits = Math.max(most.writeUnits, writeUnits);
    most.readUnits = Math.max(most.readUnits, readUnits);
  }
  return most;
}

async function usage(t: TestTasks, work: () => Promise<unknown>): Promise<StorageUsage> {
  t.storage.reset();
  await work();
  const { requests, writeUnits, readUnits } = t.storage.counts();
  return { requests, writeUnits, readUnits };
}
