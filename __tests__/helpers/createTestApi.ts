import { createTaskSecurity, type HttpOptions, type TasksPermission } from "../../src/index.js";
import type { BackgroundTasksOptions } from "../../src/host/options.js";
import type { Storage } from "../../src/storage/Storage.js";
import { createTestTasks } from "./createTestTasks.js";

// What an answer holds depends on the query.

export type Answer = { status: number; data?: any; errors?: any[]; headers: Headers };

/** Who may call the API of the tests: the header `authorization` is a name of these. */
export const CALLERS: Record<string, TasksPermission[]> = {
  admin: [{ name: "tasks", private: true }],
  everything: [{ name: "*" }],
  editor: [{ name: "tasks", rwd: "rw" }],
  reader: [{ name: "tasks", rwd: "r" }],
  trigger: [{ name: "tasks", rwd: "w" }],
  cleaner: [{ name: "tasks", rwd: "d" }],
  auditor: [{ name: "tasks", rwd: "r", private: true }],
  nobody: [],
  other: [{ name: "articles", rwd: "rwd" }],
  mixed: [
    { name: "tasks", rwd: "w" },
    { name: "tasks", rwd: "r", private: true }
  ]
};

export const security = createTaskSecurity({
  authenticate: ({ headers }) => {
    const name = headers.get("authorization");
    return name === null || !(name in CALLERS) ? null : { id: name, displayName: name.toUpperCase(), type: "test" };
  },
  permissions: ({ id }) => CALLERS[id] ?? [],
  tenants: ({ id }) => (id === "admin" ? "*" : ["root", "acme"])
});

/** The API of a handler on storage in memory and virtual time, asked without a socket. */
export async function createTestApi(
  plugins: unknown[],
  options: BackgroundTasksOptions & { underlying?: Storage; lambdaSeconds?: number; http?: HttpOptions } = {}
) {
  const t = await createTestTasks([security, plugins], options);

  /** Sends a request, as `admin` unless told otherwise. */
  async function send(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const request = new Request("http://localhost/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "admin", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body)
    });
    const response = await t.host.fetch(request);
    return { status: response.status, headers: response.headers, ...((await response.json()) as object) };
  }

  /** Asks for something under `backgroundTasks`, and gives what is there. */
  async function ask(query: string, variables: object = {}, headers: Record<string, string> = {}) {
    const { data, errors } = await send({ query, variables }, headers);
    if (errors !== undefined) {
      throw new Error(JSON.stringify(errors));
    }

    return Object.values(data.backgroundTasks as Record<string, any>)[0];
  }

  return { ...t, send, ask };
}
