import { createTaskDefinition } from "../../src/index.js";
import { Simulation } from "../../src/testing/index.js";

const DAY_SECONDS = 24 * 60 * 60;

const counting = createTaskDefinition<any, { to: number; seconds?: number; at?: number }>({
  id: "counting",
  title: "Counting",
  async run({ input, response }) {
    const at = (input.at ?? 0) + 1;
    return at < input.to
      ? response.continue({ ...input, at }, input.seconds ? { seconds: input.seconds } : undefined)
      : response.done("Counted.", { at });
  }
});

it("runs a task through its waits, in no time", async () => {
  const simulation = new Simulation({ plugins: [counting], sweepSeconds: DAY_SECONDS });
  const begin = simulation.now();
  const { id } = await simulation.tasks.trigger({
    definition: "counting",
    input: { to: 3, seconds: 30 * DAY_SECONDS },
    delay: 60
  });
  expect((await simulation.look(tasks => tasks.getTask(id)))?.taskStatus).toBe("pending");
  const task = await simulation.waitFor(id);
  expect(task).toMatchObject({ taskStatus: "success", output: { at: 3 }, iterations: 3 });
  expect(simulation.now() - begin).toBeGreaterThanOrEqual((60 + 60 * DAY_SECONDS) * 1000);
  expect(simulation.invocations).toBeGreaterThanOrEqual(3);
  expect(simulation.executions.map(({ status }) => status)).toEqual(["SUCCEEDED"]);
});

it("counts the events of an execution as the runner does", async () => {
  const simulation = new Simulation({ plugins: [counting] });
  const { id } = await simulation.tasks.trigger({ definition: "counting", input: { to: 4, seconds: 5 } });
  await simulation.waitFor(id);
  const [execution] = simulation.executions;
  expect(execution?.events).toBe(1 + 4 * 7 + 3 * 2);
  expect(execution?.state.events).toBe(execution?.events);
});

it("two callers at once, and two tenants, do not see each other's tasks", async () => {
  const simulation = new Simulation({ plugins: [counting] });
  const other = { tenant: "other", locale: "de-DE" };
  const [one, two] = await Promise.all([
    simulation.tasks.trigger({ definition: "counting", input: { to: 2 } }),
    simulation.tasksOf(other).trigger({ definition: "counting", input: { to: 2 } })
  ]);
  expect(await simulation.untilQuiet()).toBe(true);
  expect(await simulation.tasks.getTask(two.id)).toBeNull();
  expect((await simulation.waitFor(two.id, other)).taskStatus).toBe("success");
  expect((await simulation.waitFor(one.id)).taskStatus).toBe("success");
});

it("kills an invocation at its deadline, and the machine calls again", async () => {
  let runs = 0;
  const slow = createTaskDefinition({
    id: "slow",
    title: "Slow",
    async run({ response }) {
      if (runs++ === 0) {
        await simulation.sleep(20 * 60 * 1000);
      }
      return response.done();
    }
  });
  const simulation: Simulation = new Simulation({ plugins: [slow], lambdaSeconds: 300 });
  const begin = simulation.now();
  const { id } = await simulation.tasks.trigger({ definition: "slow" });
  expect((await simulation.waitFor(id)).taskStatus).toBe("success");
  expect(runs).toBe(2);
  const minutes = (simulation.now() - begin) / 60_000;
  expect(minutes).toBeGreaterThan(5);
  expect(minutes).toBeLessThan(6);
});

it("gives the same run for the same seed, and another one for another", async () => {
  const run = async (seed: number) => {
    const simulation = new Simulation({ plugins: [counting], seed });
    const ids = await Promise.all(
      [2, 3].map(async to => (await simulation.tasks.trigger({ definition: "counting", input: { to } })).id)
    );
    await simulation.untilQuiet();
    return { ids, end: simulation.now(), effects: simulation.effects.map(({ name }) => name) };
  };
  expect(await run(7)).toEqual(await run(7));
  expect(await run(7)).not.toEqual(await run(8));
});

it("says so when what is waited for never comes, or is not of this world", async () => {
  const simulation = new Simulation({ plugins: [counting] });
  await expect(simulation.waitFor("01ARZ3NDEKTSV4RRFFQ69G5FAV")).rejects.toThrow("There is no task");
  const { id } = await simulation.look(tasks =>
    tasks.createTask({ definitionId: "counting", name: "Never started", input: {} })
  );
  await expect(simulation.waitFor(id)).rejects.toThrow("nothing is left to do");
});
