// npm run faults: every scenario with every fault at every effect, as a report for people, and as one line of JSON.
import { parseArgs } from "node:util";
import { exploreFaults, FAULTS, runSchedule, type Fault, type ScenarioReport } from "../../src/testing/index.js";
import { replayLine } from "./replayLine.js";
import { scenarios } from "./scenarios.js";

const { values } = parseArgs({
  options: {
    scenario: { type: "string" },
    fault: { type: "string" },
    seed: { type: "string", default: "1" },
    pairs: { type: "string", default: "0" },
    replay: { type: "string" },
    first: { type: "boolean", default: false },
    json: { type: "boolean", default: false }
  }
});
const seed = Number(values.seed);
const chosen = scenarios.filter(({ name }) => values.scenario === undefined || name === values.scenario);
if (chosen.length === 0) {
  throw new Error(
    `There is no scenario "${values.scenario}". There are:\n${scenarios.map(({ name }) => name).join("\n")}`
  );
}
if (values.fault !== undefined && !(values.fault in FAULTS)) {
  throw new Error(`There is no fault "${values.fault}". There are: ${Object.keys(FAULTS).join(", ")}.`);
}

if (values.replay !== undefined) {
  await replay(values.replay);
} else {
  await explore();
}

async function explore(): Promise<void> {
  const reports: ScenarioReport[] = [];
  for (const scenario of chosen) {
    const faults = values.fault === undefined ? undefined : [values.fault as Fault];
    const startedAt = performance.now();
    const report = await exploreFaults(scenario, {
      seed,
      faults,
      pairs: Number(values.pairs),
      untilFailure: values.first
    });
    reports.push(report);
    const { points, schedules, failures } = report;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(
      `${failures.length === 0 ? "ok  " : "FAIL"} ${scenario.name}: ${points} points, ${schedules} schedules, ${failures.length} failures (${seconds} s)`
    );
    for (const failure of failures.slice(0, 20)) {
      console.log(`     ${failure.faults.map(({ fault }, at) => `${fault} at ${failure.at[at]}`).join(", then ")}`);
      failure.broken.forEach(line => console.log(`       ${line}`));
      console.log(`       ${replayLine(failure)}`);
    }
    if (values.first && failures.length > 0) {
      break;
    }
  }
  const sum = (key: "points" | "schedules") => reports.reduce((total, report) => total + report[key], 0);
  const failures = reports.reduce((total, report) => total + report.failures.length, 0);
  const totals = { scenarios: reports.length, points: sum("points"), schedules: sum("schedules"), failures };
  console.log(
    values.json
      ? JSON.stringify(totals)
      : `${totals.scenarios} scenarios, ${totals.points} points, ${totals.schedules} schedules, ${failures} failures`
  );
  process.exitCode = failures === 0 ? 0 : 1;
}

/** @param text `<effect>:<fault>`, one or more, with commas */
async function replay(text: string): Promise<void> {
  const faults = text
    .split(",")
    .filter(Boolean)
    .map(one => ({ at: Number(one.split(":")[0]), fault: one.split(":")[1] as Fault }));
  for (const scenario of chosen) {
    const { simulation, failure } = await runSchedule(scenario, faults, seed);
    simulation.effects.forEach(({ name, kind }, at) => {
      const planned = faults.find(fault => fault.at === at);
      console.log(`${String(at).padStart(4)} ${kind.padEnd(10)} ${name}${planned ? `   <- ${planned.fault}` : ""}`);
    });
    for (const { PK, SK: _, ...record } of await simulation.records()) {
      console.log(PK, JSON.stringify(record, null, 2));
    }
    console.log(failure === null ? "ok" : failure.broken.join("\n"));
    process.exitCode = failure === null ? 0 : 1;
  }
}
