// npm run soak: the local server under a steady load, with tasks that are removed when they are old. Its memory stays flat.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { TasksClient, TasksClientError } from "../../src/client/index.js";
import { seededRandom } from "../../src/testing/random.js";
import { LocalServer } from "./LocalServer.js";
import { between, makePlan } from "./plans.js";
import { SecondSystem } from "./SecondSystem.js";

/** Ended executions that the server keeps in memory, and some more: from then on each new one replaces an old one. */
const FILLING = 10_500;
const FILLING_AT_ONCE = 16;

const TRIGGERS_PER_SECOND = 4;
/** On a machine that is busy with something else, fewer tasks are triggered rather than requests piled up. */
const MOST_AT_ONCE = 20;
/** One of so many tasks is looked up in a list of all, which reads the payloads of others, too. */
const ONE_IN_LISTED = 4;
const RETENTION_SECONDS = 60;
const SWEEP_SECONDS = 5;
const SAMPLE_MS = 30_000;
/** What the last quarter of the samples may have more than the second one, on average. */
const MAX_GROWTH = { heap: 0.05, rss: 0.1 };
/** More tasks that have not ended are a load the server does not keep up with, which says nothing about its memory. */
const MOST_UNFINISHED = 200;

const MB = 1_024 * 1_024;
const ALLOWED = ["NOT_FOUND", "TASK_ABORT_ERROR"];

interface Sample {
  minute: number;
  heap: number;
  rss: number;
}

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "30" }, seed: { type: "string", default: "1" } }
});
const minutes = Number(values.minutes);
// Fewer make no four quarters to compare.
if (!(minutes >= 3)) {
  throw new Error("Expected at least three minutes: --minutes 30");
}
const random = seededRandom(Number(values.seed));
const sum = { triggers: 0, effects: 0 };
const failures = new Map<string, number>();

const dataDir = mkdtempSync(join(tmpdir(), "tasks-soak-"));
const secondSystem = await SecondSystem.start(() => (sum.effects += 1));
const retentionDays = RETENTION_SECONDS / (24 * 60 * 60);
const server = new LocalServer({
  dataDir,
  secondSystem: secondSystem.url,
  retentionDays,
  sweepSeconds: SWEEP_SECONDS
});
try {
  server.begin();
  const { client } = await server.ready();
  await fill(client);
  const samples = await soak(client);
  process.exitCode = (await judge(client, samples)) ? 0 : 1;
} finally {
  await server.kill();
  await secondSystem.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function fill(client: TasksClient): Promise<void> {
  const startedAt = performance.now();
  let left = FILLING;
  await Promise.all(
    Array.from({ length: FILLING_AT_ONCE }, async () => {
      while (left-- > 0) {
        await attempt(() => client.trigger({ definition: "single" }));
      }
    })
  );
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  console.log(`${FILLING} tasks in ${seconds} s fill what the server keeps. Now ${minutes} minutes of a steady load:`);
  console.log("minute   heap MB    RSS MB   tasks triggered   effects   failures");
}

/** @returns the memory, every half minute */
async function soak(client: TasksClient): Promise<Sample[]> {
  const samples: Sample[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + minutes * 60_000;
  const underWay = new Set<Promise<void>>();
  let nextTask = startedAt;
  let nextSample = startedAt + SAMPLE_MS;
  while (performance.now() < endsAt) {
    const now = performance.now();
    if (now >= nextTask) {
      nextTask += 1_000 / TRIGGERS_PER_SECOND;
      if (underWay.size < MOST_AT_ONCE) {
        const one: Promise<void> = useOne(client).finally(() => underWay.delete(one));
        underWay.add(one);
      }
    }
    if (now >= nextSample) {
      nextSample += SAMPLE_MS;
      const { heapUsed, rss } = await server.memory();
      const sample = { minute: (now - startedAt) / 60_000, heap: heapUsed / MB, rss: rss / MB };
      samples.push(sample);
      if (samples.length % 2 === 0) {
        print(sample);
      }
    }
    await sleep(Math.max(0, Math.min(nextTask, nextSample) - performance.now()));
  }
  await Promise.all(underWay);
  return samples;
}

/** One task, as somebody uses it: triggered, looked at, aborted or deleted, found in a list and in the log. */
async function useOne(client: TasksClient): Promise<void> {
  const { definition, input, delay, then } = makePlan(random);
  const task = await attempt(() => client.trigger({ definition, input, delay }));
  if (task === undefined) {
    return;
  }
  sum.triggers += 1;
  await sleep(between(random, 0, 3_000));
  await attempt(() => client.getTask(task.id));
  if (then === "abort") {
    await attempt(() => client.abort(task.id, { message: "Enough." }));
  } else if (then === "delete") {
    await attempt(() => client.deleteTask(task.id));
  }
  await attempt(() => first(client.listLogs({ where: { task: task.id } })));
  if (random() * ONE_IN_LISTED < 1) {
    await attempt(() => first(client.listTasks({ limit: 20 })));
  }
}

async function first<T>(list: AsyncIterable<T>): Promise<T | undefined> {
  for await (const one of list) {
    return one;
  }
  return undefined;
}

async function attempt<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const { code, message } = error as TasksClientError;
    if (!ALLOWED.includes(code)) {
      console.log(`${code}: ${message}`);
      failures.set(code, (failures.get(code) ?? 0) + 1);
    }
    return undefined;
  }
}

function print({ minute, heap, rss }: Sample): void {
  const failed = [...failures.values()].reduce((total, count) => total + count, 0);
  const columns = [minute.toFixed(1), heap.toFixed(1), rss.toFixed(1), sum.triggers, sum.effects, failed];
  console.log(columns.map((value, at) => String(value).padStart([6, 10, 10, 18, 10, 11][at] as number)).join(""));
}

/** @returns whether all is well */
async function judge(client: TasksClient, samples: Sample[]): Promise<boolean> {
  const quarter = Math.floor(samples.length / 4);
  const early = samples.slice(quarter, 2 * quarter);
  const late = samples.slice(samples.length - quarter);
  let isWell = true;
  for (const name of ["heap", "rss"] as const) {
    const growth = mean(late, name) / mean(early, name) - 1;
    isWell &&= growth <= MAX_GROWTH[name];
    console.log(
      `${name}: ${mean(early, name).toFixed(1)} MB in the second quarter, ${mean(late, name).toFixed(1)} MB in the last: ${percent(growth)}, at most ${percent(MAX_GROWTH[name])}; ${slope(samples.slice(quarter), name).toFixed(1)} MB an hour`
    );
  }
  // What nobody asked to end has ended by now, or does so in its last wait.
  const { meta } = await page(client, ["pending", "running"]);
  const stored = (await page(client)).meta.totalCount;
  console.log(`${sum.triggers} tasks, ${meta.totalCount} not ended, ${stored} kept.`);
  for (const [code, count] of failures) {
    console.log(`${count} requests failed with ${code}`);
  }
  console.log(server.output);
  return isWell && failures.size === 0 && (meta.totalCount ?? 0) <= MOST_UNFINISHED;
}

async function page(client: TasksClient, taskStatus_in?: ("pending" | "running")[]) {
  const where = taskStatus_in === undefined ? undefined : { taskStatus_in };
  const found = await first(client.listTasks({ where, limit: 1 }).pages({ count: true }));
  return found as NonNullable<typeof found>;
}

function mean(samples: Sample[], name: "heap" | "rss"): number {
  return samples.reduce((total, sample) => total + sample[name], 0) / samples.length;
}

/** MB an hour, by least squares. */
function slope(samples: Sample[], name: "heap" | "rss"): number {
  const x = samples.reduce((total, { minute }) => total + minute, 0) / samples.length;
  const y = mean(samples, name);
  const over = samples.reduce((total, sample) => total + (sample.minute - x) * (sample[name] - y), 0);
  return (60 * over) / samples.reduce((total, { minute }) => total + (minute - x) ** 2, 0);
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}
