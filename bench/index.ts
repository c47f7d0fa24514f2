// Measures the figures that the README and docs promise. `npm run bench`, or `npm run bench -- --json` for one JSON
// object as the last line. Counts are exact; times depend on the machine and on what else it does.
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { createDynaliteClient } from "../__tests__/helpers/dynalite.js";
import { createTasksTable } from "../src/storage/dynamodb/createTasksTable.js";
import { DynamoDbStorage } from "../src/storage/dynamodb/DynamoDbStorage.js";
import { MemoryStorage } from "../src/storage/memory/MemoryStorage.js";
import { measureInChild } from "./child.js";
import { measureCounts, type CountFigures } from "./counts.js";
import { measureImport } from "./importing.js";
import { median } from "./median.js";
import { compared, round, table } from "./table.js";

const STORED = 10_000;
const IMPORT_RUNS = 15;
const CPU_ITERATIONS = 5_000;
const LOCAL = { oneTaskIterations: 2_000, tasks: 200, iterationsEach: 10, runs: 3 };

/** What `local.mjs` prints. */
interface LocalSamples {
  transitions: number;
  transitionsWithWait: number;
  oneTask: number[];
  oneTaskInBursts: number[];
  manyTasks: number[];
  flatness: number[];
  cpuMs: number[];
  cpuFlatness: number[];
  writesPerSecond: number[];
}

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
const root = join(import.meta.dirname, "..");
const loadBefore = loadavg()[0] ?? 0;

// Times first: what the counts leave behind would be in their way.
const importing = measureImport(root, IMPORT_RUNS);
const cpu = await measureInChild<{ cpuMs: number[]; elapsedMs: number[] }>(root, "cpu.mjs", CPU_ITERATIONS);
const local = await measureInChild<LocalSamples>(
  root,
  "local.mjs",
  LOCAL.oneTaskIterations,
  LOCAL.tasks,
  LOCAL.iterationsEach,
  LOCAL.runs
);
const at0 = await measureCounts(new MemoryStorage(), 0);
const at10000 = await measureCounts(new MemoryStorage(), STORED);
const onDynalite = await measureCounts(await dynaliteStorage(), STORED);
const loadAfter = loadavg()[0] ?? 0;

const figures = {
  requestsPerIteration: both(({ iteration }) => iteration.requests),
  writeUnitsPerIteration: both(({ iteration }) => iteration.writeUnits),
  readUnitsPerIteration: both(({ iteration }) => iteration.readUnits),
  triggerRequests: at10000.trigger.requests,
  logRequests: at10000.loggingIteration.requests - at10000.iteration.requests,
  transitionsPerIteration: local.transitions,
  cpuMsPerIteration: round(median(cpu.cpuMs), 3),
  importMs: round(importing.importMs, 1),
  localIterationsPerSecond: { oneTask: round(median(local.oneTask)), manyTasks: round(median(local.manyTasks)) },
  localBurstIterationsPerSecond: round(median(local.oneTaskInBursts)),
  localFlatness: round(median(local.flatness), 2),
  // Beside what was asked for.
  triggerWriteUnits: at10000.trigger.writeUnits,
  transitionsPerIterationWithWait: local.transitionsWithWait,
  listReadUnits: { of10: at10000.list10.readUnits, of50: at10000.list50.readUnits },
  importCpuMs: round(Math.max(...Object.values(importing.byFormat).map(({ cpuMs }) => cpuMs)), 1),
  localCpuMsPerIteration: round(median(local.cpuMs), 2),
  localCpuFlatness: round(median(local.cpuFlatness), 2),
  localWritesPerSecond: round(median(local.writesPerSecond)),
  loadAverage: { before: round(loadBefore, 2), after: round(loadAfter, 2), cpus: cpus().length }
};

console.log(
  table([
    [
      "DynamoDB, index writes included: computed, as billed",
      "none stored",
      "10,000 stored",
      "dynalite, 10,000",
      "at most"
    ],
    ...countRows(),
    [],
    ["State machine, counted by the local endpoint", "transitions", "", "", "at most"],
    ["  iteration", local.transitions, "", "", compared(local.transitions, 2)],
    ["  iteration with a wait", local.transitionsWithWait, "", "", compared(local.transitionsWithWait, 3)],
    [],
    ["Times", "median", "least", "most", "wanted"],
    ["  the library's CPU per iteration, ms", ...spread(cpu.cpuMs, 3), compared(median(cpu.cpuMs), 0.5, "less")],
    ["    the same as elapsed time, ms", ...spread(cpu.elapsedMs, 3)],
    ...Object.entries(importing.byFormat).map(([format, { ms, cpuMs, modules }]) => [
      `  import of the package root, ${format}, ms (${modules} modules; its CPU ${round(cpuMs, 1)})`,
      round(ms, 1),
      "",
      "",
      compared(ms, 50, "less")
    ]),
    [
      "  local runtime, 2,000 iterations of 1 task, per second",
      ...spread(local.oneTask),
      compared(median(local.oneTask), 250, "more")
    ],
    ["    the same in bursts", ...spread(local.oneTaskInBursts), compared(median(local.oneTaskInBursts), 800, "more")],
    [
      "  local runtime, 10 iterations of 200 tasks, per second",
      ...spread(local.manyTasks),
      compared(median(local.manyTasks), 250, "more")
    ],
    ["  last 100 iterations over the first 100", ...spread(local.flatness, 2), "about 1"],
    ["    the same by CPU time", ...spread(local.cpuFlatness, 2), "about 1"],
    ["    CPU of an iteration of the local runtime, ms", ...spread(local.cpuMs, 2)],
    ["  for comparison: bare conditional writes per second", ...spread(local.writesPerSecond), "2 an iteration"]
  ])
);
console.log(
  `\nNode ${process.version}, ${cpus().length} CPUs, load average ${round(loadBefore, 2)} before and ${round(loadAfter, 2)} after. ` +
    "Counts are exact; times are not when something else runs too."
);
if (process.argv.includes("--json")) {
  console.log(JSON.stringify(figures));
}

function both(pick: (counts: CountFigures) => number) {
  return { at0: pick(at0), at10000: pick(at10000) };
}

function countRows() {
  const rows: [name: string, key: keyof CountFigures, unit: "requests" | "writeUnits" | "readUnits", most: number][] = [
    ["plain iteration, requests", "iteration", "requests", 2],
    ["plain iteration, write units", "iteration", "writeUnits", 2],
    ["plain iteration, read units", "iteration", "readUnits", 0],
    ["iteration with a log line, requests", "loggingIteration", "requests", 3],
    ["iteration with a log line, write units", "loggingIteration", "writeUnits", 3],
    ["trigger, requests", "trigger", "requests", 2],
    ["trigger, write units", "trigger", "writeUnits", 4],
    ["list of 10, requests", "list10", "requests", 6],
    ["list of 10, read units", "list10", "readUnits", 8],
    ["list of 50, requests", "list50", "requests", 8],
    ["list of 50, read units", "list50", "readUnits", 31]
  ];
  return rows.map(([name, key, unit, most]) => {
    const values = [at0, at10000, onDynalite].map(counts => counts[key][unit]);
    return [`  ${name}`, ...values, compared(Math.max(...values), most)];
  });
}

function spread(samples: number[], digits = 0): number[] {
  return [median(samples), Math.min(...samples), Math.max(...samples)].map(value => round(value, digits));
}

async function dynaliteStorage(): Promise<DynamoDbStorage> {
  const client = createDynaliteClient();
  await createTasksTable({ client, tableName: "bench" });
  return new DynamoDbStorage({ client, tableName: "bench" });
}
