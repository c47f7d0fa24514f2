import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
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
import type { Condition } from "../conditions.js";
import type { BatchWrite, Changes, Item, ItemKey, Position, Query, QueryPage, Storage } from "../Storage.js";
import { INDEXES } from "../tableDescription.js";
import { conditionExpression, Placeholders, updateExpression } from "./expressions.js";
import { isConditionFailure, storageError } from "./storageError.js";

export interface DynamoDbStorageOptions {
  client: DynamoDBClient;
  tableName: string;
}

/** Tasks in a DynamoDB table. Only translates: what is written when is decided above. */
export class DynamoDbStorage implements Storage {
  private readonly client: DynamoDBDocumentClient;
  private readonly TableName: string;

  constructor({ client, tableName }: DynamoDbStorageOptions) {
    this.client = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
    this.TableName = tableName;
  }

  async get(key: ItemKey, { consistent = false }: { consistent?: boolean } = {}): Promise<Item | null> {
    const command = new GetCommand({ TableName: this.TableName, Key: keyOnly(key), ConsistentRead: consistent });
    const { Item } = await this.sent("GetItem", this.client.send(command));
    return (Item as Item | undefined) ?? null;
  }

  async put(item: Item, condition?: Condition): Promise<boolean> {
    return this.conditional(
      "PutItem",
      this.client.send(new PutCommand({ TableName: this.TableName, Item: item, ...conditionParameters(condition) }))
    );
  }

  async update(key: ItemKey, condition: Condition, changes: Changes): Promise<Item | null> {
    const placeholders = new Placeholders();
    const command = new UpdateCommand({
      TableName: this.TableName,
      Key: keyOnly(key),
      ConditionExpression: conditionExpression(condition, placeholders),
      UpdateExpression: updateExpression(changes, placeholders),
      ReturnValues: "ALL_NEW",
      ...placeholders.parameters()
    });
    try {
      return (await this.client.send(command)).Attributes as Item;
    } catch (error) {
      if (isConditionFailure(error)) {
        return null;
      }
      throw storageError("UpdateItem", this.TableName, error);
    }
  }

  async delete(key: ItemKey, condition?: Condition): Promise<boolean> {
    return this.conditional(
      "DeleteItem",
      this.client.send(new DeleteCommand({ TableName: this.TableName, Key: keyOnly(key), ...conditionParameters(condition) }))
    );
  }

  async batchGet(keys: ItemKey[], { consistent = false }: { consistent?: boolean } = {}): Promise<{ items: Item[]; unprocessed: ItemKey[] }> {
    const RequestItems = { [this.TableName]: { Keys: keys.map(keyOnly), ConsistentRead: consistent } };
    const { Responses, UnprocessedKeys } = await this.sent("BatchGetItem", this.client.send(new BatchGetCommand({ RequestItems })));
    return {
      items: (Responses?.[this.TableName] as Item[] | undefined) ?? [],
      unprocessed: (UnprocessedKeys?.[this.TableName]?.Keys as ItemKey[] | undefined) ?? []
    };
  }

  async batchWrite(writes: BatchWrite[]): Promise<BatchWrite[]> {
    const requests = writes.map(write =>
      "put" in write ? { PutRequest: { Item: write.put } } : { DeleteRequest: { Key: keyOnly(write.delete) } }
    );
    const command = new BatchWriteCommand({ RequestItems: { [this.TableName]: requests } });
    const { UnprocessedItems } = await this.sent("BatchWriteItem", this.client.send(command));
    return (UnprocessedItems?.[this.TableName] ?? []).map(({ PutRequest, DeleteRequest }) =>
      PutRequest === undefined ? { delete: DeleteRequest?.Key as ItemKey } : { put: PutRequest.Item as Item }
    );
  }

  async query(query: Query): Promise<QueryPage> {
    const { index, order = "asc", limit, after, consistent = false, countOnly = false } = query;
    const placeholders = new Placeholders();
    const command = new QueryCommand({
      TableName: this.TableName,
      ...(index === undefined ? { ConsistentRead: consistent } : { IndexName: index }),
      KeyConditionExpression: keyCondition(query, placeholders),
      ScanIndexForward: order === "asc",
      ...(limit === undefined ? {} : { Limit: limit }),
      ...(after === undefined ? {} : { ExclusiveStartKey: after }),
      ...(countOnly ? { Select: "COUNT" as const } : {}),
      ...placeholders.parameters()
    });
    const { Items, Count, LastEvaluatedKey } = await this.sent("Query", this.client.send(command), index);
    return {
      items: (Items as Item[] | undefined) ?? [],
      count: Count ?? 0,
      ...(LastEvaluatedKey === undefined ? {} : { next: LastEvaluatedKey as Position })
    };
  }

  private async sent<T>(operation: string, answer: Promise<T>, index?: string): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw storageError(operation, this.TableName, error, index);
    }
  }

  private async conditional(operation: string, answer: Promise<unknown>): Promise<boolean> {
    try {
      await answer;
      return true;
    } catch (error) {
      if (isConditionFailure(error)) {
        return false;
      }
      throw storageError(operation, this.TableName, error);
    }
  }
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
  return from === undefined ? `${whole} AND ${sort} <= ${placeholders.value(to)}` : `${whole} AND ${sort} >= ${placeholders.value(from)}`;
}

function conditionParameters(condition: Condition | undefined) {
  if (condition === undefined) {
    return {};
  }
  const placeholders = new Placeholders();
  return { ConditionExpression: conditionExpression(condition, placeholders), ...placeholders.parameters() };
}

// Callers pass whole items as keys; DynamoDB takes the key attributes alone.
const keyOnly = ({ PK, SK }: ItemKey) => ({ PK, SK });
