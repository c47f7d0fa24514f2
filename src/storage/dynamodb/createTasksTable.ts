import type { DynamoDBClient, TableDescription } from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { TasksError } from "../../errors.js";
import { INDEX_NAMES, INDEXES, tasksTableDescription } from "../tableDescription.js";
import { storageError } from "./storageError.js";

/** Looks at the table until it can be used: again after 5 ms, 10, 20, … at most 2 s; about two minutes in all. */
const LOOKS = 70;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Creates the table of background tasks, as `tasksTableDescription` has it, unless it is there, and waits until it and
 * its indexes can be used. May be called again, and by several processes at once. For scripts, tests and local work;
 * on AWS the infrastructure code creates the table.
 * @param params.client DynamoDB client, or document client; it needs dynamodb:DescribeTable, and dynamodb:CreateTable where the table is not there
 * @param params.tableName 3 to 255 characters
 * @throws TasksError STORAGE_INDEX_MISSING when a table of this name is there but lacks indexes (`data.missing` names them);
 * STORAGE_ERROR when DynamoDB refuses, or the table is not ready after two minutes
 * @example await createTasksTable({ client: new DynamoDBClient({}), tableName: "tasks" });
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
 */
export async function createTasksTable({
  client,
  tableName
}: {
  client: DynamoDBClient | DynamoDBDocumentClient;
  tableName: string;
}): Promise<void> {
  const table = await openTable(client, tableName);
  let asked = false;
  for (let look = 0; look < LOOKS; look++) {
    const description = await table.describe();
    if (description === undefined) {
      // Once: a table just created may not be seen at the next look yet.
      if (!asked) {
        await table.create();
        asked = true;
      }
    } else if (description.TableStatus !== "DELETING") {
      checkIndexes(tableName, description);
      if (isActive(description)) {
        return;
      }
    }
    await new Promise(resolve => setTimeout(resolve, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** look)));
  }
  throw new TasksError(
    "STORAGE_ERROR",
    `The table "${tableName}" is not ready after two minutes. Call createTasksTable() again later.`,
    { tableName }
  );
}

/** The two requests. The SDK is loaded here, so that whoever imports this file alone does not load it. */
async function openTable(client: DynamoDBClient, tableName: string) {
  const { CreateTableCommand, DescribeTableCommand } = await import("@aws-sdk/client-dynamodb");
  return {
    async describe(): Promise<TableDescription | undefined> {
      try {
        return (await client.send(new DescribeTableCommand({ TableName: tableName }))).Table;
      } catch (error) {
        if ((error as Error).name === "ResourceNotFoundException") {
          return undefined;
        }
        throw storageError("DescribeTable", tableName, error);
      }
    },
    async create(): Promise<void> {
      try {
        await client.send(new CreateTableCommand({ TableName: tableName, ...tasksTableDescription }));
      } catch (error) {
        // Somebody else creates it at this moment.
        if ((error as Error).name !== "ResourceInUseException") {
          throw storageError("CreateTable", tableName, error);
        }
      }
    }
  };
}

function checkIndexes(tableName: string, { GlobalSecondaryIndexes = [] }: TableDescription): void {
  const missing = INDEX_NAMES.filter(name => {
    const keys = GlobalSecondaryIndexes.find(({ IndexName }) => IndexName === name)?.KeySchema;
    return keys?.[0]?.AttributeName !== INDEXES[name].partition || keys[1]?.AttributeName !== INDEXES[name].sort;
  });
  if (missing.length > 0) {
    const keys = missing.map(name => `${name} (${INDEXES[name].partition}, ${INDEXES[name].sort})`).join(", ");
    throw new TasksError(
      "STORAGE_INDEX_MISSING",
      `The table "${tableName}" lacks indexes, or they have other keys: ${keys}. Add them as tasksTableDescription has them, or use another table.`,
      { tableName, missing }
    );
  }
}

function isActive({ TableStatus, GlobalSecondaryIndexes = [] }: TableDescription): boolean {
  return TableStatus === "ACTIVE" && GlobalSecondaryIndexes.every(({ IndexStatus }) => IndexStatus === "ACTIVE");
}
