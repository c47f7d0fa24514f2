// Checks the package as its users get it: packs it, installs the tarball into an empty folder, and there runs a task and
// checks the types, each as an ES module and as CommonJS. Needs a build.
import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = name => path.join(root, "node_modules/.bin", name);
const folder = await mkdtemp(path.join(tmpdir(), "webiny-tasks-package-"));

try {
  const tarball = await pack();
  await Promise.all([
    run("publint", bin("publint"), ["run", tarball, "--strict"], root),
    run("attw", bin("attw"), [tarball, "--profile", "node16"], root),
    install(tarball)
  ]);
  await writeUsers();
  await Promise.all([
    ...["user.cjs", "user.mjs"].map(file => run(`a task run by ${file}`, process.execPath, [file], folder)),
    ...["nodenext", "bundler", "node10"].map(resolution =>
      run(`types with moduleResolution ${resolution}`, bin("tsc"), ["-p", resolution], folder)
    )
  ]);
  await useCommandLine();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function pack() {
  const output = await run(
    "npm pack",
    "npm",
    ["pack", "--json", "--ignore-scripts", "--pack-destination", folder],
    root
  );
  const [{ filename }] = JSON.parse(output);
  return path.join(folder, filename);
}

async function install(tarball) {
  const { version } = JSON.parse(await readFile(path.join(root, "node_modules/@types/node/package.json"), "utf8"));
  await writeFile(path.join(folder, "package.json"), JSON.stringify({ name: "user", private: true }));
  // Without install scripts: none is needed.
  const flags = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm install", "npm", ["install", ...flags, tarball, `@types/node@${version}`], folder);
}

async function writeUsers() {
  const definition = `
  {
    id: "double",
    title: "Double a number",
    async run({ input, response }) {
      return input.turns > 0
        ? response.continue({ turns: input.turns - 1, number: input.number * 2 })
        : response.done({ number: input.number });
    }
  }`;
  const program = `
for (const options of [{ plugins: [double] }, { handler: file }]) {
  const local = await startLocal(options);
  const { id } = await local.tasks.trigger({ definition: "double", input: { number: 21, turns: 1 } });
  const task = await local.waitFor(id, { timeoutMs: 60_000 });
  await local.stop();
  assert.equal(task.taskStatus, "success");
  assert.deepEqual(task.output, { number: 42 });
  assert.equal(task.iterations, 2);
}
`;
  const cjsTasks = `
const { createHandler, createTaskDefinition } = require("@webiny/tasks");
exports.double = createTaskDefinition(${definition});
exports.handler = createHandler({ plugins: [exports.double] });
`;
  const cjs = `
const assert = require("node:assert/strict");
const { double } = require("./tasks.cjs");
assert.equal(typeof require("@webiny/tasks/webiny").registerBackgroundTaskHandler, "function");
// The root is light: what is heavy is loaded on first use.
const dependencies = Object.keys(require.cache).filter(file => !/node_modules.@webiny.tasks.|.(user|tasks).cjs$/.test(file));
assert.deepEqual(dependencies, []);
const { startLocal } = require("@webiny/tasks/local");
const file = "./tasks.cjs";
(async () => {${program}})();
`;
  const esmTasks = `
import { createHandler, createTaskDefinition } from "@webiny/tasks";
export const double = createTaskDefinition(${definition});
export const handler = createHandler({ plugins: [double] });
`;
  const esm = `
import assert from "node:assert/strict";
import { startLocal } from "@webiny/tasks/local";
import { exploreFaults } from "@webiny/tasks/testing";
import { registerBackgroundTaskHandler } from "@webiny/tasks/webiny";
import { double } from "./tasks.mjs";
const file = "./tasks.mjs";
assert.equal(typeof registerBackgroundTaskHandler, "function");
const start = ({ tasks }) => tasks.trigger({ definition: "double", input: { number: 21, turns: 1 } });
const { schedules, failures } = await exploreFaults({ name: "double", plugins: [double], start });
assert.deepEqual(failures, []);
assert.ok(schedules > 50);
${program}
`;
  const types = `
import { createHandler, createTaskDefinition, type Task, type TaskContext } from "@webiny/tasks";
import { createTasksClient } from "@webiny/tasks/client";
import { startLocal } from "@webiny/tasks/local";
import { Simulation } from "@webiny/tasks/testing";
import { registerBackgroundTaskHandler, type WebinyHandlerAws } from "@webiny/tasks/webiny";
const definition = createTaskDefinition<TaskContext, { page: number }, { pages: number }>({
  id: "definition",
  title: "A definition",
  async run({ input, response }) {
    const page: number = input.page;
    // @ts-expect-error: the types are there, not any
    const wrong: string = input.page;
    return page > 9 ? response.done({ pages: page }) : response.continue({ page: page + 1 });
  }
});
export const handler = createHandler({ plugins: [definition] });
export const register = (handlerAws: WebinyHandlerAws): void => registerBackgroundTaskHandler(handlerAws);
export async function main(): Promise<number | undefined> {
  const local = await startLocal({ plugins: [definition] });
  const task: Task<{ page: number }, { pages: number }> = await local.waitFor("id");
  const client = createTasksClient<{ definition: typeof definition }>({ url: local.url });
  const { input } = await client.trigger({ definition: "definition", input: { page: 1 } });
  await new Simulation({ plugins: [definition] }).waitFor("id");
  return input.page + (task.output?.pages ?? 0);
}
`;
  const compilerOptions = { target: "ES2022", strict: true, noEmit: true, skipLibCheck: true, types: ["node"] };
  const write = async (file, text) => {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), typeof text === "string" ? text : JSON.stringify(text));
  };
  await write(
    "only.ts",
    `import { createTaskDefinition } from "@webiny/tasks";\nexport default [createTaskDefinition(${definition})];`
  );
  await write("tasks.cjs", cjsTasks);
  await write("tasks.mjs", esmTasks);
  await write("user.cjs", cjs);
  await write("user.mjs", esm);
  await write("nodenext/user.mts", types);
  await write("nodenext/user.cts", types);
  await write("nodenext/tsconfig.json", {
    // Once with every declaration file checked, ours and those it refers to: that takes most of the time.
    compilerOptions: { ...compilerOptions, module: "NodeNext", moduleResolution: "NodeNext", skipLibCheck: false }
  });
  await write("bundler/user.ts", types);
  await write("bundler/tsconfig.json", {
    compilerOptions: { ...compilerOptions, module: "ESNext", moduleResolution: "Bundler" }
  });
  // What ignores `exports`: TypeScript's old default, found through `main`, `types` and `typesVersions`.
  await write("node10/user.ts", types);
  await write("node10/tsconfig.json", {
    compilerOptions: { ...compilerOptions, module: "CommonJS", moduleResolution: "Node10", ignoreDeprecations: "6.0" }
  });
}

/** In a project with one file of tasks: starts the local server, triggers a task, stops. */
async function useCommandLine() {
  const command = path.join(folder, "node_modules/.bin/webiny-tasks");
  const server = spawn(command, ["dev", "only.ts", "--port", "0", "--json"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"]
  });
  const ended = new Promise(resolve => server.once("exit", resolve));
  try {
    const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
    const { urls } = JSON.parse((await lines.next()).value ?? "{}");
    const input = JSON.stringify({ number: 21, turns: 1 });
    const args = ["trigger", "double", "--input", input, "--wait", "--json", "--url", urls.graphql];
    const { output } = JSON.parse(await run("webiny-tasks dev and trigger", command, args, folder));
    if (output.number !== 42) {
      throw new Error(`The task answered ${JSON.stringify(output)}.`);
    }
    const page = await globalThis.fetch(urls.graphiql);
    if (!page.ok) {
      throw new Error(`GraphiQL answered ${page.status}.`);
    }
  } finally {
    server.kill("SIGINT");
  }
  if ((await ended) !== 0) {
    throw new Error("webiny-tasks dev did not stop cleanly.");
  }
}

/** Runs a command to its end; says how long it took, or shows all it printed. */
function run(name, command, args, cwd) {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd, timeout: 180_000, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      if (error === null) {
        console.log(`✔ ${name} (${seconds} s)`);
        resolve(stdout);
      } else {
        console.error(`✘ ${name} (${seconds} s)\n${stdout}${stderr}`);
        reject(new Error(`${name} failed: ${error.killed ? "timed out" : `exit code ${error.code}`}`));
      }
    });
  });
}
