/* global Request */
// GraphQL beside `context.tasks`, on storage in memory, on the built package. Prints one JSON line.
import { performance } from "node:perf_hooks";
import { createTaskDefinition, createTaskSecurity, createBackgroundTasks } from "../dist/esm/index.js";
import { createHost } from "../dist/esm/host/createHandler.js";
import { MemoryStorage } from "../dist/esm/storage/memory/MemoryStorage.js";
import { MeteredStorage } from "../dist/esm/storage/MeteredStorage.js";

const [runs] = process.argv.slice(2).map(Number);
const WARM_UP = 50;
const storage = new MeteredStorage(new MemoryStorage());
const work = createTaskDefinition({ id: "work", title: "Work", run: async ({ response }) => response.done() });
const host = createHost({
  plugins: [
    work,
    createBackgroundTasks({
      storage,
      service: { send: async () => null, fetch: async () => null },
      logLevel: "silent"
    }),
    createTaskSecurity({
      authenticate: () => ({ id: "bench", displayName: null, type: "bench" }),
      permissions: () => [{ name: "tasks" }]
    })
  ]
});

const graphql = async query => {
  const response = await host.fetch(
    new Request("http://localhost/graphql", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query })
    })
  );
  const { errors } = await response.json();
  if (errors !== undefined) {
    throw new Error(JSON.stringify(errors));
  }
};
const FIELDS = "id name taskStatus createdOn savedOn input output iterations";
const operations = {
  trigger: {
    direct: async () => (await host.createContext()).tasks.trigger({ definition: "work", input: { page: 1 } }),
    graphql: () =>
      graphql(`
        mutation {
          backgroundTasks {
            triggerTask(definition: work, input: { page: 1 }) {
              data {
                id
              }
              error {
                code
              }
            }
          }
        }
      `)
  },
  list50: {
    direct: async () => (await host.createContext()).tasks.listTasks({ limit: 50 }),
    graphql: () =>
      graphql(`{ backgroundTasks { listTasks(limit: 50) { data { ${FIELDS} } meta { cursor } error { code } } } }`)
  }
};

const figures = {};
for (const [name, ways] of Object.entries(operations)) {
  const samples = { direct: [], graphql: [] };
  const requests = {};
  for (let run = -WARM_UP; run < runs; run++) {
    // In turns, so that both see the same noise.
    for (const [way, call] of Object.entries(ways)) {
      storage.reset();
      const startedAt = performance.now();
      await call();
      if (run >= 0) {
        samples[way].push(performance.now() - startedAt);
      }
      requests[way] = storage.counts().requests;
    }
  }
  figures[name] = { samples, requests };
}
console.log(JSON.stringify(figures));
