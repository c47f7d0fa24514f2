import path from "node:path";
import { fileURLToPath } from "node:url";
import TestSequencer from "@jest/test-sequencer";

const tests = fileURLToPath(new URL("../__tests__", import.meta.url));

/** Files that take longest, as far as their size does not tell. One that starts last is waited for alone. */
const LONGEST = [
  "stress/kills",
  "cli/dev",
  "local/startLocal",
  "examples/demo",
  "local/LocalLambda",
  "runner/handOver",
  "local/handOver",
  "local/StepFunctionsEndpoint",
  "contract/laggingIndexes",
  "faults/faults",
  "seed",
  "local/api",
  "local/nets",
  "docs/snippets"
].map(name => path.join(tests, `${name}.test.ts`));

/** Jest knows how long files took on this machine; on a fresh one it has their size only. */
export default class LongestFirst extends TestSequencer {
  sort(files) {
    const place = ({ path }) => (LONGEST.includes(path) ? LONGEST.indexOf(path) : LONGEST.length);
    return super.sort(files).sort((a, b) => place(a) - place(b));
  }
}
