import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { createTaskDefinition } from "../../src/index.js";
import { startLocal, type Local } from "../../src/local/index.js";

// What the last run of the runtime left unfinished. Nobody sweeps here within an hour: the start alone finds it.
const SWEEP_SECONDS = 3_600;

let dataDir: string;
let running: Local | undefined;
let hook: (name: string) => Promise<void>;
const called: string[] = [];

const working = createTaskDefinition({
  id: "working",
  title: "Working",
  run: async ({ input, response }) =>
    input.waits === true ? response.continue({}, { seconds: 86_400 }) : response.done("Done."),
  onDone: () => hook("onDone"),
  onAbort: () => hook("onAbort")
});

async function start(): Promise<Local> {
  await running?.stop();
  running = await startLocal({ plugins: [working], dataDir, sweepSeconds: SWEEP_SECONDS, logLevel: "silent" });
  return running;
}

/** Resolves when the hook was called, which never returns: it is cut off by the stop. */
function hangingHook(): Promise<void> {
  return new Promise(resolve => {
    hook = async name => {
      called.push(name);
      resolve();
      await new Promise(() => undefined);
    };
  });
}

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "tasks-restart-"));
  called.length = 0;
  hook = async name => void called.push(name);
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  rmSync(dataDir, { recursive: true });
});

it("starts a task whose trigger was cut off between storing and starting it", async () => {
  const before = await start();
  const { id } = await before.tasks.createTask({ definitionId: "working", name: "Cut off", input: {} });
  // What a trigger has stored by then.
  const client = new DynamoDBClient({
    region: "us-east-1",
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    endpoint: before.endpoints.dynamodb
  });
  await client.send(
    new UpdateItemCommand({
      TableName: before.tableName,
      Key: { PK: { S: `T#root#L#en-US#TASK#${id}` }, SK: { S: "A" } },
      UpdateExpression: "SET execution = :one, due = :due",
      ExpressionAttributeValues: { ":one": { N: "1" }, ":due": { N: String(Date.now() + 3_600_000) } }
    })
  );
  client.destroy();
  const after = await start();
  expect(await after.waitFor(id)).toMatchObject({ taskStatus: "success", iterations: 1, execution: 2 });
});

it("finishes what an abort owed, and what a deletion left, although no execution goes on", async () => {
  for (const end of ["abort", "delete"] as const) {
    const before = await start();
    const { id } = await before.tasks.trigger({ definition: "working", input: { waits: true } });
    const hanging = hangingHook();
    void (end === "abort" ? before.tasks.abort({ id }) : before.tasks.deleteTask(id)).catch(() => undefined);
    await hanging;
    const finished = new Promise<void>(resolve => {
      hook = async name => {
        called.push(`${name} after ${end}`);
        resolve();
      };
    });
    const after = await start();
    await finished;
    if (end === "abort") {
      expect(await after.waitFor(id)).toMatchObject({ taskStatus: "aborted", iterations: 1 });
    }
    expect(await after.tasks.getTask(id)).toEqual(end === "abort" ? expect.anything() : null);
  }
  expect(called).toEqual(["onAbort", "onAbort after abort", "onAbort", "onAbort after delete"]);
});

it("does not count its own stops as tries of a hook", async () => {
  const hanging = hangingHook();
  const { id } = await (await start()).tasks.trigger({ definition: "working" });
  await hanging;
  for (let stop = 2; stop <= 5; stop++) {
    const again = hangingHook();
    await start();
    await again;
  }
  hook = async name => void called.push(name);
  const last = await start();
  expect(await last.waitFor(id)).toMatchObject({ taskStatus: "success" });
  expect(called).toEqual(Array.from({ length: 6 }, () => "onDone"));
  expect(JSON.stringify(await last.tasks.listLogs({ where: { task: id } }))).not.toContain("given up");
});
