import { createBackgroundTasks, createTaskDefinition, DEFAULT_PRICES, dollarsOf } from "../../src/index.js";
import { usageText } from "../../src/cli/formatTask.js";
import { createTestApi } from "../helpers/createTestApi.js";

const paging = createTaskDefinition({
  id: "paging",
  title: "Sync articles",
  run: async ({ input, response }) => (input.page < 3 ? response.continue({ page: input.page + 1 }) : response.done())
});

const USAGE = `usage { transitions invocations gbSeconds readUnits writeUnits dollars prices }`;
const GET = `query ($id: ID!) { backgroundTasks { result: getTask(id: $id) { data { ${USAGE} } } } }`;

describe("dollars", () => {
  it("are each quantity times its price", () => {
    const usage = {
      transitions: 1e6,
      invocations: 2e6,
      gbSeconds: 100_000,
      readUnits: 4e6,
      writeUnits: 8e6
    };
    const prices = { ...DEFAULT_PRICES, gbSecond: 0.00002 };
    expect(dollarsOf(usage, prices)).toBeCloseTo(25 + 0.4 + 2 + 0.5 + 5, 10);
    const { millionTransitions: twice } = { millionTransitions: 50 };
    expect(dollarsOf(usage, { ...prices, millionTransitions: twice })).toBeCloseTo(50 + 0.4 + 2 + 0.5 + 5, 10);
  });

  it("are in the API beside the counts, by the prices given", async () => {
    const prices = { region: "eu-central-1", date: "2026-11", millionTransitions: 27.5 };
    const t = await createTestApi([paging], { prices });
    const task = await t.tasks.trigger({ definition: "paging", input: { page: 1 } });
    await t.runToEnd(task);
    const { data } = await t.ask(GET, { id: task.id });
    const counts = { transitions: 8, invocations: 3, gbSeconds: 0, readUnits: 0, writeUnits: 4 + 6 + 2 + 8 };
    expect(data.usage).toEqual({ ...counts, dollars: expect.any(Number), prices: "eu-central-1, 2026-11" });
    expect(data.usage.dollars).toBeCloseTo((8 * 27.5 + 3 * 0.2 + 20 * 0.625) / 1e6, 12);
  });

  it("are shown by the command line", () => {
    const usage = {
      transitions: 1_234,
      invocations: 600,
      gbSeconds: 12.34567,
      readUnits: 0.5,
      writeUnits: 1_300,
      dollars: 0.03187654,
      prices: "us-east-1, 2026-10"
    };
    expect(usageText({ usage } as never)).toBe(
      "1,234 transitions, 600 invocations, 12.346 GB-s, 0.5 read units, 1,300 write units  $0.0319 (us-east-1, 2026-10)"
    );
  });

  it.each([
    [{ transition: 1 }, /unknown "prices.transition"; known are region, date, millionTransitions/],
    [{ gbSecond: -1 }, /"prices.gbSecond" must be a number of dollars, 0 or more; got "-1"/],
    [{ gbSecond: "1" }, /"prices.gbSecond" must be a number of dollars/],
    [{ region: 1 }, /"prices.region" must be a text; got "1"/]
  ])("are refused where the prices are %j", (prices, message) => {
    expect(() => createBackgroundTasks({ prices: prices as never })).toThrow(
      expect.objectContaining({ code: "CONFIGURATION_ERROR", message: expect.stringMatching(message) })
    );
  });
});
