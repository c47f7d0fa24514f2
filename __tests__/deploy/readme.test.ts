import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { fencesOf, readDoc, ROOT } from "../docs/markdown.js";
import { built } from "../helpers/built.js";

// In the project, so that `@webiny/tasks` is the package itself. Git ignores it.
const PARENT = join(ROOT, ".webiny-tasks");
const TOKEN = "of-the-test";
let folder = "";

beforeAll(() => {
  built("index.js");
  mkdirSync(PARENT, { recursive: true });
  folder = mkdtempSync(join(PARENT, "deploy-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: string[], env: Record<string, string> = {}) =>
  execFileSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "", ...env }
  });

/** A request of a function URL. */
const requestOf = (authorization: string) => ({
  version: "2.0",
  rawPath: "/graphql",
  rawQueryString: "",
  headers: { "content-type": "application/json", authorization, host: "example.lambda-url.aws" },
  requestContext: {
    http: { method: "POST", path: "/graphql", sourceIp: "192.0.2.1" },
    domainName: "example.lambda-url.aws"
  },
  body: JSON.stringify({ query: "{ backgroundTasks { listDefinitions { data { id } error { code } } } }" }),
  isBase64Encoded: false
});

it("the README's deployment is synthesised as it stands there, and its bundle answers whoever has the token", () => {
  const readme = readDoc("README.md");
  const from = readme.slice(readme.indexOf("\n## Deploying\n"));
  const [handler, deploy] = fencesOf(from).filter(({ language }) => language === "ts");
  writeFileSync(join(folder, "handler.ts"), handler?.text ?? "");
  writeFileSync(join(folder, "deploy.ts"), deploy?.text ?? "");

  run(["--import", "tsx", "deploy.ts"], { CDK_OUTDIR: join(folder, "cdk.out"), ADMIN_TOKEN: TOKEN });
  const out = join(folder, "cdk.out");
  const template = JSON.parse(readFileSync(join(out, "MyTasks.template.json"), "utf8")) as {
    Resources: Record<string, { Type: string; Properties: { Environment?: { Variables: Record<string, unknown> } } }>;
    Outputs: Record<string, unknown>;
  };
  const functions = Object.values(template.Resources).filter(
    ({ Type, Properties }) =>
      Type === "AWS::Lambda::Function" && Properties.Environment?.Variables.ADMIN_TOKEN === TOKEN
  );
  expect(functions).toHaveLength(2);
  expect(Object.keys(template.Outputs)).toContain("Url");

  const [asset = ""] = readdirSync(out).filter(
    name => name.startsWith("asset.") && readdirSync(join(out, name)).includes("index.mjs")
  );
  const bundle = pathToFileURL(join(out, asset, "index.mjs")).href;
  const program = `
    const { handler } = await import(${JSON.stringify(bundle)});
    const context = { awsRequestId: "r", getRemainingTimeInMillis: () => 60000 };
    for (const event of ${JSON.stringify([requestOf(`Bearer ${TOKEN}`), requestOf("Bearer another")])}) {
      console.log((await handler(event, context)).body);
    }`;
  const env = {
    ADMIN_TOKEN: TOKEN,
    AWS_REGION: "us-east-1",
    WEBINY_TASKS_TABLE: "tasks",
    WEBINY_TASKS_STATE_MACHINE_ARN: "arn:aws:states:us-east-1:123456789012:stateMachine:tasks"
  };
  const answers = run(["--input-type=module", "-e", program], env).trim().split("\n");
  expect(answers[0]).toContain('{"id":"countWords"}');
  expect(answers[1]).toContain("NOT_AUTHENTICATED");
  expect(answers).toHaveLength(2);
});
