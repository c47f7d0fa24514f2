import { createTaskDefinition } from "../../src/index.js";
import { exploreFaults, runSchedule, type Scenario, type Simulation } from "../../src/testing/index.js";

/** Sends an invoice: to a shop that takes each number once, or to one that takes whatever comes. */
function invoices(isIdempotent: boolean): Scenario {
  let sent: string[] = [];
  const invoice = (simulation: Simulation) =>
    createTaskDefinition({
      id: "invoice",
      title: "Send an invoice",
      async run({ store, response }) {
        const { id } = store.getTask();
        await simulation.effect("POST /invoices", async () => {
          if (!isIdempotent || !sent.includes(id)) {
            sent.push(id);
          }
        });
        return response.done("Sent.");
      }
    });
  return {
    name: "invoices",
    plugins: simulation => {
      sent = [];
      return [invoice(simulation)];
    },
    start: ({ tasks }) => tasks.trigger({ definition: "invoice" }),
    check: () => (sent.length > 1 ? [`${sent.length} invoices were sent`] : [])
  };
}

it("finds nothing wrong with code that may be called twice", async () => {
  const { points, schedules, failures } = await exploreFaults(invoices(true));
  expect(failures).toEqual([]);
  expect(points).toBeGreaterThan(5);
  expect(schedules).toBeGreaterThan(5 * points);
});

it("finds where code that may not is called twice, and runs that schedule again", async () => {
  const scenario = invoices(false);
  const { failures } = await exploreFaults(scenario);
  const [first] = failures;
  expect(failures.flatMap(({ at, faults }) => faults.map(({ fault }, i) => `${fault} at ${at[i]}`))).toEqual(
    expect.arrayContaining(["crash-after at POST /invoices", "crash-after at run"])
  );
  expect(first?.broken).toEqual(["2 invoices were sent"]);
  const again = await runSchedule(scenario, first?.faults ?? [], first?.seed);
  expect(again.failure).toEqual(first);
});

it("explores only what is wanted, and pairs by the seed", async () => {
  const scenario = invoices(true);
  const one = await exploreFaults(scenario, { faults: ["crash-after"] });
  // Every effect but the calls from outside.
  expect(one.schedules).toBe(one.points);
  const pairs = await exploreFaults(scenario, { faults: [], pairs: 20, seed: 3 });
  expect(pairs.schedules).toBe(1 + 20);
  expect(pairs.failures).toEqual([]);
});

it("says when a scenario fails without a fault", async () => {
  const { failures } = await exploreFaults({
    name: "nothing",
    plugins: [],
    start: ({ tasks }) => tasks.trigger({ definition: "unknown" })
  });
  expect(failures[0]?.broken[0]).toMatch(/^it fails without a fault: .*not found/);
});
