import {
  COST_PRICES,
  measureIterations,
  measureShortestTask,
  perMillion,
  WEBINY_ITERATIONS
} from "../../bench/cost.js";
import type { TaskUsage } from "../../src/index.js";
import { readDoc, tableOf } from "./markdown.js";

const page = readDoc("docs/cost.md");
const dollars = (value: number) =>
  `$${value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
const cells = ({ transitions, invocations, readUnits, writeUnits, ...usage }: TaskUsage) => [
  String(transitions),
  String(invocations),
  String(readUnits),
  String(writeUnits),
  dollars(perMillion({ transitions, invocations, readUnits, writeUnits, ...usage }))
];

describe("docs/cost.md", () => {
  it("has what an iteration uses, as it is measured, and what a million of them cost", async () => {
    const measured = { ...(await measureIterations()), ...WEBINY_ITERATIONS };
    expect(tableOf(page, "an iteration", "transitions")).toEqual(
      Object.entries(measured).map(([name, usage]) => [name, ...cells(usage)])
    );
  });

  it("has what a task of one iteration uses", async () => {
    const { transitions, invocations, writeUnits } = await measureShortestTask();
    const text = `${transitions} transitions, ${invocations} invocation and ${writeUnits} write units`;
    expect(page).toContain(text);
    expect(page).toContain(`${dollars(perMillion(await measureShortestTask()))} per million`);
  });

  it("has the prices it is computed with", () => {
    const { region, date, ...prices } = COST_PRICES;
    expect(page).toContain(`${region}, ${date}`);
    const rows = tableOf(page, "price of", "dollars").map(([name = "", value = ""]) => [
      name.replaceAll("`", ""),
      Number(value)
    ]);
    expect(rows).toEqual(Object.entries(prices));
  });
});
