// What the API costs: `npm run bench:api`, or `npm run bench:api -- --json` for one JSON object as the last line.
import { join } from "node:path";
import { createTestTasks } from "../__tests__/helpers/createTestTasks.js";
import { MemoryStorage } from "../src/storage/memory/MemoryStorage.js";
import { measureInChild } from "./child.js";
import { measureBundle } from "./coldStart.js";
import { median } from "./median.js";
import { paging } from "./paging.js";
import { storeFinishedTasks } from "./seed.js";
import { compared, round, table } from "./table.js";

const RUNS = 300;
const BUNDLE_RUNS = 15;
const STORED = [1_000, 100_000];

type Ways<T> = Record<"direct" | "graphql", T>;
type Calls = Record<"trigger" | "list50", { samples: Ways<number[]>; requests: Ways<number> }>;

const root = join(import.meta.dirname, "..");
const calls = await measureInChild<Calls>(root, "apiCalls.mjs", RUNS);
const bundles = {
  withApi: await measureBundle(root, BUNDLE_RUNS, true),
  withoutApi: await measureBundle(root, BUNDLE_RUNS, false)
};
const listReadUnits: number[] = [];
for (const stored of STORED) {
  listReadUnits.push(await readUnitsOfList(stored));
}

const call = (name: keyof Calls) => {
  const { samples, requests } = calls[name];
  const [direct, graphql] = [median(samples.direct), median(samples.graphql)];
  return { directMs: round(direct, 3), graphqlMs: round(graphql, 3), ratio: round(graphql / direct, 2), requests };
};
const figures = {
  triggerTask: call("trigger"),
  listTasks: call("list50"),
  listReadUnits: Object.fromEntries(STORED.map((stored, at) => [`at${stored}`, listReadUnits[at]])),
  coldStart: Object.fromEntries(
    Object.entries(bundles).map(([name, { bytes, gzipBytes, importMs, largest }]) => [
      name,
      { kb: round(bytes / 1024), gzipKb: round(gzipBytes / 1024), importMs: round(importMs, 1), largest }
    ])
  )
};

console.log(
  table([
    ["GraphQL beside context.tasks", "direct, ms", "GraphQL, ms", "times", "requests"],
    ...(["triggerTask", "listTasks"] as const).map(name => {
      const { directMs, graphqlMs, ratio, requests } = figures[name];
      return [`  ${name}`, directMs, graphqlMs, ratio, compared(requests.graphql, requests.direct)];
    }),
    [],
    ["A list of 50, read units", ...STORED.map(stored => `${stored.toLocaleString("en-US")} stored`)],
    ["  listTasks", listReadUnits[0] ?? "", compared(listReadUnits[1] ?? NaN, listReadUnits[0] ?? NaN)],
    [],
    ["A handler with one task, bundled and minified", "KB", "KB gzip", "import, ms"],
    ...Object.entries(bundles).map(([name, { bytes, gzipBytes, importMs }]) => [
      `  ${name === "withApi" ? "with the API" : "the API left out"}`,
      round(bytes / 1024),
      round(gzipBytes / 1024),
      round(importMs, 1)
    ]),
    ...bundles.withApi.largest.map(([name, bytes]) => [`    of it ${name}`, round(bytes / 1024)])
  ])
);
if (process.argv.includes("--json")) {
  console.log(JSON.stringify(figures));
}

async function readUnitsOfList(stored: number): Promise<number> {
  const underlying = new MemoryStorage();
  await storeFinishedTasks(underlying, stored);
  const t = await createTestTasks([paging], { underlying });
  t.storage.reset();
  const { items } = await t.tasks.listTasks({ limit: 50 });
  if (items.length !== 50) {
    throw new Error(`The list has ${items.length} tasks.`);
  }
  return t.storage.counts().readUnits;
}
