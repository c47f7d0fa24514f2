import type { ConsumedCapacity, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand
} from "@aws-sdk/lib-dynamodb";
import { TasksError } from "../../errors.js";
import type { Condition } from "../conditions.js";
import type { BatchWrite, Changes, IndexName, Item, ItemKey, Position, Query, QueryPage, Storage } from "../Storage.js";
import { INDEXES } from "../tableDescription.js";
import { conditionExpression, Placeholders, updateExpression } from "./expressions.js";
import { storageError } from "./storageError.js";

export interface DynamoDbStorageOptions {
  /** A document client's own translation options are not used. The client retries; this adapter does not. */
  client: DynamoDBClient | DynamoDBDocumentClient;
  tableName: string;
  /** Told what DynamoDB says a request consumed, its indexes apart. Without it, DynamoDB is not asked. */
  onConsumedCapacity?: (operation: string, consumed: ConsumedCapacity) => void;
}

/** Tasks in a DynamoDB table. Only translates: what is written when is decided above. */
export class DynamoDbStorage implements Storage {
  private readonly client: DynamoDBDocumentClient;
  private readonly tableName: string;
  private readonly onConsumedCapacity: DynamoDbStorageOptions["onConsumedCapacity"];

  constructor({ client, tableName, onConsumedCapacity }: DynamoDbStorageOptions) {
    this.client = ownDocumentClient(client);
    this.tableName = tableName;
    this.onConsumedCapacity = onConsumedCapacity;
  }

  async get(key: ItemKey, { consistent = false }: { consistent?: boolean } = {}): Promise<Item | null> {
    const command = new GetCommand({ ...this.common(), Key: keyOnly(key), ConsistentRead: consistent });
    const { Item } = await this.sent("GetItem", () => this.client.send(command));
    return (Item as Item | undefined) ?? null;
  }

  async put(item: Item, condition?: Condition): Promise<boolean> {
    const command = new PutCommand({ ...this.common(), Item: item, ...conditionParameters(condition) });
    return (await this.sentUnder("PutItem", () => this.client.send(command))) !== null;
  }

  async update(key: ItemKey, condition: Condition, changes: Changes): Promise<Item | null> {
    const placeholders = new Placeholders();
    const command = new UpdateCommand({
      ...this.common(),
      Key: keyOnly(key),
      ConditionExpression: conditionExpression(condition, placeholders),
      UpdateExpression: updateExpression(changes, placeholders),
      ReturnValues: "ALL_NEW",
      ...placeholders.parameters()
    });
    const answer = await this.sentUnder("UpdateItem", () => this.client.send(command));
    return (answer?.Attributes as Item | undefined) ?? null;
  }

  async delete(key: ItemKey, condition?: Condition): Promise<boolean> {
    const command = new DeleteCommand({ ...this.common(), Key: keyOnly(key), ...conditionParameters(condition) });
    return (await this.sentUnder("DeleteItem", () => this.client.send(command))) !== null;
  }

  async batchGet(
    keys: ItemKey[],
    { consistent = false }: { consistent?: boolean } = {}
  ): Promise<{ items: Item[]; unprocessed: ItemKey[] }> {
    const { TableName, ...capacity } = this.common();
    const command = new BatchGetCommand({
      ...capacity,
      RequestItems: { [TableName]: { Keys: keys.map(keyOnly), ConsistentRead: consistent } }
    });
    const { Responses, UnprocessedKeys } = await this.sent("BatchGetItem", () => this.client.send(command));
    return {
      items: (Responses?.[TableName] as Item[] | undefined) ?? [],
      unprocessed: (UnprocessedKeys?.[TableName]?.Keys as ItemKey[] | undefined) ?? []
    };
  }

  async batchWrite(writes: BatchWrite[]): Promise<BatchWrite[]> {
    const { TableName, ...capacity } = this.common();
    const requests = writes.map(write =>
      "put" in write ? { PutRequest: { Item: write.put } } : { DeleteRequest: { Key: keyOnly(write.delete) } }
    );
    const command = new BatchWriteCommand({ ...capacity, RequestItems: { [TableName]: requests } });
    const { UnprocessedItems } = await this.sent("BatchWriteItem", () => this.client.send(command));
    return (UnprocessedItems?.[TableName] ?? []).map(({ PutRequest, DeleteRequest }) =>
      PutRequest === undefined ? { delete: DeleteRequest?.Key as ItemKey } : { put: PutRequest.Item as Item }
    );
  }

  async query(query: Query): Promise<QueryPage> {
    const { index, from, to, order = "asc", limit, after, consistent, countOnly = false } = query;
    if (from !== undefined && to !== undefined && from > to) {
      // Nothing lies in an empty range, but DynamoDB refuses to be asked for one.
      return { items: [], count: 0 };
    }
    const placeholders = new Placeholders();
    const command = new QueryCommand({
      ...this.common(),
      IndexName: index,
      KeyConditionExpression: keyCondition(query, placeholders),
      ConsistentRead: consistent,
      ScanIndexForward: order === "asc",
      Limit: limit,
      ExclusiveStartKey: after,
      ...(countOnly ? { Select: "COUNT" as const } : {}),
      ...placeholders.parameters()
    });
    const { Items, Count, LastEvaluatedKey } = await this.sent("Query", () => this.client.send(command), index);
    return {
      items: (Items as Item[] | undefined) ?? [],
      count: Count ?? 0,
      ...(LastEvaluatedKey === undefined ? {} : { next: LastEvaluatedKey as Position })
    };
  }

  private common() {
    return {
      TableName: this.tableName,
      ...(this.onConsumedCapacity === undefined ? {} : { ReturnConsumedCapacity: "INDEXES" as const })
    };
  }

  private async sent<T extends Answer>(operation: string, send: () => Promise<T>, index?: IndexName): Promise<T> {
    let answer: T;
    try {
      answer = await send();
    } catch (error) {
      throw storageError(operation, this.tableName, error, index);
    }
    for (const consumed of [answer.ConsumedCapacity ?? []].flat()) {
      this.onConsumedCapacity?.(operation, consumed);
    }
    return answer;
  }

  /** @returns null when the condition did not hold */
  private async sentUnder<T extends Answer>(operation: string, send: () => Promise<T>): Promise<T | null> {
    try {
      return await this.sent(operation, send);
    } catch (error) {
      if (error instanceof TasksError && error.data.name === "ConditionalCheckFailedException") {
        return null;
      }
      throw error;
    }
  }
}

interface Answer {
  ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[];
}

/**
 * A document client keeps its translation options in the configuration it shares with the client it was made from, so
 * the last one made decides for all. A configuration of our own keeps both sides' options as they are.
 */
function ownDocumentClient(client: DynamoDBClient | DynamoDBDocumentClient): DynamoDBDocumentClient {
  const own = Object.assign(Object.create(Object.getPrototypeOf(client) as object), client, {
    config: { ...client.config }
  }) as DynamoDBClient;
  return DynamoDBDocumentClient.from(own, { marshallOptions: { removeUndefinedValues: true } });
}

function keyCondition({ index, partition, from, to }: Query, placeholders: Placeholders): string {
  const keys = index === undefined ? { partition: "PK", sort: "SK" } : INDEXES[index];
  const whole = `${placeholders.name(keys.partition)} = ${placeholders.value(partition)}`;
  if (from === undefined && to === undefined) {
    return whole;
  }
  const sort = placeholders.name(keys.sort);
  if (from !== undefined && to !== undefined) {
    return `${whole} AND ${sort} BETWEEN ${placeholders.value(from)} AND ${placeholders.value(to)}`;
  }
  return from === undefined
    ? `${whole} AND ${sort} <= ${placeholders.value(to)}`
    : `${whole} AND ${sort} >= ${placeholders.value(from)}`;
}

function conditionParameters(condition: Condition | undefined) {
  const placeholders = new Placeholders();
  const expression = condition === undefined ? undefined : conditionExpression(condition, placeholders);
  return expression === undefined ? {} : { ConditionExpression: expression, ...placeholders.parameters() };
}

// Callers pass whole items as keys; DynamoDB takes the key attributes alone.
const keyOnly = ({ PK, SK }: ItemKey) => ({ PK, SK });
