import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { DynamoDbEndpoint } from "../../src/local/DynamoDbEndpoint.js";
import { isActive, RECORD_KEY, taskIdOf, type TaskRecord } from "../../src/storage/record.js";
import { joinSlices, sliceKeys } from "../../src/storage/payloads.js";
import type { Item } from "../../src/storage/Storage.js";

const TABLE = "webiny-tasks-local";
const INDEXES = ["byStatus", "byDefinition", "byDue"];

/** The data a server has left behind, read without it. */
export interface Stored {
  /** By task. */
  records: Map<string, TaskRecord>;
  /** JSON text of each task's output, put together again; of a task without one there is none. */
  outputs: Map<string, string>;
  /** Every item, by partition. */
  partitions: Map<string, Item[]>;
  /** What indexes and items tell differently. */
  broken: string[];
}

/** @param dataDir of a server that is dead */
export async function readStored(dataDir: string): Promise<Stored> {
  const endpoint = new DynamoDbEndpoint({ dataDir });
  await endpoint.start();
  const client = new DynamoDBClient({
    region: "us-east-1",
    endpoint: "http://localhost",
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    requestHandler: endpoint.requestHandler
  });
  try {
    const records = new Map<string, TaskRecord>();
    const outputs = new Map<string, string>();
    const partitions = new Map<string, Item[]>();
    for (const item of await scan(client)) {
      partitions.set(item.PK, [...(partitions.get(item.PK) ?? []), item]);
      if (item.SK === RECORD_KEY) {
        records.set(taskIdOf(item), item as TaskRecord);
      }
    }
    for (const [id, { PK, output, outputRef }] of records) {
      const slices = new Map(partitions.get(PK)?.map(item => [item.SK, item]));
      const keys = outputRef === undefined ? [] : sliceKeys(PK, "output", outputRef);
      const found = keys.flatMap(({ SK }) => slices.get(SK) ?? []);
      const text = outputRef === undefined ? output : await joinSlices(PK, "output", outputRef, found);
      if (text !== undefined) {
        outputs.set(id, text);
      }
    }
    // Nothing was under way when it died, so nothing had to be mended.
    const { added = 0, removed = 0 } = endpoint.indexRepair ?? {};
    const broken = added + removed === 0 ? [] : [`${added} index entries were missing, and ${removed} too many`];
    for (const index of INDEXES) {
      const entries = await scan(client, index);
      if (entries.length !== records.size) {
        broken.push(`${index} has ${entries.length} entries for ${records.size} records`);
      }
    }
    return { records, outputs, partitions, broken };
  } finally {
    client.destroy();
    await endpoint.stop();
  }
}

/** Tasks that have not ended, or still owe something. */
export async function unfinishedAt(dynamodb: string): Promise<string[]> {
  const client = new DynamoDBClient({
    region: "us-east-1",
    endpoint: dynamodb,
    credentials: { accessKeyId: "any", secretAccessKey: "any" }
  });
  try {
    return (await scan(client))
      .filter(item => item.SK === RECORD_KEY)
      .map(item => item as TaskRecord)
      .filter(record => isActive(record) || record.owed !== undefined || record.deleted)
      .map(
        record =>
          `${record.definitionId} ${taskIdOf(record)} is ${record.taskStatus} in iteration ${record.iterations}, owes ${String(record.owed)}${record.deleted ? ", deleted" : ""}`
      );
  } finally {
    client.destroy();
  }
}

async function scan(client: DynamoDBClient, IndexName?: string): Promise<Item[]> {
  const items: Item[] = [];
  const documents = DynamoDBDocumentClient.from(client);
  for await (const page of paginateScan({ client: documents }, { TableName: TABLE, IndexName })) {
    items.push(...((page.Items ?? []) as Item[]));
  }
  return items;
}
