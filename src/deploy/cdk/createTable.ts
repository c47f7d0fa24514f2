import { RemovalPolicy } from "aws-cdk-lib";
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  Table,
  type Attribute,
  type ITable
} from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { tasksTableDescription } from "../../storage/tableDescription.js";
import type { TableSettings } from "./props.js";

const TYPES = { S: AttributeType.STRING, N: AttributeType.NUMBER };

/** The table of tasksTableDescription, or the existing one. */
export function createTable(scope: Construct, settings: TableSettings = {}): ITable {
  if (settings.existing !== undefined) {
    return settings.existing;
  }
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode: billing } = tasksTableDescription;
  const types = Object.fromEntries(
    AttributeDefinitions.map(({ AttributeName, AttributeType: type }) => [AttributeName, type])
  );
  const keysOf = (schema: typeof KeySchema): { partitionKey: Attribute; sortKey: Attribute } => {
    const key = (keyType: string) => {
      const name = schema.find(({ KeyType }) => KeyType === keyType)?.AttributeName as string;
      return { name, type: TYPES[types[name] as keyof typeof TYPES] };
    };
    return { partitionKey: key("HASH"), sortKey: key("RANGE") };
  };
  const table = new Table(scope, "Table", {
    ...keysOf(KeySchema),
    billingMode: BillingMode[billing],
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: settings.deletionProtection ?? false,
    removalPolicy: settings.removalPolicy ?? RemovalPolicy.RETAIN
  });
  for (const { IndexName, KeySchema: schema, Projection } of GlobalSecondaryIndexes) {
    table.addGlobalSecondaryIndex({
      indexName: IndexName,
      ...keysOf(schema),
      projectionType: ProjectionType[Projection.ProjectionType]
    });
  }
  return table;
}
