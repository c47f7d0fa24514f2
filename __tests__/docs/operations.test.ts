import { measureIterations, measureShortestTask } from "../../bench/cost.js";
import { METRICS } from "../../src/index.js";
import { alarmsOf, type AlarmSettings } from "../../src/deploy/alarms.js";
import { namesIn, readDoc, tableOf } from "./markdown.js";

/** Everything that may be there, with the names that the page gives it. */
const ALARMS = alarmsOf({
  region: "",
  tableName: "",
  runnerFunctionName: "",
  apiFunctionName: "",
  netsFunctionName: "",
  stateMachineArn: "",
  metricsNamespace: "yours"
});

const rowOf = ({ id, description, ...alarm }: AlarmSettings) => [
  id,
  `\`${alarm.namespace}\` \`${alarm.metricName}\`, ${alarm.statistic.toLowerCase()}`,
  alarm.threshold.toLocaleString("en-US"),
  `${alarm.evaluationPeriods > 1 ? `${alarm.evaluationPeriods} × ` : ""}${alarm.periodSeconds / 60} min`,
  description
];

describe("docs/operations.md", () => {
  it("has every alarm that is deployed, with what it watches and what to do", () => {
    expect(tableOf(readDoc("docs/operations.md"), "alarm", "watches")).toEqual(ALARMS.map(rowOf));
  });
});

describe("the quotas of docs/operations.md", () => {
  const DAY_SECONDS = 86_400;
  const PEAK = 10;
  const ITERATIONS = 10;
  const DAYS_KEPT = 90;
  const VOLUMES = [100, 10_000, 1_000_000];

  /** Upwards, to three digits. */
  const shown = (value: number) => {
    const step = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 2);
    return (Math.ceil(value / step) * step).toLocaleString("en-US");
  };

  it("are what such tasks use at the peak, as it is measured", async () => {
    const { plain } = await measureIterations();
    const first = await measureShortestTask();
    const perTask = (unit: "transitions" | "writeUnits") => first[unit] + (ITERATIONS - 1) * (plain?.[unit] ?? NaN);
    const rows = tableOf(readDoc("docs/operations.md"), "", "100 a day", "10,000 a day", "1,000,000 a day").map(
      ([name = "", ...cells]) => [name.replace(/,? at .*/, ""), ...cells.slice(0, VOLUMES.length)]
    );
    const atPeak = (each: number) => VOLUMES.map(perDay => shown((perDay / DAY_SECONDS) * PEAK * each));
    expect(rows.slice(0, -1)).toEqual([
      // An iteration takes a second.
      ["Lambdas", ...atPeak(ITERATIONS)],
      ["state transitions a second", ...atPeak(perTask("transitions"))],
      ["starts a second", ...atPeak(1)],
      ["write units a second", ...atPeak(perTask("writeUnits"))],
      ["executions open", ...atPeak(ITERATIONS)],
      ["tasks kept", ...VOLUMES.map(perDay => (perDay * DAYS_KEPT).toLocaleString("en-US"))]
    ]);
  });
});

describe("docs/observability.md", () => {
  const rows = tableOf(readDoc("docs/observability.md"), "metric", "unit");

  it("has every metric with its unit", () => {
    expect(rows.map(([metric, unit]) => [...namesIn(metric), unit])).toEqual(
      Object.values(METRICS).map(({ name, unit }) => [name, unit.toLowerCase()])
    );
  });
});
