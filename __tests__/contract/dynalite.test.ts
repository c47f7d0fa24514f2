import { createTasksTable } from "../../src/storage/dynamodb/createTasksTable.js";
import { DynamoDbStorage } from "../../src/storage/dynamodb/DynamoDbStorage.js";
import { createDynaliteClient } from "../helpers/dynalite.js";
import { describeStorage } from "./storage.contract.js";
import { describeTable } from "./table.contract.js";

async function createStorage(): Promise<DynamoDbStorage> {
  const client = createDynaliteClient();
  await createTasksTable({ client, tableName: "tasks" });
  return new DynamoDbStorage({ client, tableName: "tasks" });
}

describeStorage("dynalite", createStorage);
describeTable("dynalite", createDynaliteClient);
