import { createTaskDefinition } from "../../src/index.js";
import { startLocal } from "../../src/local/index.js";

it("3,700 iterations pass through the local endpoint, whose executions end at 25,000 events", async () => {
  const seen: number[] = [];
  const counting = createTaskDefinition({
    id: "counting",
    title: "Counting",
    maxIterations: 3_700,
    async run({ input, response }) {
      seen.push(input.at);
      return input.at < 3_700 ? response.continue({ at: input.at + 1 }) : response.done();
    }
  });
  const local = await startLocal({ plugins: [counting] });
  try {
    const { id } = await local.tasks.trigger({ definition: "counting", input: { at: 1 } });
    const task = await local.waitFor(id);
    expect(task).toMatchObject({ taskStatus: "success", iterations: 3_700, execution: 2 });
    expect(seen).toEqual(Array.from({ length: 3_700 }, (_, at) => at + 1));
    // Two a iteration, and the first and last state of each of the two executions.
    expect(local.counts().transitions).toBe(2 * 3_700 + 4);
    expect(await local.tasks.fetchServiceInfo(id)).toMatchObject({
      name: expect.stringMatching(/_2$/),
      status: "SUCCEEDED"
    });
  } finally {
    await local.stop();
  }
}, 180_000);
