import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient
} from "@aws-sdk/client-dynamodb";
import { createTasksTable } from "../../src/storage/dynamodb/createTasksTable.js";
import { DynamoDbStorage } from "../../src/storage/dynamodb/DynamoDbStorage.js";
import { tasksTableDescription } from "../../src/storage/tableDescription.js";
import { createDynaliteClient } from "../helpers/dynalite.js";
import { describeStorage } from "./storage.contract.js";
import { describeTable } from "./table.contract.js";

async function createStorage(): Promise<DynamoDbStorage> {
  const client = createDynaliteClient();
  await createTasksTable({ client, tableName: "tasks" });
  return new DynamoDbStorage({ client, tableName: "tasks" });
}

describeStorage("dynalite", createStorage);
describeTable("dynalite", () => createDynaliteClient());

describe("createTasksTable", () => {
  const tableName = "tasks";
  const statusOf = async (client: DynamoDBClient) =>
    (await client.send(new DescribeTableCommand({ TableName: tableName }))).Table?.TableStatus;

  it("waits until a new table can be used", async () => {
    const client = createDynaliteClient({ createTableMs: 60 });
    await createTasksTable({ client, tableName });
    expect(await statusOf(client)).toBe("ACTIVE");
  });

  it("waits for a table that somebody else is creating", async () => {
    const client = createDynaliteClient({ createTableMs: 60 });
    await client.send(new CreateTableCommand({ TableName: tableName, ...tasksTableDescription }));
    expect(await statusOf(client)).toBe("CREATING");
    await createTasksTable({ client, tableName });
    expect(await statusOf(client)).toBe("ACTIVE");
  });

  it("waits until a table of this name is deleted, and creates it then", async () => {
    const client = createDynaliteClient({ deleteTableMs: 60 });
    await createTasksTable({ client, tableName });
    await new DynamoDbStorage({ client, tableName }).put({ PK: "p", SK: "A" });
    await client.send(new DeleteTableCommand({ TableName: tableName }));
    expect(await statusOf(client)).toBe("DELETING");
    await createTasksTable({ client, tableName });
    expect(await new DynamoDbStorage({ client, tableName }).get({ PK: "p", SK: "A" })).toBeNull();
  });
});
