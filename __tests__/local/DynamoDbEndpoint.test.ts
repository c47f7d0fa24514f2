import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand
} from "@aws-sdk/client-dynamodb";
import type { Table } from "dynalite/db/index.js";
import db from "dynalite/db/index.js";
import { DynamoDbEndpoint } from "../../src/local/DynamoDbEndpoint.js";

const credentials = { accessKeyId: "local", secretAccessKey: "local" };
let dataDir: string;
const cleanUps: (() => void | Promise<void>)[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "tasks-dynamodb-"));
});

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) {
    await cleanUp();
  }
  await rm(dataDir, { recursive: true, force: true });
});

async function start(options: ConstructorParameters<typeof DynamoDbEndpoint>[0] = {}) {
  const endpoint = new DynamoDbEndpoint(options);
  await endpoint.start();
  cleanUps.push(() => endpoint.stop());
  return endpoint;
}

function overHttp(endpoint: DynamoDbEndpoint): DynamoDBClient {
  const client = new DynamoDBClient({ endpoint: endpoint.url, region: "local", credentials, maxAttempts: 1 });
  cleanUps.push(() => client.destroy());
  return client;
}

function inProcess(endpoint: DynamoDbEndpoint): DynamoDBClient {
  const { requestHandler } = endpoint;
  return new DynamoDBClient({
    endpoint: "http://localhost",
    region: "local",
    credentials,
    requestHandler,
    maxAttempts: 1
  });
}

async function createTable(client: DynamoDBClient): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: "Letters",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "id", AttributeType: "S" },
        { AttributeName: "box", AttributeType: "S" },
        { AttributeName: "at", AttributeType: "N" }
      ],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      GlobalSecondaryIndexes: [
        {
          IndexName: "byBox",
          KeySchema: [
            { AttributeName: "box", KeyType: "HASH" },
            { AttributeName: "at", KeyType: "RANGE" }
          ],
          Projection: { ProjectionType: "KEYS_ONLY" }
        }
      ]
    })
  );
  for (;;) {
    const { Table: table } = await client.send(new DescribeTableCommand({ TableName: "Letters" }));
    if (table?.TableStatus === "ACTIVE") {
      return;
    }
  }
}

async function put(client: DynamoDBClient, id: string, box: string, at: number): Promise<void> {
  const Item = { id: { S: id }, box: { S: box }, at: { N: String(at) }, text: { S: `letter ${id}` } };
  await client.send(new PutItemCommand({ TableName: "Letters", Item }));
}

async function idsIn(client: DynamoDBClient, box: string): Promise<(string | undefined)[]> {
  const { Items } = await client.send(
    new QueryCommand({
      TableName: "Letters",
      IndexName: "byBox",
      KeyConditionExpression: "box = :box",
      ExpressionAttributeValues: { ":box": { S: box } }
    })
  );
  return (Items ?? []).map(item => item.id?.S);
}

/** Works on the closed database as a crash would leave it. */
async function damage(work: (store: ReturnType<typeof db.create>, table: Table) => Promise<void>): Promise<void> {
  const store = db.create({ path: join(dataDir, "dynamodb") });
  await store.db.open();
  await work(store, (await store.db.get("table~Letters")) as Table);
  await store.db.close();
  await rm(join(dataDir, "dynamodb-closed"));
}

async function keysBelow(store: ReturnType<typeof db.create>, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of store.db.iterator({ gte: prefix, lt: `${prefix}\xff` })) {
    keys.push(key);
  }
  return keys;
}

test("serves the same tables over HTTP and in the process", async () => {
  const endpoint = await start();
  await createTable(overHttp(endpoint));
  await put(inProcess(endpoint), "a", "inbox", 1);
  const found = await overHttp(endpoint).send(new GetItemCommand({ TableName: "Letters", Key: { id: { S: "a" } } }));
  expect(found.Item?.text).toEqual({ S: "letter a" });
  expect(await idsIn(overHttp(endpoint), "inbox")).toEqual(["a"]);
  expect(endpoint.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

test("gives DynamoDB's own errors", async () => {
  const client = inProcess(await start());
  await createTable(client);
  await put(client, "a", "inbox", 1);
  const update = new UpdateItemCommand({
    TableName: "Letters",
    Key: { id: { S: "a" } },
    UpdateExpression: "SET #t = :t",
    ConditionExpression: "attribute_not_exists(id)",
    ExpressionAttributeNames: { "#t": "text" },
    ExpressionAttributeValues: { ":t": { S: "other" } }
  });
  await expect(client.send(update)).rejects.toMatchObject({ name: "ConditionalCheckFailedException" });
  await expect(client.send(new DescribeTableCommand({ TableName: "Missing" }))).rejects.toMatchObject({
    name: "ResourceNotFoundException"
  });
});

test("lets only this machine in", async () => {
  const endpoint = await start();
  const statusOf = (headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      request(endpoint.url, { headers, agent: false }, response => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
  expect(await statusOf({})).toBe(200);
  expect(await statusOf({ Host: "localhost:8000" })).toBe(200);
  expect(await statusOf({ Host: "rebound.example.com" })).toBe(403);
  expect(await statusOf({ Host: "127.0.0.1.example.com" })).toBe(403);
  expect(await statusOf({ Origin: "https://example.com" })).toBe(403);
  expect(await statusOf({ Origin: "http://localhost:5173" })).toBe(200);
});

test("says which port is taken, and leaves nothing open", async () => {
  const first = await start();
  const port = Number(new URL(first.url).port);
  await expect(new DynamoDbEndpoint({ port, dataDir }).start()).rejects.toMatchObject({
    code: "LOCAL_ERROR",
    message: `Cannot listen on 127.0.0.1:${port} (EADDRINUSE). Choose another port, or 0 for a free one.`
  });
  await start({ dataDir });
});

test("answers what is under way at the stop, and refuses what comes later", async () => {
  const endpoint = await start({ dataDir });
  await createTable(inProcess(endpoint));
  const body = JSON.stringify({ TableName: "Letters", Item: { id: { S: "a" }, box: { S: "inbox" }, at: { N: "1" } } });
  const headers = {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "DynamoDB_20120810.PutItem",
    "x-amz-date": "20260101T000000Z",
    authorization: "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=f"
  };
  const writes = Promise.all(
    Array.from({ length: 50 }, () => endpoint.requestHandler.handle({ method: "POST", path: "/", headers, body }))
  );
  await endpoint.stop();
  expect((await writes).map(({ response }) => response.statusCode)).toEqual(Array(50).fill(200));
  await expect(put(inProcess(endpoint), "b", "inbox", 1)).rejects.toThrow(
    "The local DynamoDB endpoint is not running."
  );
  expect(await idsIn(inProcess(await start({ dataDir })), "inbox")).toEqual(["a"]);
});

test("keeps tables on disk, and checks nothing after a clean stop", async () => {
  const first = await start({ dataDir });
  await createTable(inProcess(first));
  await put(inProcess(first), "a", "inbox", 1);
  await first.stop();
  const second = await start({ dataDir });
  expect(await idsIn(inProcess(second), "inbox")).toEqual(["a"]);
  expect(second.indexRepair).toBeUndefined();
});

test("names the directory when another endpoint uses it", async () => {
  await start({ dataDir });
  await expect(new DynamoDbEndpoint({ dataDir }).start()).rejects.toMatchObject({
    code: "LOCAL_ERROR",
    message: `Cannot open the tables in ${join(dataDir, "dynamodb")}: another process uses it.`
  });
});

test("mends the indexes after an unclean stop: missing entries, stale ones, and wrong ones", async () => {
  const first = await start({ dataDir });
  const client = inProcess(first);
  await createTable(client);
  for (const [id, box, at] of [
    ["a", "inbox", 1],
    ["b", "inbox", 2],
    ["c", "inbox", 3],
    ["d", "spam", 4]
  ] as const) {
    await put(client, id, box, at);
  }
  await first.stop();
  await damage(async (store, table) => {
    const entry = async (id: string) => {
      const item = (await store.db.get(`item-Letters~${db.createKey({ id: { S: id } }, table)}`)) as Record<
        string,
        unknown
      >;
      const [action] = db.getIndexActions(table.GlobalSecondaryIndexes ?? [], null, item, table).puts;
      return {
        itemKey: `item-Letters~${db.createKey(item, table)}`,
        key: `index-global~Letters~byBox~${action?.key}`,
        item
      };
    };
    // A first write of "b" that died behind its index entry leaves an entry without item; the reverse for "a".
    const a = await entry("a");
    const b = await entry("b");
    const d = await entry("d");
    await store.db.batch([
      { type: "del", key: a.key },
      { type: "del", key: b.itemKey },
      // A move of "d" that died in the middle: it stands in its old place only, and its item is in a new one.
      { type: "put", key: d.itemKey, value: { ...d.item, box: { S: "archive" } } }
    ]);
  });
  const second = await start({ dataDir });
  expect(second.indexRepair).toEqual({ items: 3, added: 2, removed: 2, tables: 0 });
  expect(await idsIn(inProcess(second), "inbox")).toEqual(["a", "c"]);
  expect(await idsIn(inProcess(second), "spam")).toEqual([]);
  expect(await idsIn(inProcess(second), "archive")).toEqual(["d"]);
});

test("finishes tables that were left in the middle of being created or deleted", async () => {
  const first = await start({ dataDir });
  await createTable(inProcess(first));
  await put(inProcess(first), "a", "inbox", 1);
  await first.stop();
  await damage(async (store, table) => {
    await store.db.batch([{ type: "put", key: "table~Letters", value: { ...table, TableStatus: "CREATING" } }]);
  });
  const second = await start({ dataDir });
  expect(await idsIn(inProcess(second), "inbox")).toEqual(["a"]);
  await second.stop();
  await damage(async (store, table) => {
    const { GlobalSecondaryIndexes: _, ...rest } = table;
    await store.db.batch([{ type: "put", key: "table~Letters", value: { ...rest, TableStatus: "DELETING" } }]);
  });
  const third = await start({ dataDir });
  expect(third.indexRepair).toMatchObject({ tables: 1 });
  await createTable(inProcess(third));
  expect(await idsIn(inProcess(third), "inbox")).toEqual([]);
  await third.stop();
  await damage(async store => expect(await keysBelow(store, "item-")).toEqual([]));
});

test("starts again after its process was killed, with every acknowledged write", async () => {
  const program = `
    const { DynamoDbEndpoint } = require(${JSON.stringify(join(__dirname, "../../src/local/DynamoDbEndpoint.ts"))});
    const endpoint = new DynamoDbEndpoint({ dataDir: ${JSON.stringify(dataDir)} });
    endpoint.start().then(() => process.send(endpoint.url));
  `;
  const child = spawn(process.execPath, ["--import", "tsx", "--eval", program], {
    cwd: join(__dirname, "../.."),
    stdio: ["ignore", "inherit", "inherit", "ipc"]
  });
  cleanUps.push(() => void child.kill("SIGKILL"));
  const url = await new Promise<string>(resolve => child.once("message", message => resolve(message as string)));
  const client = new DynamoDBClient({ endpoint: url, region: "local", credentials, maxAttempts: 1 });
  cleanUps.push(() => client.destroy());
  await createTable(client);
  for (let at = 0; at < 20; at++) {
    await put(client, `letter-${at}`, "inbox", at);
  }
  const killed = new Promise(resolve => child.once("exit", resolve));
  child.kill("SIGKILL");
  await killed;
  const endpoint = await start({ dataDir });
  expect(endpoint.indexRepair).toEqual({ items: 20, added: 0, removed: 0, tables: 0 });
  expect(await idsIn(inProcess(endpoint), "inbox")).toHaveLength(20);
}, 20_000);

test.each(["in memory", "on disk"])("leaves no iterator of its database open, %s", async where => {
  const open = countIterators();
  const client = inProcess(await start(where === "on disk" ? { dataDir } : {}));
  await createTable(client);
  for (const id of ["a", "b", "c"]) {
    await put(client, id, "inbox", 1);
  }
  const query = {
    TableName: "Letters",
    IndexName: "byBox",
    KeyConditionExpression: "box = :box",
    ExpressionAttributeValues: { ":box": { S: "inbox" } }
  };
  // One that is read to its end, one that is left before, and one that is empty.
  await client.send(new QueryCommand(query));
  await client.send(new QueryCommand({ ...query, Limit: 1 }));
  await client.send(new QueryCommand({ ...query, ExpressionAttributeValues: { ":box": { S: "none" } } }));
  await client.send(new ScanCommand({ TableName: "Letters", Limit: 2 }));
  expect(open.begun).toBeGreaterThanOrEqual(4);
  // They are closed behind the answers.
  for (let turn = 0; turn < 1_000 && open.iterators.size > 0; turn++) {
    await new Promise(resolve => setImmediate(resolve));
  }
  expect(open.iterators.size).toBe(0);
});

/** Follows the iterators of the databases that are made from now on. */
function countIterators() {
  const open = { begun: 0, iterators: new Set<unknown>() };
  const { create } = db;
  cleanUps.push(() => void (db.create = create));
  db.create = options => {
    const store = create(options);
    for (const name of ["keys", "values"] as const) {
      const begin = store.db[name].bind(store.db);
      store.db[name] = range => {
        const iterator = begin(range);
        const close = iterator.close.bind(iterator);
        open.begun += 1;
        open.iterators.add(iterator);
        return Object.assign(iterator, {
          close: () => {
            open.iterators.delete(iterator);
            return close();
          }
        });
      };
    }
    return store;
  };
  return open;
}
