import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fencesOf, readDoc, ROOT } from "./markdown.js";

jest.setTimeout(120_000);

const DOCS = ["README.md", ...readdirSync(join(ROOT, "docs")).map(file => `docs/${file}`)];

// In the project, so that `@webiny/tasks` is the package itself as its users get it: the build in dist/. Git ignores it.
const PARENT = join(ROOT, ".webiny-tasks");
let folder = "";

/** Every `ts` fence becomes a file, named after where it stands. */
const snippets = DOCS.flatMap(doc =>
  fencesOf(readDoc(doc))
    .filter(({ language }) => language === "ts")
    .map(({ text, line }) => ({ file: `${doc.replace(/\W/g, "-")}-line-${line}.ts`, text }))
);

beforeAll(() => {
  if (!existsSync(join(ROOT, "dist/esm/index.js")) || !existsSync(join(ROOT, "dist/esm/index.d.ts"))) {
    throw new Error("The snippets use the built package, and dist/ is not there: run `npm run build` first.");
  }
  mkdirSync(PARENT, { recursive: true });
  folder = mkdtempSync(join(PARENT, "snippets-"));
  for (const { file, text } of snippets) {
    writeFileSync(join(folder, file), text);
  }
  // Webiny's packages are not installed: what their users see of them.
  for (const file of ["handler-aws.d.ts", "serverless-cms-aws.d.ts"]) {
    copyFileSync(join(ROOT, "__tests__/webiny", file), join(folder, file));
  }
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false, types: ["node"], noEmit: true };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: "../../tsconfig.json", compilerOptions, include: ["*.ts"] })
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the programs in README.md and docs/", () => {
  it("are all there", () => {
    expect(snippets.length).toBeGreaterThanOrEqual(10);
    expect(snippets.filter(({ text }) => !text.includes("import "))).toEqual([]);
  });

  it("are type-checked by TypeScript, under the strict rules of the project", () => {
    const { status, stdout } = spawnSync(process.execPath, [require.resolve("typescript/bin/tsc"), "-p", folder], {
      encoding: "utf8"
    });
    // The file names say which document and line.
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });

  it("begin, in the README, with one that prints what the README says", () => {
    const [program, output] = fencesOf(readDoc("README.md"));
    expect([program?.language, output?.language]).toEqual(["ts", "text"]);
    const file = join(folder, "first.mts");
    writeFileSync(file, program?.text ?? "");
    const printed = execFileSync(process.execPath, ["--import", "tsx", file], {
      encoding: "utf8",
      cwd: ROOT,
      env: process.env,
      timeout: 60_000
    });
    expect(printed).toBe(output?.text);
  });
});
