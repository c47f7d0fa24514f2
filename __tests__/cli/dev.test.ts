import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTasksClient, type TasksClient } from "../../src/client/index.js";
import { built } from "../helpers/built.js";
import { CliProcess, COMMAND } from "./CliProcess.js";

// Every start is a process that compiles the whole library.
jest.setTimeout(240_000);

let folder: string;
let running: CliProcess[];
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "tasks-dev-")));
  running = [];
});
afterEach(async () => {
  running.forEach(cli => cli.kill("SIGKILL"));
  await Promise.all(running.map(cli => cli.end()));
  rmSync(folder, { recursive: true });
});

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const tasks = (run: string, more = "") => `
import { createTaskDefinition } from "${built("index.js")}";
${more}
export const hello = createTaskDefinition({
  id: "hello",
  title: "Hello",
  run: async ({ input, response }) => {
    ${run}
  }
});`;

function dev(...args: string[]): CliProcess {
  const cli = new CliProcess([...COMMAND, "dev", ...args], { cwd: folder });
  running.push(cli);
  return cli;
}

async function ready(cli: CliProcess): Promise<TasksClient> {
  const [, url = ""] = await cli.printed(/GraphQL +(http:\S+)[^]*Definitions +.*\n/);
  return createTasksClient({ url });
}

async function run(client: TasksClient, input: object = {}) {
  const { id } = await client.trigger({ definition: "hello", input });
  return client.waitFor(id, { timeoutMs: 60_000 });
}

it("runs a file that only defines tasks, prints its addresses, and stops on Ctrl-C", async () => {
  write("tasks.ts", tasks(`console.log("said by the task"); return response.done("Hello.");`));
  const cli = dev("--port", "0");
  const client = await ready(cli);
  const [urls] = await cli.printed(/ {2}GraphQL[^]*Definitions/);
  const [graphql, graphiql, health, dynamodb, stepFunctions] = [...urls.matchAll(/http:\S+/g)].map(String);
  expect(graphql).toBe(new URL("/graphql", health).href);
  expect(((await (await fetch(health!)).json()) as any).endpoints).toEqual({ dynamodb, stepFunctions });
  // The page itself comes with the build.
  expect(graphiql).toBe(new URL("/graphiql", health).href);
  expect(await run(client)).toMatchObject({ taskStatus: "success", message: "Hello." });
  await cli.printed(/said by the task\n/);
  await cli.printed(/success hello \S+ {2}1 iteration/);
  cli.kill("SIGINT");
  expect(await cli.end()).toBe(0);
  expect(cli.text).toMatch(/Stopping; unfinished tasks go on at the next start\.\n$/);
  expect(readFileSync(join(folder, ".webiny-tasks/.gitignore"), "utf8")).toBe("*\n");
});

it("prints the failure of a task with its stack and the line of the source", async () => {
  write("tasks.ts", tasks(`throw new Error("Broken.");`));
  const cli = dev("--port", "0");
  await run(await ready(cli));
  await cli.printed(
    /failed hello .*\nRUN_ERROR: Broken\.\n {4}at .*tasks\.ts:8:11\)?\n[^]*\n8 \| {5}throw new Error\("Broken\."\);\n {14}\^\n/
  );
});

it("loads the code again when the file or what it imports has changed, and survives a syntax error", async () => {
  write("message.ts", `export const message: string = "one";`);
  write("tasks.ts", tasks("return response.done(message);", `import { message } from "./message.js";`));
  const cli = dev("--port", "0");
  const client = await ready(cli);
  expect((await run(client)).message).toBe("one");

  write("message.ts", `export const message: string = "two";`);
  await cli.printed(/Loaded again: message\.ts changed\.\n/);
  expect((await run(client)).message).toBe("two");

  write("message.ts", "export const message: string = ;");
  await cli.printed(
    /message\.ts:1:31: ERROR[^]*tasks\.ts cannot be loaded\. See above\.\nThe code from before goes on/
  );
  expect((await run(client)).message).toBe("two");

  const from = cli.text.length;
  write("tasks.ts", tasks(`return response.done("three");`));
  await cli.printed(/Loaded again: tasks\.ts changed\.\n/, from);
  expect((await run(client)).message).toBe("three");
});

it("waits for a file that can be loaded, from the beginning", async () => {
  write("tasks.ts", "export const hello = ;");
  const cli = dev("--port", "0");
  await cli.printed(/tasks\.ts cannot be loaded\. See above\.\nWaiting for a change\./);
  write("tasks.ts", "export const nothing = 1;");
  await cli.printed(/no task definition is exported[^]*Waiting for a change/);
  write("tasks.ts", tasks(`return response.done("Hello.");`));
  expect((await run(await ready(cli))).message).toBe("Hello.");
});

it("takes a handler, keeps tasks from one start to the next, and forgets them with --reset", async () => {
  write(
    "own.ts",
    `${tasks(`return response.continue({}, { seconds: 86400 });`).replace("{ createTask", "{ createHandler, createTask")}
    export const handler = createHandler({ plugins: [hello] });`
  );
  const first = dev("own.ts", "--port", "0");
  const client = await ready(first);
  const { id } = await client.trigger({ definition: "hello" });
  first.kill("SIGTERM");
  expect(await first.end()).toBe(0);
  const second = dev("own.ts", "--port", "0");
  expect(await (await ready(second)).getTask(id)).toMatchObject({ id });
  second.kill("SIGINT");
  await second.end();
  const third = dev("own.ts", "--port", "0", "--reset");
  expect(await (await ready(third)).getTask(id)).toBeNull();
});

it("says what is wrong: no such file, a port that is taken", async () => {
  const missing = dev("nowhere.ts");
  expect(await missing.end()).toBe(2);
  expect(missing.text).toContain("There is no file nowhere.ts.");
  expect(existsSync(join(folder, ".webiny-tasks"))).toBe(false);

  write("tasks.ts", tasks("return response.done();"));
  const server = createServer();
  const port = await new Promise<number>(resolve =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port))
  );
  const taken = dev("--port", String(port));
  expect(await taken.end()).toBe(3);
  expect(taken.text).toContain(`Cannot listen on 127.0.0.1:${port} (EADDRINUSE)`);
  server.close();
});

it("prints JSON lines alone on stdout with --json", async () => {
  write("tasks.ts", tasks(`console.log("said by the task"); throw new Error("Broken.");`));
  const cli = dev("--port", "0", "--json");
  const [line] = await cli.printed(/^\{"event":"ready".*\n/m);
  const { urls, definitions } = JSON.parse(line);
  expect(definitions).toContain("hello");
  const { id } = await run(createTasksClient({ url: urls.graphql }));
  await cli.printed(/"event":"taskEnded".*\n/);
  cli.kill("SIGINT");
  await cli.end();
  const events = cli.out
    .trim()
    .split("\n")
    .map(text => JSON.parse(text));
  expect(events.map(({ event }) => event)).toEqual(["ready", "taskEnded", "stopping"]);
  expect(events[1].task).toMatchObject({ id, taskStatus: "failed", error: { message: "Broken." } });
  expect(cli.text).toContain("said by the task");
});
