import { createTaskDefinition } from "../../src/index.js";
import { startLocal } from "../../src/local/index.js";

it("6,000 iterations pass through the local endpoint, whose executions end at 25,000 events", async () => {
  const seen: number[] = [];
  const counting = createTaskDefinition({
    id: "counting",
    title: "Counting",
    maxIterations: 6_000,
    async run({ input, response }) {
      seen.push(input.at);
      return input.at < 6_000 ? response.continue({ at: input.at + 1 }) : response.done();
    }
  });
  const local = await startLocal({ plugins: [counting] });
  try {
    const { id } = await local.tasks.trigger({ definition: "counting", input: { at: 1 } });
    const task = await local.waitFor(id);
    expect(task).toMatchObject({ taskStatus: "success", iterations: 6_000, execution: 2 });
    expect(seen).toEqual(Array.from({ length: 6_000 }, (_, at) => at + 1));
    // Two a iteration, and the first and last state of each of the two executions.
    expect(local.counts().transitions).toBe(2 * 6_000 + 4);
    expect(await local.tasks.fetchServiceInfo(id)).toMatchObject({
      name: expect.stringMatching(/_2$/),
      status: "SUCCEEDED"
    });
  } finally {
    await local.stop();
  }
}, 300_000);
