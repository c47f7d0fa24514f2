import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleHandler } from "../../bench/coldStart.js";
import { built } from "../helpers/built.js";

const ROOT = join(__dirname, "../..");
let folder = "";

beforeAll(() => {
  built("index.js");
  folder = mkdtempSync(join(tmpdir(), "tasks-bundle-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("a bundled handler with GraphQL is below 1 MB, without what a Lambda does not need, and loads", async () => {
  const outfile = join(folder, "handler.mjs");
  const { outputs, inputs } = await bundleHandler(ROOT, outfile);
  expect(statSync(outfile).size).toBeLessThan(1_000_000);

  // A source that is looked at and left out has no bytes in the output.
  const inside = Object.values(outputs).flatMap(output =>
    Object.entries(output.inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : []))
  );
  expect(inside).toContain("dist/esm/runner/runIteration.js");
  const needless =
    /dist\/esm\/(local|cli|client|dashboard|deploy|testing|storage\/memory)\/|node_modules\/(dynalite|aws-cdk-lib|@pulumi|react|aws-local-stepfunctions|tsx)\//;
  expect(inside.filter(file => needless.test(file))).toEqual([]);
  expect(Object.keys(inputs).filter(file => needless.test(file))).toEqual([]);

  const program = `import(${JSON.stringify(outfile)}).then(m => console.log(typeof m.handler))`;
  expect(execFileSync(process.execPath, ["--eval", program], { encoding: "utf8" }).trim()).toBe("function");
});
