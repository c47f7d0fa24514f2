import { Connection, type ConnectionOptions } from "./Connection.js";
import { createList } from "./createList.js";
import * as operations from "./operations.js";
import { present, readLog, readTask } from "./readTask.js";
import type {
  AbortOptions,
  AnyDefinitions,
  ListedDefinition,
  ListLogsParams,
  ListTasksParams,
  TasksClient,
  WaitOptions
} from "./TasksClient.js";
import { TasksClientError } from "./TasksClientError.js";
import { waitForTask } from "./waitForTask.js";
import type { JsonObject } from "../types.js";

export type TasksClientOptions = ConnectionOptions;

/**
 * A client of the tasks API, for Node and browsers.
 * @typeParam D the type of an object whose keys are the ids and whose values are the definitions: inputs and outputs are
 *   then typed by them. Without it any id and any JSON object is taken.
 * @throws TasksClientError INVALID_ARGUMENT
 * @example
 * import type { definitions } from "./tasks.js"; // export const definitions = { syncArticles, resizeImages };
 *
 * const client = createTasksClient<typeof definitions>({
 *   url: "https://api.example.com/graphql",
 *   headers: async () => ({ authorization: `Bearer ${await freshToken()}` })
 * });
 * const { id } = await client.trigger({ definition: "syncArticles", input: { page: 1 } });
 * const task = await client.waitFor<"syncArticles">(id);
 */
export function createTasksClient<D extends object = AnyDefinitions>(options: TasksClientOptions): TasksClient<D> {
  const connection = new Connection(options);
  const client = {
    async listDefinitions() {
      const { data } = await connection.query(operations.listDefinitions, {});
      return (data as JsonObject[]).map(definition => present(definition) as ListedDefinition);
    },
    async trigger(params: JsonObject) {
      return readTask((await connection.send(operations.triggerTask, params)).data);
    },
    async getTask(id: string) {
      try {
        return readTask((await connection.query(operations.getTask, { id })).data);
      } catch (error) {
        if (isNoTask(error)) {
          return null;
        }
        throw error;
      }
    },
    listTasks: (params?: ListTasksParams) =>
      createList({ connection, operation: operations.listTasks, read: readTask, params }),
    listLogs(params?: ListLogsParams) {
      const task = params?.where?.task;
      return createList({
        connection,
        operation: count => operations.listLogs(count, task === undefined),
        read: log => readLog(log, task),
        params
      });
    },
    async abort(id: string, { message, children }: AbortOptions = {}) {
      return readTask((await connection.send(operations.abortTask, { id, message, children })).data);
    },
    async deleteTask(id: string) {
      await connection.send(operations.deleteTask, { id });
    },
    waitFor: (id: string, waitOptions?: WaitOptions) => waitForTask(connection, id, waitOptions)
  } satisfies Record<keyof TasksClient, unknown>;
  // What the definitions say of inputs and outputs, nothing here can know.
  return client as unknown as TasksClient<D>;
}

/** The API says so with status 200; with 404 it is the URL that does not exist. */
function isNoTask(error: unknown): boolean {
  return error instanceof TasksClientError && error.code === "NOT_FOUND" && error.status === 200;
}
