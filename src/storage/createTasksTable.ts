import type { DynamoDBClient, TableDescription } from "@aws-sdk/client-dynamodb";
import { TasksError } from "../errors.js";
import { INDEXES, tasksTableDescription } from "./tableDescription.js";

const TRIES = 60;

/**
 * Creates the table of background tasks where it does not exist, and waits until it and its indexes can be used. For
 * scripts and tests; on AWS the infrastructure code creates it.
 * @throws TasksError STORAGE_INDEX_MISSING when a table of this name is there without one of the indexes, STORAGE_ERROR
 * @example await createTasksTable({ client: new DynamoDBClient({}), tableName: "tasks" });
 */
export async function createTasksTable({ client, tableName }: { client: DynamoDBClient; tableName: string }): Promise<void> {
  const { CreateTableCommand, DescribeTableCommand } = await import("@aws-sdk/client-dynamodb");
  try {
    await client.send(new CreateTableCommand({ TableName: tableName, ...tasksTableDescription }));
  } catch (error) {
    // There already, or being created by somebody else at this moment.
    if ((error as Error).name !== "ResourceInUseException") {
      throw new TasksError("STORAGE_ERROR", `The table "${tableName}" could not be created: ${String(error)}`, { tableName }, { cause: error });
    }
  }
  for (let tries = 0; tries < TRIES; tries++) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
    checkIndexes(tableName, Table);
    if (isActive(Table)) {
      return;
    }
    await new Promise(resolve => setTimeout(resolve, Math.min(2_000, 10 * 2 ** tries)));
  }
  throw new TasksError("STORAGE_ERROR", `The table "${tableName}" is still being created. Try again in a minute.`, { tableName });
}

function checkIndexes(tableName: string, table: TableDescription | undefined): void {
  const there = (table?.GlobalSecondaryIndexes ?? []).map(({ IndexName }) => IndexName);
  const missing = Object.keys(INDEXES).filter(name => !there.includes(name));
  if (missing.length > 0) {
    throw new TasksError(
      "STORAGE_INDEX_MISSING",
      `The table "${tableName}" lacks the indexes ${missing.join(", ")}. Add them as tasksTableDescription says, or use a table of its own.`,
      { tableName, missing }
    );
  }
}

function isActive(table: TableDescription | undefined): boolean {
  return table?.TableStatus === "ACTIVE" && (table.GlobalSecondaryIndexes ?? []).every(({ IndexStatus }) => IndexStatus === "ACTIVE");
}
