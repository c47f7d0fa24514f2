// npm run stress: kills the local server again and again, then compares every task with what the second system received.
import { parseArgs } from "node:util";
import { killRepeatedly } from "./killRepeatedly.js";

const { values } = parseArgs({ options: { kills: { type: "string", default: "500" }, seed: { type: "string" } } });
/** After so many, everything is compared, and the next ones begin with nothing. */
const ROUND = 50;

const total = Number(values.kills);
let seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
if (!(total > 0) || !Number.isInteger(seed)) {
  throw new Error("Expected whole numbers: --kills 500 --seed 7");
}
const sum = { kills: 0, tasks: 0, lost: 0, effects: 0, seconds: 0, failures: 0 };

while (sum.kills < total && sum.failures === 0) {
  const kills = Math.min(ROUND, total - sum.kills);
  const { broken, output, ...report } = await killRepeatedly({ kills, seed });
  for (const name of ["kills", "tasks", "lost", "effects", "seconds"] as const) {
    sum[name] += report[name];
  }
  sum.failures += broken.length;
  console.log(
    `${broken.length === 0 ? "ok  " : "FAIL"} seed ${seed}: ${report.kills} kills, ${report.tasks} tasks, ${report.effects} effects, ${report.lost} answers lost, ${report.seconds} s`
  );
  if (broken.length > 0) {
    broken.forEach(line => console.log(`     ${line}`));
    console.log(`     npm run stress -- --kills ${kills} --seed ${seed}`);
    console.log(output);
  }
  seed += 2;
}
console.log(
  `${sum.kills} kills, ${sum.tasks} tasks, ${sum.effects} effects, ${sum.lost} answers lost, ${sum.seconds} s, ${sum.failures} failures`
);
process.exitCode = sum.failures === 0 ? 0 : 1;
