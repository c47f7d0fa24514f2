import * as aws from "@pulumi/aws";
import type { Resource } from "@pulumi/pulumi";
import { tasksTableDescription } from "../../storage/tableDescription.js";
import type { BackgroundTasksArgs, ExistingTable } from "./args.js";

/** The table of tasksTableDescription, or the existing one. */
export function createTable(name: string, args: BackgroundTasksArgs["table"] = {}, parent: Resource): ExistingTable {
  if (args.existing !== undefined) {
    return args.existing;
  }
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode } = tasksTableDescription;
  const keysOf = (schema: typeof KeySchema) => {
    const key = (type: string) => schema.find(({ KeyType }) => KeyType === type)?.AttributeName as string;
    return { hashKey: key("HASH"), rangeKey: key("RANGE") };
  };
  return new aws.dynamodb.Table(
    name,
    {
      ...keysOf(KeySchema),
      attributes: AttributeDefinitions.map(({ AttributeName, AttributeType }) => ({
        name: AttributeName,
        type: AttributeType
      })),
      globalSecondaryIndexes: GlobalSecondaryIndexes.map(({ IndexName, KeySchema: schema, Projection }) => ({
        name: IndexName,
        ...keysOf(schema),
        projectionType: Projection.ProjectionType
      })),
      billingMode: BillingMode,
      pointInTimeRecovery: { enabled: true },
      deletionProtectionEnabled: args.deletionProtection ?? false
    },
    { parent, retainOnDelete: args.retainOnDelete ?? true }
  );
}
