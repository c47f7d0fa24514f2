// The library's own CPU per iteration: the built handler, called as the state machine calls it (JSON in, JSON out), on
// storage in memory. Prints one JSON line: CPU and elapsed time of every iteration, in milliseconds.
import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { MemoryStorage } from "../dist/esm/storage/memory/MemoryStorage.js";
import { createBackgroundTasks, createEventSource, createHandler, createTaskDefinition } from "../dist/esm/index.js";

const WARM_UP = 2_000;
const BATCH = 100;
const iterations = Number(process.argv[2]);

const paging = createTaskDefinition({
  id: "paging",
  title: "Sync articles",
  maxIterations: WARM_UP + iterations + 1,
  run: async ({ input, response }) => response.continue({ ...input, page: input.page + 1 })
});
const handler = createHandler({
  plugins: [
    createBackgroundTasks({
      storage: new MemoryStorage(),
      service: {
        send: async () => ({ executionArn: "arn" }),
        fetch: async () => null
      },
      logLevel: "silent"
    }),
    createEventSource({
      name: "trigger",
      canUse: event => event.trigger !== undefined,
      handle: async ({ event, createContext }) => (await createContext()).tasks.trigger(event.trigger)
    }),
    paging
  ]
});
const input = { page: 1, folder: "articles/summer", cursor: "MDAwMDAx" };
const task = await handler({ trigger: { definition: "paging", input } }, lambdaContext());

let state = { execution: 1, iteration: 1, events: 1 };
await batch(WARM_UP);
const cpuMs = [];
const elapsedMs = [];
for (let done = 0; done < iterations; done += BATCH) {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await batch(BATCH);
  const { user, system } = process.cpuUsage(cpu);
  elapsedMs.push((performance.now() - startedAt) / BATCH);
  cpuMs.push((user + system) / 1000 / BATCH);
}
console.log(JSON.stringify({ cpuMs, elapsedMs }));

async function batch(size) {
  for (let i = 0; i < size; i++) {
    const event = {
      name: "background-task",
      payload: {
        webinyTaskId: task.id,
        webinyTaskDefinitionId: task.definitionId,
        tenant: "root",
        locale: "en-US",
        delay: -1,
        endpoint: "manage",
        executionName: `${task.definitionId}-${task.id}-1`,
        executionArn: "arn",
        stateMachineId: "arn",
        execution: state.execution,
        iteration: state.iteration,
        events: state.events,
        retryCount: 0
      }
    };
    const answer = await handler(JSON.parse(JSON.stringify(event)), lambdaContext());
    state = JSON.parse(JSON.stringify(answer));
    if (state.status !== "continue") {
      throw new Error(`The task ended: ${JSON.stringify(state)}`);
    }
    // What the machine does when its history is getting long.
    state.events = 1;
  }
}

function lambdaContext() {
  return { awsRequestId: randomUUID(), getRemainingTimeInMillis: () => 900_000 };
}
