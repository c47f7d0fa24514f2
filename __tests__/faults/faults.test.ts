import { exploreFaults } from "../../src/testing/index.js";
import { replayLine } from "./replayLine.js";
import { scenarios } from "./scenarios.js";

describe.each(scenarios.map(scenario => [scenario.name, scenario] as const))("%s", (_, scenario) => {
  it("ends well without a fault, and with each fault at each of its effects", async () => {
    const { failures, schedules, points } = await exploreFaults(scenario);
    const lines = failures.map(failure => `${failure.broken.join("; ")}\n  ${replayLine(failure)}`);
    expect(lines).toEqual([]);
    expect(schedules).toBeGreaterThan(points);
  });
});
