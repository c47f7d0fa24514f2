import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { built } from "../helpers/built.js";
import { fencesOf, readDoc, ROOT } from "./markdown.js";

// In the project, so that `@webiny/tasks` is the package itself. Git ignores it.
const PARENT = join(ROOT, ".webiny-tasks");
const fences = fencesOf(readDoc("docs/deploy.md"));
let folder = "";

beforeAll(() => {
  built("index.js");
  mkdirSync(PARENT, { recursive: true });
  folder = mkdtempSync(join(PARENT, "bundles-"));
  writeFileSync(
    join(folder, "handler.ts"),
    `import { createHandler, createTaskDefinition } from "@webiny/tasks";
     const hello = createTaskDefinition({ id: "hello", title: "Hello", run: async ({ response }) => response.done() });
     export const handler = createHandler({ plugins: [hello] });`
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What esbuild is given by the command of the CloudFormation part. */
function ofCommand(): string[] {
  const shell = fences.find(({ text }) => text.startsWith("npx esbuild "))?.text ?? "";
  const command = shell.replaceAll("\\\n", " ").split("\n")[0] ?? "";
  // A word may have a part in quotes.
  const [, , ...words] = (command.match(/(?:[^\s']|'[^']*')+/g) ?? []).map(word => word.replaceAll("'", ""));
  return words;
}

/** What SAM makes of `BuildProperties`. */
function ofSam(): string[] {
  const yaml = fences.find(({ language }) => language === "yaml")?.text ?? "";
  const tags = ["!Ref", "!Sub", "!GetAtt"].map(tag => ({ tag, resolve: (text: string) => text }));
  const { EntryPoints: _, ...properties } = parse(yaml, { customTags: tags }).Resources.Runner.Metadata.BuildProperties;
  const options = Object.entries<boolean | string | string[]>(properties).flatMap(([property, value]) => {
    const option = `--${property.replace(/\B[A-Z]/g, letter => `-${letter}`).toLowerCase()}`;
    return Array.isArray(value)
      ? value.map(part => `${option}:${part}`)
      : value === true
        ? [option]
        : [`${option}=${String(value)}`];
  });
  return ["handler.ts", "--bundle", "--platform=node", "--outdir=sam", ...options];
}

it.each([
  ["the command", ofCommand, "build/index.mjs"],
  ["SAM", ofSam, "sam/handler.mjs"]
])("a handler bundled as docs/deploy.md says with %s gets as far as DynamoDB, and is below 1 MiB", (_, words, file) => {
  execFileSync(join(ROOT, "node_modules/.bin/esbuild"), [...words(), "--log-level=error"], { cwd: folder });
  const bundle = join(folder, file);
  expect(statSync(bundle).size).toBeLessThan(1_048_576);
  const program = `
    const { handler } = await import(${JSON.stringify(pathToFileURL(bundle).href)});
    const context = { awsRequestId: "r", getRemainingTimeInMillis: () => 60000 };
    const answer = await handler({ webinyTasks: "sweep" }, context).catch(error => error);
    process.stdout.write(String(answer.code ?? answer.message));`;
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: "/",
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    env: {
      ...process.env,
      NODE_OPTIONS: "",
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      // Nobody listens there.
      AWS_ENDPOINT_URL: "http://127.0.0.1:9",
      AWS_MAX_ATTEMPTS: "1",
      WEBINY_TASKS_TABLE: "tasks",
      WEBINY_TASKS_STATE_MACHINE_ARN: "arn:aws:states:us-east-1:123456789012:stateMachine:tasks"
    }
  });
  expect(said).toBe("STORAGE_UNAVAILABLE");
});
