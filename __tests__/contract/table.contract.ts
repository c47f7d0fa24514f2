import { CreateTableCommand, DescribeTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import { all } from "../../src/storage/conditions.js";
import { createTasksTable } from "../../src/storage/dynamodb/createTasksTable.js";
import { DynamoDbStorage } from "../../src/storage/dynamodb/DynamoDbStorage.js";
import { tasksTableDescription } from "../../src/storage/tableDescription.js";

/** What the DynamoDB adapter and `createTasksTable` promise about tables and clients. */
export function describeTable(name: string, createClient: () => DynamoDBClient): void {
  describe(`tables on ${name}`, () => {
    let client: DynamoDBClient;
    let tableName: string;
    let tables = 0;

    beforeEach(() => {
      client = createClient();
      tableName = `table-contract-${Date.now()}-${tables++}`;
    });

    afterEach(() => client.destroy());

    const key = { PK: "p", SK: "A" };

    /** A table of the same keys with only the indexes named. */
    async function createTableWith(...indexes: string[]): Promise<void> {
      const some = tasksTableDescription.GlobalSecondaryIndexes.filter(({ IndexName }) => indexes.includes(IndexName));
      const used = new Set(
        [...tasksTableDescription.KeySchema, ...some.flatMap(({ KeySchema }) => KeySchema)].map(
          ({ AttributeName }) => AttributeName
        )
      );
      await client.send(
        new CreateTableCommand({
          ...tasksTableDescription,
          TableName: tableName,
          AttributeDefinitions: tasksTableDescription.AttributeDefinitions.filter(({ AttributeName }) =>
            used.has(AttributeName)
          ),
          GlobalSecondaryIndexes: some.length === 0 ? undefined : some
        })
      );
      for (;;) {
        const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
        if (Table?.TableStatus === "ACTIVE") {
          return;
        }
        await new Promise(resolve => setTimeout(resolve, 5));
      }
    }

    it("createTasksTable makes the table that the description says, ready for use", async () => {
      await createTasksTable({ client, tableName });
      const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
      expect(Table?.TableStatus).toBe("ACTIVE");
      expect(Table?.BillingModeSummary?.BillingMode).toBe("PAY_PER_REQUEST");
      expect(Table?.KeySchema).toEqual([
        { AttributeName: "PK", KeyType: "HASH" },
        { AttributeName: "SK", KeyType: "RANGE" }
      ]);
      const indexes = (Table?.GlobalSecondaryIndexes ?? []).map(({ IndexName, KeySchema, Projection, IndexStatus }) => [
        IndexName,
        ...(KeySchema ?? []).map(({ AttributeName }) => AttributeName),
        Projection?.ProjectionType,
        IndexStatus
      ]);
      expect(indexes.sort()).toEqual([
        ["byDefinition", "defPK", "sort", "KEYS_ONLY", "ACTIVE"],
        ["byDue", "duePK", "due", "KEYS_ONLY", "ACTIVE"],
        ["byStatus", "listPK", "sort", "KEYS_ONLY", "ACTIVE"]
      ]);
      const types = (Table?.AttributeDefinitions ?? []).map(
        ({ AttributeName, AttributeType }) => `${AttributeName} ${AttributeType}`
      );
      expect(types.sort()).toEqual(["PK S", "SK S", "defPK S", "due N", "duePK S", "listPK S", "sort S"]);
    });

    it("createTasksTable leaves a table that is there as it is", async () => {
      await createTasksTable({ client, tableName });
      const storage = new DynamoDbStorage({ client, tableName });
      await storage.put({ ...key, name: "kept" });
      await createTasksTable({ client: DynamoDBDocumentClient.from(client), tableName });
      expect(await storage.get(key)).toEqual({ ...key, name: "kept" });
    });

    it("createTasksTable may be called by five at once", async () => {
      await Promise.all(Array.from({ length: 5 }, () => createTasksTable({ client, tableName })));
      expect(await new DynamoDbStorage({ client, tableName }).put(key)).toBe(true);
    });

    it("createTasksTable names the indexes a table lacks", async () => {
      await createTableWith("byStatus");
      await expect(createTasksTable({ client, tableName })).rejects.toMatchObject({
        code: "STORAGE_INDEX_MISSING",
        message: expect.stringContaining(`The table "${tableName}" lacks indexes`),
        data: { tableName, missing: ["byDefinition", "byDue"] }
      });
    });

    it.each([
      ["partition key", "listPK", "due"],
      ["sort key", "duePK", "sort"]
    ])("createTasksTable takes an index of another %s for missing", async (_what, partition, sort) => {
      const KeySchema = [
        { AttributeName: partition, KeyType: "HASH" as const },
        { AttributeName: sort, KeyType: "RANGE" as const }
      ];
      const unused = partition === "duePK" ? "due" : "duePK";
      await client.send(
        new CreateTableCommand({
          ...tasksTableDescription,
          TableName: tableName,
          AttributeDefinitions: tasksTableDescription.AttributeDefinitions.filter(
            ({ AttributeName }) => AttributeName !== unused
          ),
          GlobalSecondaryIndexes: tasksTableDescription.GlobalSecondaryIndexes.map(index =>
            index.IndexName === "byDue" ? { ...index, KeySchema } : index
          )
        })
      );
      await expect(createTasksTable({ client, tableName })).rejects.toMatchObject({
        code: "STORAGE_INDEX_MISSING",
        message: expect.stringContaining("byDue (duePK, due)"),
        data: { missing: ["byDue"] }
      });
    });

    it("createTasksTable says what DynamoDB refused", async () => {
      await expect(createTasksTable({ client, tableName: "a!" })).rejects.toMatchObject({
        code: "STORAGE_ERROR",
        data: { name: "ValidationException", tableName: "a!" }
      });
    });

    it("every method names a table that is missing", async () => {
      const storage = new DynamoDbStorage({ client, tableName });
      const requests: [string, () => Promise<unknown>][] = [
        ["GetItem", () => storage.get(key)],
        ["PutItem", () => storage.put(key)],
        ["UpdateItem", () => storage.update(key, all(), { set: { a: 1 } })],
        ["DeleteItem", () => storage.delete(key)],
        ["BatchGetItem", () => storage.batchGet([key])],
        ["BatchWriteItem", () => storage.batchWrite([{ put: key }])],
        ["Query", () => storage.query({ partition: "p" })],
        ["Query", () => storage.query({ index: "byDue", partition: "p" })]
      ];
      for (const [operation, request] of requests) {
        await expect(request()).rejects.toMatchObject({
          code: "STORAGE_TABLE_MISSING",
          message: `The table "${tableName}" does not exist. Create it with createTasksTable() or the infrastructure code, or correct WEBINY_TASKS_TABLE.`,
          data: { name: "ResourceNotFoundException", operation, requestId: expect.any(String), tableName },
          cause: expect.objectContaining({ name: "ResourceNotFoundException" })
        });
      }
    });

    it("a query names the index that is missing, and the table works without it", async () => {
      await createTableWith("byStatus", "byDefinition");
      const storage = new DynamoDbStorage({ client, tableName });
      await storage.put({ ...key, duePK: "DUE#1", due: 1, listPK: "L", sort: "1" });
      await expect(storage.query({ index: "byDue", partition: "DUE#1" })).rejects.toMatchObject({
        code: "STORAGE_INDEX_MISSING",
        message: `The table "${tableName}" lacks the index "byDue". Add it with the infrastructure code, as tasksTableDescription has it.`,
        data: {
          name: "ValidationException",
          operation: "Query",
          requestId: expect.any(String),
          tableName,
          index: "byDue"
        }
      });
      expect((await storage.query({ index: "byStatus", partition: "L" })).count).toBe(1);
    });

    it("other refusals say what was refused, and keep the cause", async () => {
      await createTasksTable({ client, tableName });
      const storage = new DynamoDbStorage({ client, tableName });
      await expect(storage.put({ ...key, body: new Uint8Array(401 * 1024) })).rejects.toMatchObject({
        code: "STORAGE_ERROR",
        message: expect.stringMatching(
          /^DynamoDB did not carry out PutItem on the table ".*" \(ValidationException: Item size has exceeded .*It would be refused again: an item has at most 400 KB/
        ),
        data: { name: "ValidationException", operation: "PutItem", requestId: expect.any(String) },
        cause: expect.objectContaining({ name: "ValidationException" })
      });
    });

    it("a message never quotes a large request back", async () => {
      await createTasksTable({ client, tableName });
      const storage = new DynamoDbStorage({ client, tableName });
      const keys = Array.from({ length: 101 }, (_, i) => ({ PK: `secret-${i}`, SK: "A" }));
      const error = (await storage.batchGet(keys).catch((caught: unknown) => caught)) as Error;
      expect(error.message.length).toBeLessThan(700);
    });

    it("an index is not missing because another request of an index query was refused", async () => {
      await createTasksTable({ client, tableName });
      const storage = new DynamoDbStorage({ client, tableName });
      await expect(storage.query({ index: "byDue", partition: "DUE#1", from: "text" })).rejects.toMatchObject({
        code: "STORAGE_ERROR"
      });
    });

    it("a document client's own translation is neither used nor changed", async () => {
      await createTasksTable({ client, tableName });
      const theirs = DynamoDBDocumentClient.from(client, {
        marshallOptions: { convertEmptyValues: true },
        unmarshallOptions: { wrapNumbers: true }
      });
      const storage = new DynamoDbStorage({ client: theirs, tableName });
      await storage.put({ ...key, empty: "", number: 5, nothing: undefined });
      expect(await storage.get(key)).toEqual({ ...key, empty: "", number: 5 });
      const { Item } = await theirs.send(new GetCommand({ TableName: tableName, Key: key }));
      expect(Item?.number).toMatchObject({ value: "5" });
      // Made later, from the same client: it would replace options that were shared.
      DynamoDBDocumentClient.from(client, { marshallOptions: { convertEmptyValues: true } });
      await storage.put({ ...key, empty: "", nothing: undefined });
      expect(await storage.get(key)).toEqual({ ...key, empty: "" });
    });

    it("consumed capacity is asked for only when somebody wants to know it", async () => {
      await createTasksTable({ client, tableName });
      const asked: unknown[] = [];
      client.middlewareStack.add(
        next => args => {
          asked.push((args.input as { ReturnConsumedCapacity?: string }).ReturnConsumedCapacity);
          return next(args);
        },
        { step: "initialize", priority: "low" }
      );
      const heard: string[] = [];
      await new DynamoDbStorage({ client, tableName }).put(key);
      await new DynamoDbStorage({
        client,
        tableName,
        onConsumedCapacity: (operation, consumed) => heard.push(`${operation} ${consumed.CapacityUnits}`)
      }).put(key);
      expect(asked).toEqual([undefined, "INDEXES"]);
      expect(heard).toEqual(["PutItem 1"]);
    });

    it("undefined attributes do not become a part of the request", async () => {
      await createTasksTable({ client, tableName });
      const storage = new DynamoDbStorage({ client, tableName });
      await storage.put({ ...key, a: undefined });
      expect(Object.keys((await storage.get(key)) ?? {}).sort()).toEqual(["PK", "SK"]);
    });
  });
}
