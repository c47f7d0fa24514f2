import { createTaskDefinition } from "../../src/index.js";
import type { TaskRecord } from "../../src/storage/record.js";
import { brokenPromises } from "../../src/testing/promises.js";
import { Simulation, type Call, type SimulatedTasks } from "../../src/testing/Simulation.js";

/** A run that went well: three iterations and onDone; where asked, aborted or deleted. Its only task. */
async function finished(then?: (tasks: SimulatedTasks, id: string) => Promise<unknown>) {
  const counting = createTaskDefinition({
    id: "counting",
    title: "Counting",
    async run({ input, store, response }) {
      const n = (input.n ?? 0) + 1;
      await store.updateOutput({ n });
      return n === 3 ? response.done() : response.continue({ n }, { seconds: 60 });
    },
    async onDone() {},
    async onAbort() {}
  });
  const simulation = new Simulation({ plugins: [counting] });
  const { id } = await simulation.tasks.trigger({ definition: "counting", input: {} });
  await then?.(simulation.tasks, id);
  await simulation.untilQuiet();
  return { simulation, id };
}

/** The same simulation, with its records as they should never be. */
async function withRecords(simulation: Simulation, change: Partial<TaskRecord> | null): Promise<Simulation> {
  const records = change === null ? [] : (await simulation.records()).map(record => ({ ...record, ...change }));
  return Object.assign(Object.create(simulation) as Simulation, { records: async () => records });
}

/** What is wrong, without the name of the task. */
async function broken(simulation: Simulation, invocations = simulation.invocations): Promise<string[]> {
  const found = await brokenPromises(simulation, { faults: [], invocations });
  return found.map(text => text.replace(/^counting \S+ \(\w+\): /, ""));
}

const callsOf = (simulation: Simulation, name: Call["name"]) => simulation.calls.filter(call => call.name === name);

it("finds nothing in a run that went well, was aborted, or whose task was deleted", async () => {
  for (const then of [
    undefined,
    (tasks: SimulatedTasks, id: string) => tasks.abort({ id }),
    (tasks: SimulatedTasks, id: string) => tasks.deleteTask(id)
  ]) {
    expect(await broken((await finished(then)).simulation)).toEqual([]);
  }
});

it("sees a task that is stuck, and one that owes something for ever", async () => {
  const { simulation } = await finished();
  expect(await broken(await withRecords(simulation, { taskStatus: "running" }))).toContain("stuck");
  expect(await broken(await withRecords(simulation, { owed: ["onDone"] }))).toEqual(["owes onDone for ever"]);
  expect(await broken(await withRecords(simulation, { deleted: true }))).toEqual(["owes its removal for ever"]);
});

describe("iterations", () => {
  it.each([
    ["one was left out", (runs: Call[]) => runs.splice(1, 1)],
    [
      "one began again when the next one had begun",
      (runs: Call[]) => runs.push({ ...(runs[1] as Call), failed: true })
    ],
    ["the first two changed places", (runs: Call[]) => runs.splice(0, 2, runs[1] as Call, runs[0] as Call)],
    ["one came after the last", (runs: Call[]) => runs.push({ ...(runs[2] as Call), iteration: 4 })]
  ])("are out of order when %s", async (_, change) => {
    const { simulation } = await finished();
    const runs = callsOf(simulation, "run");
    change(runs);
    simulation.calls.splice(0, Infinity, ...runs, ...callsOf(simulation, "onDone"));
    expect(await broken(simulation)).toEqual([expect.stringContaining("iterations began in the order") as string]);
  });

  it("may be repeated after a fault, and only then", async () => {
    const { simulation } = await finished();
    const [first] = callsOf(simulation, "run") as [Call];
    simulation.calls.unshift(first);
    expect(await broken(simulation)).toEqual(["iterations began 4 times: 1,1,2,3"]);
    const { invocations } = simulation;
    expect(await brokenPromises(simulation, { faults: ["crash-after"], invocations })).toEqual([]);
    expect(await brokenPromises(simulation, { faults: ["stale-index"], invocations })).toHaveLength(1);
  });
});

describe("hooks", () => {
  it("that never ran, ran twice, or are of another end", async () => {
    const { simulation } = await finished();
    const [done] = callsOf(simulation, "onDone") as [Call];
    simulation.calls.push(done);
    expect(await broken(simulation)).toEqual(["onDone ran 2 times"]);
    simulation.calls.splice(-2);
    expect(await broken(simulation)).toEqual(["onDone never ran"]);
    simulation.calls.push(done, { ...done, name: "onAbort" });
    expect(await broken(simulation)).toEqual(["onAbort ran"]);
  });

  it("that failed are tried again", async () => {
    const { simulation } = await finished();
    const [done] = callsOf(simulation, "onDone") as [Call];
    simulation.calls.push({ ...done, failed: true });
    expect(await broken(simulation)).toEqual([]);
  });
});

it("sees an abort that was undone, or written over", async () => {
  const { simulation } = await finished((tasks, id) => tasks.abort({ id }));
  const undone = await withRecords(simulation, { taskStatus: "success", iterations: 1 });
  simulation.calls.splice(0, Infinity, { ...(simulation.calls[0] as Call), name: "onDone" });
  expect(await broken(undone)).toEqual(
    expect.arrayContaining(["its abort was answered", 'after its abort "iterations" went from 0 to 1'])
  );
});

describe("callers", () => {
  it("were told of a task that is gone, or is still there", async () => {
    const { simulation, id } = await finished();
    expect(await broken(await withRecords(simulation, null))).toEqual([
      `the trigger of ${id} was answered, and the task is gone`
    ]);
    const told = { at: simulation.now(), name: "deleteTask", args: [id], scope: { tenant: "root", locale: "en-US" } };
    simulation.callers.push({ ...told, told: "value" });
    expect(await broken(simulation)).toEqual([expect.stringMatching(`^${id} was deleted, and there is A`) as string]);
  });

  it("were told that a trigger failed which left a task", async () => {
    const { simulation } = await finished();
    Object.assign(simulation.callers[0] as object, { told: "error", value: undefined });
    expect(await broken(simulation)).toEqual(["a trigger that failed left a task"]);
  });
});

it("sees an execution that is never over, and invocations that go round in circles", async () => {
  const { simulation } = await finished();
  Object.assign(simulation.executions[0] as object, { status: "RUNNING" });
  expect(await broken(simulation)).toEqual([
    expect.stringMatching(/^the execution counting_\S+ is never over$/) as string
  ]);
  Object.assign(simulation.executions[0] as object, { status: "SUCCEEDED" });
  const { invocations } = simulation;
  expect(await broken(simulation, invocations - 6)).toEqual([
    `${invocations} invocations; ${invocations - 6} without a fault`
  ]);
  expect(await broken(simulation, invocations - 5)).toEqual([]);
});
