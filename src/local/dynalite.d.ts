// What is used of dynalite 4, which has no types of its own. Not emitted: no public declaration may name these modules.

declare module "dynalite" {
  import type { Server } from "node:http";

  function dynalite(options?: {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
  export = dynalite;
}

declare module "dynalite/db/index.js" {
  namespace db {
    export interface KeySchemaElement {
      AttributeName: string;
    }
    export interface Index {
      IndexName: string;
      KeySchema: KeySchemaElement[];
      IndexStatus?: string;
    }
    export interface Table {
      TableName: string;
      TableStatus: string;
      KeySchema: KeySchemaElement[];
      GlobalSecondaryIndexes?: Index[];
      LocalSecondaryIndexes?: Index[];
    }
    export type Item = Record<string, unknown>;
    export type Operation = { type: "put"; key: string; value: unknown } | { type: "del"; key: string };
    export interface Iterator {
      close(): Promise<void>;
    }
    export interface Store {
      /** The level database: one key space, JSON values, each sub-database a prefix that ends in `~`. */
      db: {
        open(): Promise<void>;
        close(): Promise<void>;
        get(key: string): Promise<unknown>;
        batch(operations: Operation[]): Promise<void>;
        iterator(range: { gte: string; lt: string }): AsyncIterable<[string, unknown]>;
        keys(range?: object): Iterator;
        values(range?: object): Iterator;
      };
    }
  }
  const db: {
    create(options: { path?: string }): db.Store;
    createKey(item: db.Item, table: db.Table): string;
    getIndexActions(
      indexes: db.Index[],
      existingItem: null,
      item: db.Item,
      table: db.Table
    ): { puts: { index: string; key: string; item: db.Item }[] };
  };
  export = db;
}
