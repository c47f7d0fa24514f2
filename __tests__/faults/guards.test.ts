import { existsSync, readFileSync } from "node:fs";
import { guards } from "../../scripts/guards.js";
import { scenarios } from "./scenarios.js";

// `npm run guards` breaks them one after the other, which takes too long for every run. That it can is seen at once.
it.each(guards.map(guard => [guard.guard, guard] as const))("%s: can be broken", (_, { file, from, to, ...caught }) => {
  expect(readFileSync(file, "utf8").split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
  const [test] = caught.tests ?? [];
  expect(test === undefined || existsSync(test)).toBe(true);
  expect([undefined, ...scenarios.map(({ name }) => name)]).toContain(caught.scenario);
});
