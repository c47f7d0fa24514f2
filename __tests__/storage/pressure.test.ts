import { randomBytes } from "node:crypto";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createTaskDefinition, createTasksTable, type Task } from "../../src/index.js";
import { createDynamoDbClient, createStepFunctionsClient } from "../../src/host/awsClients.js";
import { getAll, queryAll, writeAll } from "../../src/storage/batches.js";
import { equals, missing } from "../../src/storage/conditions.js";
import { DynamoDbStorage } from "../../src/storage/dynamodb/DynamoDbStorage.js";
import { partitionKey } from "../../src/storage/record.js";
import type { Item, Storage } from "../../src/storage/Storage.js";
import { seededRandom } from "../../src/testing/random.js";
import { FaultyDynamoDb, type NetworkFault } from "../helpers/FaultyDynamoDb.js";
import { createTestTasks, type TestExecution, type TestTasks } from "../helpers/createTestTasks.js";
import { knowErrorsOfNode } from "../helpers/errorsOfNode.js";
import { MovableClock } from "../helpers/MovableClock.js";

knowErrorsOfNode();

const CREDENTIALS = { region: "local", credentials: { accessKeyId: "test", secretAccessKey: "test" } };
const tableName = "tasks";

let dynamodb: FaultyDynamoDb;
let client: DynamoDBClient | undefined;
let storage: Storage;

beforeEach(async () => {
  dynamodb = new FaultyDynamoDb();
  await dynamodb.start();
  // Long enough for a busy machine: only what is about time-outs waits for less.
  await connect(10_000);
  // The SDK's pauses between two attempts, and ours between two rounds of a batch, are a part of chance.
  jest.spyOn(Math, "random").mockReturnValue(0);
  await createTasksTable({ client: client as unknown as DynamoDBClient, tableName });
});

afterEach(async () => {
  jest.restoreAllMocks();
  client?.destroy();
  client = undefined;
  await dynamodb.stop();
});

/** Uses the client that the library makes, but for how long it waits for an answer. */
async function connect(answerMs: number): Promise<void> {
  client?.destroy();
  const requestHandler = { connectionTimeout: 10_000, requestTimeout: answerMs, throwOnRequestTimeout: true };
  client = await createDynamoDbClient({ ...CREDENTIALS, endpoint: dynamodb.url, requestHandler });
  storage = new DynamoDbStorage({ client, tableName });
}

/** The first `times` requests of an operation meet a fault. */
function first(operation: string, fault: NetworkFault, times = 1) {
  dynamodb.seen.length = 0;
  dynamodb.plan = request => (request.operation === operation && request.number < times ? fault : undefined);
}

const count = (operation: string) => dynamodb.seen.filter(name => name === operation).length;

describe("the clients that the library makes", () => {
  it("do not wait for ever for an answer, and try five times", async () => {
    const clients = [await createDynamoDbClient(CREDENTIALS), await createStepFunctionsClient()];
    for (const made of clients) {
      const { requestHandler, maxAttempts } = made.config;
      // The handler reads its own settings with its first request.
      const { configProvider } = requestHandler as unknown as { configProvider: Promise<object> };
      expect(await configProvider).toMatchObject({
        connectionTimeout: 2_000,
        requestTimeout: 5_000,
        throwOnRequestTimeout: true
      });
      expect(await maxAttempts()).toBe(5);
      made.destroy();
    }
  });

  it("try as often as AWS_MAX_ATTEMPTS says", async () => {
    process.env.AWS_MAX_ATTEMPTS = "7";
    try {
      const made = await createDynamoDbClient(CREDENTIALS);
      expect(await made.config.maxAttempts()).toBe(7);
      made.destroy();
    } finally {
      delete process.env.AWS_MAX_ATTEMPTS;
    }
  });
});

describe("a request that goes wrong once", () => {
  const FAULTS: NetworkFault[] = ["throttle", "fail", "overload", "cut-before", "silent-before", "silent-after"];
  const item = { PK: "p", SK: "1", n: 1 };

  it.each(FAULTS)("%s: is sent again, and every method of the port gives what it gives without it", async fault => {
    const isSilent = fault.startsWith("silent");
    await connect(isSilent ? 300 : 10_000);
    const sent = async <T>(operation: string, send: () => Promise<T>): Promise<T> => {
      first(operation, fault);
      const value = await send();
      // A busy machine may let another one run into the short time-out.
      expect(count(operation)).toBeGreaterThanOrEqual(2);
      expect(isSilent || count(operation) === 2).toBe(true);
      return value;
    };
    await sent("PutItem", () => storage.put(item));
    expect(await sent("GetItem", () => storage.get(item))).toEqual(item);
    const updated = await sent("UpdateItem", () => storage.update(item, equals("n", 1), { set: { m: 2 } }));
    expect(updated).toEqual({ ...item, m: 2 });
    await sent("BatchWriteItem", () =>
      writeAll(storage, [{ put: { PK: "p", SK: "2" } }, { put: { PK: "p", SK: "3" } }])
    );
    expect(await sent("BatchGetItem", () => getAll(storage, [item, { PK: "p", SK: "3" }]))).toHaveLength(2);
    expect((await sent("Query", () => storage.query({ partition: "p" }))).count).toBe(3);
    expect(await sent("DeleteItem", () => storage.delete(item))).toBe(true);
    expect((await storage.query({ partition: "p" })).count).toBe(2);
  });

  it("whose answer is lost after it took effect: its own condition refuses the second one", async () => {
    first("PutItem", "cut-after");
    expect(await storage.put(item, missing("PK"))).toBe(false);
    expect(await storage.get(item)).toEqual(item);
  });
});

describe("a request that goes wrong every time", () => {
  it.each([
    ["throttle", "ProvisionedThroughputExceededException", /throttled.*try again later, or raise its limits/],
    ["fail", "InternalServerError", /Try again/],
    ["silent-before", "TimeoutError", /was not reached.*gateway endpoint/],
    ["cut-before", "TimeoutError", /was not reached/]
  ] as const)("%s: is given up after five, and says what to do", async (fault, name, message) => {
    await connect(fault === "silent-before" ? 100 : 10_000);
    first("GetItem", fault, 99);
    await expect(storage.get({ PK: "p", SK: "1" })).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringMatching(message) as string,
      data: { name, operation: "GetItem", tableName }
    });
    expect(count("GetItem")).toBe(5);
  });

  it("that nobody listens to says so", async () => {
    const nobody = await createDynamoDbClient({ ...CREDENTIALS, endpoint: "http://127.0.0.1:1", maxAttempts: 1 });
    await expect(new DynamoDbStorage({ client: nobody, tableName }).get({ PK: "p", SK: "1" })).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringContaining("was not reached") as string,
      data: { name: "ECONNREFUSED" }
    });
    nobody.destroy();
  });

  it("a refusal for good is no matter of time", async () => {
    await expect(storage.put({ PK: "p", SK: "1", big: "x".repeat(500_000) })).rejects.toMatchObject({
      code: "STORAGE_ERROR"
    });
    expect(count("PutItem")).toBe(1);
  });
});

/** Of three batches one is not done at all, the others by half. */
function partialBatches(): void {
  dynamodb.plan = ({ operation, number }) =>
    operation.startsWith("Batch") ? (number % 3 === 0 ? "idle" : "partial") : undefined;
}

const incompressible = (bytes: number) => randomBytes(bytes / 2).toString("hex");

async function everythingStored(of: Storage): Promise<Item[]> {
  const items: Item[] = [];
  for (const partition of partitions) {
    for await (const item of queryAll(of, { partition })) {
      items.push(item);
    }
  }
  return items;
}
let partitions: string[] = [];

describe("batches that are done in part", () => {
  it("lose nothing, whoever sends them: payloads, logs, lists, changes, the sweep, a deletion", async () => {
    const [input, output, changed] = [incompressible(1_500_000), incompressible(1_400_000), incompressible(1_300_000)];
    const line = incompressible(300_000);
    const definition = createTaskDefinition({
      id: "large",
      title: "Large",
      async run({ input: given, store, response }) {
        for (const n of [1, 2, 3, 4]) {
          await store.addInfoLog({ message: `Line ${n}.`, data: { line } });
        }
        await store.updateOutput({ output, isWhole: given.input === input });
        return response.done();
      }
    });
    const small = createTaskDefinition({ id: "small", title: "Small", run: async ({ response }) => response.done() });
    const t = await createTestTasks([definition, small], {
      underlying: storage,
      clock: new MovableClock(),
      retentionDays: 1
    });
    partialBatches();

    const task = await t.tasks.trigger({ definition: "large", input: { input } });
    await t.runToEnd(task);
    expect((await t.tasks.getTask(task.id))?.output).toEqual({ output, isWhole: true });
    const log = await t.tasks.listLogs({ where: { task: task.id } });
    const lines = log.items.flatMap(({ items }) => items);
    expect(lines.map(({ message, data }) => [message, data?.line === line])).toEqual([
      ...[1, 2, 3, 4].map(n => [`Line ${n}.`, true]),
      ["Task done.", false]
    ]);

    const others = await Promise.all(Array.from({ length: 30 }, () => t.tasks.trigger({ definition: "small" })));
    const ids = [task, ...others].map(({ id }) => id);
    const listed = await t.tasks.listTasks({ limit: 50 });
    expect(listed.items.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(listed.items.find(({ id }) => id === task.id)?.input).toEqual({ input });
    const chosen = await t.tasks.listTasks({ where: { id_in: ids }, limit: 50 });
    expect(chosen.items).toHaveLength(31);

    const [other] = others as [Task];
    await t.tasks.updateTask(other.id, { input: { changed } });
    expect((await t.tasks.getTask(other.id))?.input).toEqual({ changed });

    // The executions are gone, nobody told; the sweep finds all thirty, and starts them again.
    t.executions.forEach(execution => (execution.status = "FAILED"));
    await t.clock.advance(2 * 3_600_000);
    await t.invoke({ webinyTasks: "sweep" });
    const revived = await t.tasks.listTasks({ where: { definitionId: "small" }, limit: 50 });
    expect(revived.items.map(({ execution }) => execution)).toEqual(Array(30).fill(2));

    partitions = ids.map(id => partitionKey({ tenant: "root", locale: "en-US" }, id));
    const before = await everythingStored(storage);
    expect(before.some(({ PK }) => PK.includes(task.id))).toBe(true);
    await t.tasks.deleteTask(task.id);
    await t.clock.advance(3 * 86_400_000);
    await t.invoke({ webinyTasks: "sweep" });
    const left = await everythingStored(storage);
    expect(left.filter(({ PK }) => PK.includes(task.id))).toEqual([]);
  });

  it("that get nowhere are given up with what is left, and a trigger that cannot store its input leaves no task", async () => {
    const definition = createTaskDefinition({
      id: "large",
      title: "Large",
      run: async ({ response }) => response.done()
    });
    const t = await createTestTasks([definition], { underlying: storage, clock: new MovableClock() });
    dynamodb.plan = ({ operation }) => (operation === "BatchWriteItem" ? "idle" : undefined);
    await expect(
      t.tasks.trigger({ definition: "large", input: { input: incompressible(1_500_000) } })
    ).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE", message: expect.stringContaining("in 8 rounds") as string });
    expect((await t.tasks.listTasks()).items).toEqual([]);
    expect(t.executions.size).toBe(0);
  });
});

describe("whole tasks, while a part of all requests goes wrong", () => {
  const KINDS: NetworkFault[] = [
    "throttle",
    "fail",
    "overload",
    "cut-before",
    "cut-after",
    "silent-before",
    "silent-after"
  ];

  /** Drives an execution as the machine does: an invocation that fails is a crash, which Recover is told. */
  async function drive(t: TestTasks, execution: TestExecution): Promise<number> {
    let failures = 0;
    let crash: { error: string; cause: string } | undefined;
    while (execution.status === "RUNNING") {
      if (failures > 300) {
        throw new Error(`The execution ${execution.name} does not end.`);
      }
      try {
        await t.clock.advance(crash === undefined ? execution.state.wait * 1000 : 1_000);
        const state = await t.invoke(t.eventFor(execution.state, { crash }));
        crash = undefined;
        execution.state = state;
        if (state.status !== "continue") {
          execution.status = state.status === "done" ? "SUCCEEDED" : "FAILED";
        }
      } catch (error) {
        failures += 1;
        const { name, message } = error as Error;
        // When Recover fails too, the machine calls it again with the first crash.
        crash ??= { error: name, cause: JSON.stringify({ errorType: name, errorMessage: message }) };
      }
    }
    return failures;
  }

  it.each([
    [1, 0.15],
    [2, 0.5]
  ])("seed %i, %d of them: each ends as it should, and each iteration counts once", async (seed, part) => {
    const random = seededRandom(seed);
    const seen = new Map<string, number[]>();
    const hooks: string[] = [];
    const note = (id: string, n: number) => seen.set(id, [...(seen.get(id) ?? []), n]);
    const counting = createTaskDefinition({
      id: "counting",
      title: "Counting",
      async run({ input, store, response }) {
        const n = (input.n ?? 0) + 1;
        note(store.getTask().id, n);
        await store.updateOutput({ [`n${n}`]: n });
        await store.addInfoLog({ message: `Iteration ${n}.` });
        return n === 6 ? response.done() : response.continue({ n }, { seconds: 30 });
      },
      async onDone({ task }) {
        hooks.push(`onDone ${task.id}`);
      }
    });
    const failing = createTaskDefinition({
      id: "failing",
      title: "Failing",
      async run() {
        throw new Error("As it should.");
      },
      async onError({ task }) {
        hooks.push(`onError ${task.id}`);
      }
    });
    await connect(50);
    const t = await createTestTasks([counting, failing], { underlying: storage, clock: new MovableClock() });
    const tasks = [await t.tasks.trigger({ definition: "counting" }), await t.tasks.trigger({ definition: "failing" })];
    dynamodb.plan = () => (random() < part ? KINDS[Math.floor(random() * KINDS.length)] : undefined);
    let failures = 0;
    for (const task of tasks) {
      failures += await drive(t, t.executionOf(task));
    }
    dynamodb.plan = () => undefined;
    // What the runner could not do any more is owed: the sweep starts an execution for it.
    await t.clock.advance(3 * 3_600_000);
    await t.invoke({ webinyTasks: "sweep" });
    for (const execution of [...t.executions.values()].filter(({ status }) => status === "RUNNING")) {
      await drive(t, execution);
    }

    const [counted, failed] = (await Promise.all(tasks.map(({ id }) => t.tasks.getTask(id)))) as [Task, Task];
    expect(counted).toMatchObject({
      taskStatus: "success",
      iterations: 6,
      output: { n1: 1, n2: 2, n6: 6 },
      input: { n: 5 }
    });
    expect(failed).toMatchObject({ taskStatus: "failed", iterations: 1, error: { message: "As it should." } });
    // Repeated where the invocation was lost, but in order and none left out.
    const iterations = seen.get(counted.id) ?? [];
    expect([...new Set(iterations)]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(iterations).toEqual([...iterations].sort());
    expect(new Set(hooks)).toEqual(new Set([`onDone ${counted.id}`, `onError ${failed.id}`]));
    if (part >= 0.5) {
      expect(failures).toBeGreaterThan(0);
    }
  });
});
