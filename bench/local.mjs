// The local runtime, in memory, on the built package. Prints one JSON line.
import { performance } from "node:perf_hooks";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDbEndpoint } from "../dist/esm/local/DynamoDbEndpoint.js";
import { startLocal } from "../dist/esm/local/index.js";
import { createTaskDefinition, createTasksTable } from "../dist/esm/index.js";
import { equals } from "../dist/esm/storage/conditions.js";
import { DynamoDbStorage } from "../dist/esm/storage/dynamodb/DynamoDbStorage.js";

const [oneTaskIterations, taskCount, iterationsEach, runs] = process.argv.slice(2).map(Number);
const WARM_UP = 50;
const WINDOW = 100;
const WRITES = 1_000;
const MOST = oneTaskIterations + WARM_UP + 1;
let times = [];
let cpuTimes = [];

const counting = {
  id: "counting",
  title: "Counting",
  maxIterations: MOST,
  run: async ({ input, response }) => {
    times.push(performance.now());
    cpuTimes.push(cpuNow());
    return input.page < input.pages
      ? response.continue({ ...input, page: input.page + 1 }, input.seconds ? { seconds: input.seconds } : undefined)
      : response.done("All synced.");
  }
};
const local = await startLocal({
  plugins: [createTaskDefinition(counting), createTaskDefinition({ ...counting, id: "bursting", burst: true })]
});

const transitionsOfOne = await transitionsOf({ pages: 1 });
const plain = (await transitionsOf({ pages: 101 })) - transitionsOfOne;
const waiting = (await transitionsOf({ pages: 3, seconds: 1 })) - transitionsOfOne;
const oneTask = [];
const oneTaskInBursts = [];
const manyTasks = [];
const flatness = [];
const cpuMs = [];
const cpuFlatness = [];
const writesPerSecond = [];
for (let run = 0; run < runs; run++) {
  times = [];
  cpuTimes = [];
  await runTask({ pages: oneTaskIterations + WARM_UP });
  const warm = times.slice(WARM_UP - 1);
  oneTask.push((1000 * (warm.length - 1)) / (warm.at(-1) - warm[0]));
  flatness.push(lastOverFirst(warm));
  const warmCpu = cpuTimes.slice(WARM_UP - 1);
  cpuMs.push((warmCpu.at(-1) - warmCpu[0]) / (warmCpu.length - 1));
  cpuFlatness.push(lastOverFirst(warmCpu));

  times = [];
  await runTask({ pages: oneTaskIterations + WARM_UP }, "bursting");
  const inBursts = times.slice(WARM_UP - 1);
  oneTaskInBursts.push((1000 * (inBursts.length - 1)) / (inBursts.at(-1) - inBursts[0]));

  const startedAt = performance.now();
  await Promise.all(Array.from({ length: taskCount }, () => runTask({ pages: iterationsEach })));
  manyTasks.push((1000 * taskCount * iterationsEach) / (performance.now() - startedAt));
  writesPerSecond.push(await bareWritesPerSecond());
}
await local.stop();
console.log(
  JSON.stringify({
    transitions: plain / 100,
    transitionsWithWait: waiting / 2,
    oneTask,
    oneTaskInBursts,
    manyTasks,
    flatness,
    cpuMs,
    cpuFlatness,
    writesPerSecond
  })
);

/** CPU this process has used, in milliseconds: other processes hardly change it. */
function cpuNow() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function lastOverFirst(moments) {
  return (moments.at(-1) - moments.at(-1 - WINDOW)) / (moments[WINDOW] - moments[0]);
}

async function runTask(input, definition = "counting") {
  const task = await local.tasks.trigger({ definition, input: { page: 1, ...input } });
  const { taskStatus } = await local.waitFor(task.id);
  if (taskStatus !== "success") {
    throw new Error(`The task ended as ${taskStatus}.`);
  }
}

async function transitionsOf(input) {
  const before = local.counts().transitions;
  await runTask(input);
  return local.counts().transitions - before;
}

/** What the machine can do at best right now: one small conditional write after the other, signed, in the process. */
async function bareWritesPerSecond() {
  const dynamodb = new DynamoDbEndpoint();
  await dynamodb.start();
  const client = new DynamoDBClient({
    region: "us-east-1",
    endpoint: "http://localhost",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    requestHandler: dynamodb.requestHandler
  });
  await createTasksTable({ client, tableName: "bench" });
  const storage = new DynamoDbStorage({ client, tableName: "bench" });
  const key = { PK: "a", SK: "A" };
  await storage.put({ ...key, count: 0 });
  const startedAt = performance.now();
  for (let count = 0; count < WRITES; count++) {
    if ((await storage.update(key, equals("count", count), { set: { count: count + 1 } })) === null) {
      throw new Error("The bare write was refused.");
    }
  }
  const perSecond = (1000 * WRITES) / (performance.now() - startedAt);
  await dynamodb.stop();
  return perSecond;
}
