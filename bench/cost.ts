import { randomBytes } from "node:crypto";
import { createTestTasks } from "../__tests__/helpers/createTestTasks.js";
import { createTaskDefinition, type TaskContext, type TaskUsage } from "../src/index.js";
import { DEFAULT_PRICES, dollarsOf, type Prices } from "../src/observe/prices.js";

/** Prices that docs/cost.md is computed with: the default table, and the Lambda on arm64. */
export const COST_PRICES: Prices = { ...DEFAULT_PRICES, gbSecond: 0.0000133334 };

/** How long each iteration takes, at 1 GB. */
const ITERATION_MS = 100;
const ITERATIONS = 20;

/**
 * What Webiny 5.x's own code was measured to use for an iteration, with nothing else stored and with 1,000 finished
 * tasks: its list of logs is read at each.
 */
const WEBINY = { transitions: 2, invocations: 1, gbSeconds: ITERATION_MS / 1000, writeUnits: 28 };
export const WEBINY_ITERATIONS: Record<string, TaskUsage> = {
  "Webiny's design, nothing stored": { ...WEBINY, readUnits: 3.5 },
  "Webiny's design, 1,000 finished tasks stored": { ...WEBINY, readUnits: 150.5 }
};

/** What one more iteration of each kind adds to the usage of its task. */
export async function measureIterations(): Promise<Record<string, TaskUsage>> {
  return {
    plain: await oneMore({}),
    "with a wait": await oneMore({ seconds: 60 }),
    "with a line in the log": await oneMore({ log: true }),
    "with 10 KB of input that changes": await oneMore({ bytes: 10 * 1024 }),
    "in a burst": await oneMore({}, true)
  };
}

/** What a task of one iteration uses in all. */
export async function measureShortestTask(): Promise<TaskUsage> {
  return usageOf(1, {}, false);
}

/** Dollars of a million such things. */
export function perMillion(usage: TaskUsage): number {
  return dollarsOf(usage, COST_PRICES) * 1e6;
}

async function oneMore(input: object, burst = false): Promise<TaskUsage> {
  const [short, long] = [await usageOf(ITERATIONS, input, burst), await usageOf(2 * ITERATIONS, input, burst)];
  const each = (name: "transitions" | "invocations" | "gbSeconds" | "readUnits" | "writeUnits") =>
    Number(((long[name] - short[name]) / ITERATIONS).toFixed(6));
  return {
    transitions: each("transitions"),
    invocations: each("invocations"),
    gbSeconds: each("gbSeconds"),
    readUnits: each("readUnits"),
    writeUnits: each("writeUnits")
  };
}

interface Input {
  page: number;
  seconds?: number;
  log?: boolean;
  bytes?: number;
  text?: string;
}

async function usageOf(pages: number, input: object, burst: boolean): Promise<TaskUsage> {
  const definition = createTaskDefinition<TaskContext, Input>({
    id: "paging",
    title: "Sync articles",
    burst,
    async run({ input: { page, seconds = 0, log, bytes }, store, response }) {
      await t.clock.advance(ITERATION_MS);
      if (log) {
        await store.addInfoLog({ message: "Page done." });
      }
      const text = bytes === undefined ? {} : { text: textOf(bytes) };
      return page < pages ? response.continue({ page: page + 1, ...text }, { seconds }) : response.done();
    }
  });
  const t = await createTestTasks([definition]);
  const task = await t.tasks.trigger({ definition: "paging", input: { page: 1, ...input } });
  await t.runToEnd(task);
  return (await t.tasks.getTask(task.id))?.usage as TaskUsage;
}

/** Text that hardly compresses. */
function textOf(bytes: number): string {
  return randomBytes((bytes * 3) / 4).toString("base64");
}
