import type { IndexName } from "./Storage.js";

/** Key attributes of an index: its partition key and its sort key. */
export interface IndexKeys {
  partition: "listPK" | "defPK" | "duePK";
  sort: "sort" | "due";
  sortType: "S" | "N";
}

/** The indexes of the table. An item is in an index only while it has both of its key attributes. */
export const INDEXES: Record<IndexName, IndexKeys> = {
  byStatus: { partition: "listPK", sort: "sort", sortType: "S" },
  byDefinition: { partition: "defPK", sort: "sort", sortType: "S" },
  byDue: { partition: "duePK", sort: "due", sortType: "N" }
};

export const INDEX_NAMES = Object.keys(INDEXES) as IndexName[];

const attribute = (name: string, type: "S" | "N" = "S") => ({ AttributeName: name, AttributeType: type });
const keys = (partition: string, sort: string) => [
  { AttributeName: partition, KeyType: "HASH" as const },
  { AttributeName: sort, KeyType: "RANGE" as const }
];

/**
 * The table, as `CreateTable` takes it, without its name. The one description that the local runtime, the tests and the
 * infrastructure code share. Indexes hold keys only: an iteration changes none of them.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
 */
export const tasksTableDescription = {
  AttributeDefinitions: [
    attribute("PK"),
    attribute("SK"),
    attribute("listPK"),
    attribute("defPK"),
    attribute("sort"),
    attribute("duePK"),
    attribute("due", "N")
  ],
  KeySchema: keys("PK", "SK"),
  GlobalSecondaryIndexes: INDEX_NAMES.map(name => ({
    IndexName: name,
    KeySchema: keys(INDEXES[name].partition, INDEXES[name].sort),
    Projection: { ProjectionType: "KEYS_ONLY" as const }
  })),
  BillingMode: "PAY_PER_REQUEST" as const
};
