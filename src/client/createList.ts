import type { JsonObject, ListMeta } from "../types.js";
import type { Connection } from "./Connection.js";
import type { Operation } from "./operations.js";
import type { List, ListLogsParams, ListTasksParams, Page } from "./TasksClient.js";

interface ListSource<T> {
  connection: Connection;
  operation(count: boolean): Operation;
  read(item: unknown): T;
  params?: ListTasksParams | ListLogsParams;
}

/** A list that is requested page by page, as far as it is read. */
export function createList<T>({ connection, operation, read, params = {} }: ListSource<T>): List<T> {
  async function* pages({ count = false }: { count?: boolean } = {}): AsyncGenerator<Page<T, ListMeta>> {
    const { sort, ...rest } = params;
    const variables: JsonObject = { ...rest, sort: typeof sort === "string" ? [sort] : sort };
    for (;;) {
      const answer = await connection.query(operation(count), variables);
      const meta = answer.meta as ListMeta;
      yield { items: (answer.data as unknown[]).map(read), meta };
      if (!meta.hasMoreItems || meta.cursor === null) {
        return;
      }
      variables.after = meta.cursor;
    }
  }
  return {
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const { items } of pages()) {
        yield* items;
      }
    }
  };
}
