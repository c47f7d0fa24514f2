import { execFileSync } from "node:child_process";
import { replayLine } from "./replayLine.js";

/** What `npm run faults -- <more>` prints, line by line. */
function faults(more: string): string[] {
  const command = `"${process.execPath}" --import tsx __tests__/faults/main.ts ${more}`;
  return execFileSync("sh", ["-c", command], { encoding: "utf8" }).trimEnd().split("\n");
}

it("ends with one line of JSON, when it is asked for", () => {
  const only = '--scenario "a single iteration" --fault crash-before';
  const [line, last] = faults(`${only} --json`);
  const { scenarios, points, schedules, failures } = JSON.parse(last ?? "") as Record<string, number>;
  expect(last).toBe(JSON.stringify({ scenarios: 1, points, schedules, failures: 0 }));
  expect([scenarios, failures]).toEqual([1, 0]);
  // Each effect but the call from outside, and the run without a fault.
  expect(points).toBeGreaterThan(8);
  expect(schedules).toBe(points);
  expect(line).toMatch(`ok   a single iteration: ${points} points, ${schedules} schedules, 0 failures (`);
  expect(faults(only).at(-1)).toBe(`1 scenarios, ${points} points, ${schedules} schedules, 0 failures`);
}, 60_000);

it("prints for a failing schedule the line that runs it again, effect by effect", () => {
  const line = replayLine({
    scenario: "a single iteration",
    seed: 2,
    faults: [
      { at: 2, fault: "sent-twice" },
      { at: 4, fault: "abort" }
    ],
    at: [],
    broken: []
  });
  const [command, more] = line.split(" -- ");
  expect(command).toBe("npm run faults");
  const printed = faults(more ?? "");
  expect(printed.filter(text => text.includes("<-"))).toEqual([
    expect.stringMatching(/^ {3}2 request .*<- sent-twice$/),
    expect.stringMatching(/^ {3}4 .*<- abort$/)
  ]);
  expect(printed.at(-1)).toBe("ok");
  expect(faults(more ?? "").filter(text => /^ +\d/.test(text))).toEqual(printed.filter(text => /^ +\d/.test(text)));
}, 60_000);
