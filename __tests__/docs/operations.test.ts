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

describe("docs/observability.md", () => {
  const rows = tableOf(readDoc("docs/observability.md"), "metric", "unit");

  it("has every metric with its unit", () => {
    expect(rows.map(([metric, unit]) => [...namesIn(metric), unit])).toEqual(
      Object.values(METRICS).map(({ name, unit }) => [name, unit.toLowerCase()])
    );
  });
});
