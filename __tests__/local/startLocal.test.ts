import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeExecutionCommand, SFNClient } from "@aws-sdk/client-sfn";
import { DynamoDBClient, DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { createTaskDefinition } from "../../src/index.js";
import { startLocal, type Local, type LocalOptions } from "../../src/local/index.js";

// Processes start, wait out a back-off and are killed at deadlines here.
jest.setTimeout(60_000);

const HANDLER = join(__dirname, "fixtures", "tasks.ts");
const running: Local[] = [];
const directories: string[] = [];

async function start(options: LocalOptions): Promise<Local> {
  const local = await startLocal({ logLevel: "silent", ...options });
  running.push(local);
  return local;
}

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), "tasks-local-"));
  directories.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(local => local.stop()));
  directories.splice(0).forEach(made => rmSync(made, { recursive: true }));
});

/** Resolves when the task waits after so many iterations. */
async function waitsAfter(local: Local, id: string, count: number): Promise<void> {
  const reached = Symbol("reached");
  const onUpdate = ({ iterations, nextAt }: { iterations: number; nextAt?: string }) => {
    if (iterations === count && nextAt !== undefined) {
      throw reached;
    }
  };
  await expect(local.waitFor(id, { onUpdate })).rejects.toBe(reached);
}

const paging = createTaskDefinition<any, any>({
  id: "paging",
  title: "Paging",
  run: async ({ input, response }) =>
    input.page < input.pages
      ? response.continue({ page: input.page + 1 }, input.waits ? { seconds: 1 } : undefined)
      : response.done("Paged.", { pages: input.pages })
});

describe("startLocal({ plugins })", () => {
  it("runs a task from trigger to done on the real state machine and the real AWS clients", async () => {
    const local = await start({ plugins: [paging], meter: true });
    const updates: number[] = [];
    const task = await local.tasks.trigger({ definition: "paging", input: { page: 1, pages: 3 } });
    const done = await local.waitFor(task.id, { onUpdate: ({ iterations }) => updates.push(iterations) });
    expect(done).toMatchObject({ taskStatus: "success", iterations: 3, message: "Paged.", output: { pages: 3 } });
    expect(updates.at(-1)).toBe(3);
    expect(local.counts()).toMatchObject({ invocations: 3, transitions: 2 + 3 * 2, writeUnits: 4 + 5 + 1 + 2 + 1 + 7 });
    // Start 1, CheckStatus 2, three iterations of 7, Done 2, end 1, less nothing: as AWS counts them.
    expect(local.counts().historyEvents).toBe(1 + 2 + 3 * 7 + 2 + 1);
    expect(await local.tasks.fetchServiceInfo(task.id)).toMatchObject({
      status: "SUCCEEDED",
      name: `paging_${task.id}_1`
    });
  });

  it("is reached by AWS SDK clients over its endpoints, and answers on its own URL", async () => {
    const local = await start({ plugins: [paging] });
    const credentials = { accessKeyId: "a", secretAccessKey: "b" };
    const task = await local.tasks.trigger({ definition: "paging", input: { page: 1, pages: 1 } });
    await local.waitFor(task.id);
    const sfn = new SFNClient({ endpoint: local.endpoints.stepFunctions, region: "us-east-1", credentials });
    const executionArn = `${local.stateMachineArn.replace(":stateMachine:", ":execution:")}:paging_${task.id}_1`;
    expect((await sfn.send(new DescribeExecutionCommand({ executionArn }))).status).toBe("SUCCEEDED");
    const dynamodb = new DynamoDBClient({ endpoint: local.endpoints.dynamodb, region: "us-east-1", credentials });
    expect((await dynamodb.send(new DescribeTableCommand({ TableName: local.tableName }))).Table?.TableStatus).toBe(
      "ACTIVE"
    );
    expect(await (await fetch(`${local.url}/health`)).json()).toEqual({ status: "ok", endpoints: local.endpoints });
    expect((await fetch(`${local.url}/else`)).status).toBe(404);
    sfn.destroy();
    dynamodb.destroy();
  });

  it("waits through the machine, and an abort ends the wait", async () => {
    const aborted: string[] = [];
    const waiting = createTaskDefinition({
      id: "waiting",
      title: "Waiting",
      run: async ({ response }) => response.continue({}, { seconds: 86_400 }),
      onAbort: async ({ task }) => void aborted.push(task.taskStatus)
    });
    const local = await start({ plugins: [waiting] });
    const task = await local.tasks.trigger({ definition: "waiting" });
    await waitsAfter(local, task.id, 1);
    await local.tasks.abort({ id: task.id, message: "Enough." });
    expect(await local.waitFor(task.id)).toMatchObject({ taskStatus: "aborted", message: "Enough." });
    expect(aborted).toEqual(["aborted"]);
    expect(await local.tasks.fetchServiceInfo(task.id)).toMatchObject({ status: "ABORTED" });
  });

  it("goes on with unfinished tasks after a restart on the same data", async () => {
    const dataDir = directory();
    const first = await start({ plugins: [paging], dataDir });
    const task = await first.tasks.trigger({ definition: "paging", input: { page: 1, pages: 4, waits: true } });
    const finished = await first.tasks.trigger({ definition: "paging", input: { page: 1, pages: 1 } });
    await first.waitFor(finished.id);
    await waitsAfter(first, task.id, 2);
    await first.stop();
    const second = await start({ plugins: [paging], dataDir });
    expect(await second.waitFor(task.id)).toMatchObject({ taskStatus: "success", iterations: 4, input: { page: 4 } });
    expect((await second.tasks.getTask(finished.id))?.iterations).toBe(1);
    expect((await second.tasks.listTasks()).items.map(({ id }) => id)).toEqual([finished.id, task.id]);
  });

  it("runs an iteration again at once that the last stop cut off, and does not count it as lost", async () => {
    const dataDir = directory();
    let runs = 0;
    let entered = () => {};
    const hanging = new Promise<void>(resolve => {
      entered = resolve;
    });
    const cutOff = createTaskDefinition({
      id: "cutOff",
      title: "Cut off",
      run: async ({ store, response }) => {
        runs += 1;
        entered();
        return runs === 1 ? new Promise<never>(() => {}) : response.done(`Attempt ${store.getTask().attempt}.`);
      }
    });
    const first = await start({ plugins: [cutOff], dataDir });
    const task = await first.tasks.trigger({ definition: "cutOff" });
    await hanging;
    await first.stop();
    const second = await start({ plugins: [cutOff], dataDir });
    expect(await second.waitFor(task.id)).toMatchObject({
      taskStatus: "success",
      iterations: 1,
      message: "Attempt 1."
    });
    expect(runs).toBe(2);
  });

  it("says what is wrong: both or neither of plugins and handler, a time-out out of range, a task that is not there", async () => {
    await expect(startLocal({})).rejects.toMatchObject({
      code: "LOCAL_ERROR",
      message: expect.stringContaining("either { plugins }")
    });
    await expect(startLocal({ plugins: [], lambdaTimeoutSeconds: 901 })).rejects.toMatchObject({ code: "LOCAL_ERROR" });
    const local = await start({ plugins: [paging] });
    await expect(local.waitFor("01AAAAAAAAAAAAAAAAAAAAAAAA")).rejects.toMatchObject({ code: "NOT_FOUND" });
    const task = await local.tasks.trigger({ definition: "paging", input: { page: 1, pages: 1 }, delay: 3600 });
    await expect(local.waitFor(task.id, { timeoutMs: 10 })).rejects.toMatchObject({
      message: expect.stringContaining("is still pending after 10 ms")
    });
    const refused = expect(local.waitFor(task.id)).rejects.toMatchObject({
      message: expect.stringContaining("was stopped before")
    });
    await local.stop();
    await refused;
  });
});

describe("startLocal({ handler }): code in processes of its own", () => {
  it("survives process.exit: the same iteration runs again in another process", async () => {
    const dataDir = directory();
    const local = await start({ handler: HANDLER, dataDir });
    expect(local.tasks.listDefinitions().map(({ id }) => id)).toEqual(["testingRun", "crashing", "paging"]);
    const notes = join(dataDir, "notes");
    const task = await local.tasks.trigger({ definition: "crashing", input: { how: "exit", notes } });
    const done = await local.waitFor(task.id);
    expect(done).toMatchObject({ taskStatus: "success", message: "Attempt 2." });
    expect(done.output?.pid).not.toBe(process.pid);
    expect(readFileSync(notes, "utf8")).toBe("run 1\nrun 2\nonDone\n");
    expect((await local.tasks.getLatestLog(task.id)).items[0]).toMatchObject({
      type: "error",
      message: "Invocation lost: attempt 1 of iteration 1 crashed or timed out (Runtime.ExitError)."
    });
  });

  it("fails with INVOCATION_LOST when every attempt exits", async () => {
    const dataDir = directory();
    const local = await start({ handler: HANDLER, dataDir });
    const notes = join(dataDir, "notes");
    const task = await local.tasks.trigger({ definition: "crashing", input: { how: "exit", always: true, notes } });
    expect(await local.waitFor(task.id)).toMatchObject({ taskStatus: "failed", error: { code: "INVOCATION_LOST" } });
    expect(readFileSync(notes, "utf8")).toBe("run 1\nrun 2\nonError INVOCATION_LOST\n");
  });

  it("ends an endless loop at the deadline, and runs the iteration again", async () => {
    const dataDir = directory();
    const local = await start({ handler: HANDLER, dataDir, lambdaTimeoutSeconds: 2 });
    const notes = join(dataDir, "notes");
    const task = await local.tasks.trigger({ definition: "crashing", input: { how: "loop", notes } });
    expect(await local.waitFor(task.id)).toMatchObject({ taskStatus: "success", message: "Attempt 2." });
    expect(readFileSync(notes, "utf8")).toBe("run 1\nrun 2\nonDone\n");
  });

  it("runs a hook again whose process exited between settle and the hook's end", async () => {
    const dataDir = directory();
    const local = await start({ handler: HANDLER, dataDir });
    const notes = join(dataDir, "notes");
    const task = await local.tasks.trigger({ definition: "crashing", input: { how: "hook", notes } });
    expect(await local.waitFor(task.id)).toMatchObject({ taskStatus: "success", message: "Attempt 1." });
    expect(readFileSync(notes, "utf8")).toBe("run 1\nonDone\nexit in hook\nonDone\nexit in hook\n");
  });

  it("passes errors of hooks and checks on with their codes, and says what can't be loaded", async () => {
    const local = await start({ handler: HANDLER });
    await expect(local.tasks.trigger({ definition: "crashing", input: { refuse: true } })).rejects.toMatchObject({
      code: "REFUSED",
      message: "Refused by the hook.",
      data: { by: "hook" }
    });
    await expect(local.tasks.trigger({ definition: "unknown" })).rejects.toMatchObject({
      code: "TASK_DEFINITION_ERROR"
    });
    const broken = join(directory(), "broken.ts");
    writeFileSync(broken, "export const nothing = 1;");
    const output: string[] = [];
    await expect(startLocal({ handler: broken, onOutput: text => output.push(text) })).rejects.toMatchObject({
      code: "LOCAL_ERROR",
      message: expect.stringContaining("handler is undefined or not exported")
    });
  });
});

describe("startLocal({ handler }) of a file that is edited", () => {
  const only = (title: string, runs: string) => `
    import { createTaskDefinition } from "${join(__dirname, "../../src/index.js")}";
    import { message } from "./message.js";
    export const hello = createTaskDefinition({ id: "hello", title: "${title}", run: async ({ response }) => { ${runs} } });
    export const definitions = { hello, more: [createTaskDefinition({ id: "bye", title: "Bye", run: async ({ response }) => response.done(message) })] };
    export const unrelated = { type: 1 };`;

  it("needs no handler where definitions are exported, and loads them again when told", async () => {
    const folder = directory();
    const file = join(folder, "tasks.ts");
    writeFileSync(join(folder, "message.ts"), `export const message: string = "one";`);
    writeFileSync(file, only("First", "return response.done(message);"));
    const modules: string[] = [];
    const ended: string[] = [];
    const local = await start({
      handler: file,
      onModule: module => modules.push(module),
      onTaskEnd: ({ definitionId, taskStatus, message }) => ended.push(`${definitionId} ${taskStatus} ${message}`)
    });
    const run = async (definition: string) =>
      (await local.waitFor((await local.tasks.trigger({ definition })).id)).message;
    expect(local.tasks.listDefinitions().map(({ id }) => id)).toEqual(["testingRun", "hello", "bye"]);
    expect([await run("hello"), await run("bye")]).toEqual(["one", "one"]);
    expect(modules.filter(module => module.endsWith("message.ts"))).not.toEqual([]);

    writeFileSync(join(folder, "message.ts"), "export const message: string = ;");
    await expect(local.reload()).rejects.toMatchObject({ code: "LOCAL_ERROR" });
    expect(await run("hello")).toBe("one");

    writeFileSync(join(folder, "message.ts"), `export const message: string = "two";`);
    writeFileSync(file, only("Second", "throw new Error(message);"));
    await local.reload();
    expect(local.tasks.getDefinition("hello")?.title).toBe("Second");
    const failed = await local.waitFor((await local.tasks.trigger({ definition: "hello" })).id);
    expect(failed.error?.stack).toContain("tasks.ts:4:");
    expect(await run("bye")).toBe("two");
    await local.stop();
    expect(ended.sort()).toEqual([
      "bye success one",
      "bye success two",
      "hello failed two",
      "hello success one",
      "hello success one"
    ]);
  });

  it("lets what runs end with the old code", async () => {
    const folder = directory();
    const file = join(folder, "tasks.ts");
    writeFileSync(join(folder, "message.ts"), `export const message: string = "old";`);
    // It ends once the test says so, by a file.
    const waits = `
      const { existsSync, writeFileSync } = await import("node:fs");
      writeFileSync("${folder}/begun", "");
      while (!existsSync("${folder}/go")) await new Promise(resolve => setTimeout(resolve, 20));
      return response.done(message);`;
    writeFileSync(file, only("Slow", waits));
    const local = await start({ handler: file });
    const { id } = await local.tasks.trigger({ definition: "hello" });
    while (!existsSync(join(folder, "begun"))) {
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    writeFileSync(join(folder, "message.ts"), `export const message: string = "new";`);
    await local.reload();
    const bye = await local.waitFor((await local.tasks.trigger({ definition: "bye" })).id);
    expect(bye.message).toBe("new");
    writeFileSync(join(folder, "go"), "");
    expect(await local.waitFor(id)).toMatchObject({ message: "old", iterations: 1, taskStatus: "success" });
  });

  it("says what is missing where a file exports neither", async () => {
    const file = join(directory(), "empty.ts");
    writeFileSync(file, "export const nothing = { a: 1 };");
    await expect(start({ handler: file, onOutput: () => {} })).rejects.toThrow(/no task definition is exported/);
  });

  it("cannot load again what runs in this process", async () => {
    await expect((await start({ plugins: [paging] })).reload()).rejects.toMatchObject({ code: "LOCAL_ERROR" });
  });
});
