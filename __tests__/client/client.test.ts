import { createTasksClient, TasksClientError, type TasksClientOptions } from "../../src/client/index.js";
import { answeredTask, failure, FakeApi, result, type Reply } from "./FakeApi.js";

let api: FakeApi;

async function clientOf(script: (count: number) => Reply, options: Partial<TasksClientOptions> = {}) {
  api = await new FakeApi((_, count) => script(count)).start();
  return createTasksClient({ url: api.url, ...options });
}

afterEach(() => api?.stop());

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error("It did not reject.");
    },
    (error: TasksClientError) => error
  );

describe("a request", () => {
  it("is a POST of JSON with the headers given, which a function may renew each time", async () => {
    let token = 0;
    const client = await clientOf(() => result([]), { headers: async () => ({ authorization: `token ${++token}` }) });
    await client.listDefinitions();
    await client.listDefinitions();
    expect(api.received.map(({ headers }) => headers.authorization)).toEqual(["token 1", "token 2"]);
    expect(api.received[0]).toMatchObject({
      headers: {
        "content-type": "application/json",
        accept: expect.stringMatching(/^application\/graphql-response\+json/)
      },
      operationName: "ListDefinitions",
      variables: {}
    });
  });

  it("goes through the fetch given, which is called without an object", async () => {
    const calls: { self: unknown; url: string; body: any }[] = [];
    const client = createTasksClient({
      url: "https://api.example.com/graphql",
      headers: { "x-tenant": "root" },
      async fetch(this: unknown, url, { body, headers }) {
        calls.push({ self: this, url, body: { ...JSON.parse(body), tenant: headers["x-tenant"] } });
        return { status: 200, headers: { get: () => null }, text: async () => JSON.stringify(result([]).body) };
      }
    });
    expect(await client.listDefinitions()).toEqual([]);
    expect(calls).toEqual([
      {
        self: undefined,
        url: "https://api.example.com/graphql",
        body: expect.objectContaining({ operationName: "ListDefinitions", tenant: "root" })
      }
    ]);
  });

  it.each([
    ["relative", { url: "/graphql" }],
    ["of another protocol", { url: "ftp://example.com" }],
    ["missing", {} as never],
    ["without time", { url: "http://127.0.0.1:1", requestTimeoutMs: 0 }],
    ["with a time no timer can hold", { url: "http://127.0.0.1:1", requestTimeoutMs: Infinity }]
  ])("is refused before anything is sent: options %s", (_, options) => {
    expect(() => createTasksClient(options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});

describe("the methods", () => {
  it("trigger passes on what it gets, and gives a task without the nulls of GraphQL", async () => {
    const client = await clientOf(() => result(answeredTask({ taskStatus: "pending" })));
    const params = { definition: "syncArticles", input: { page: 1, none: null }, name: "Nightly", delay: 60 };
    const task = await client.trigger(params);
    expect(api.received[0]).toMatchObject({ operationName: "TriggerTask", variables: params });
    expect(task).toEqual({
      id: "task1",
      name: "Sync",
      definitionId: "syncArticles",
      taskStatus: "pending",
      executionName: "",
      input: { page: 1 },
      createdOn: "2026-01-01T00:00:00.000Z",
      savedOn: "2026-01-01T00:00:00.000Z",
      createdBy: { id: "admin", displayName: null, type: "admin" },
      iterations: 0,
      execution: 1,
      attempt: 0,
      recent: []
    });
  });

  it("getTask gives a failed task with its error, and null where there is none", async () => {
    const client = await clientOf(count =>
      count === 1
        ? result(answeredTask({ error: { message: "No.", code: "X", data: null, stack: null }, abort: null }))
        : failure("NOT_FOUND", 'Task "task2" was not found!')
    );
    expect((await client.getTask("task1"))?.error).toEqual({ message: "No.", code: "X" });
    expect(await client.getTask("task2")).toBeNull();
    expect(api.received[1]?.variables).toEqual({ id: "task2" });
  });

  it("abort and deleteTask name the task", async () => {
    const client = await clientOf(count =>
      count === 1
        ? result(
            answeredTask({
              taskStatus: "aborted",
              abort: { by: { id: "a", displayName: "A", type: "admin" }, reason: "Enough.", children: "leave" }
            })
          )
        : result(true)
    );
    const aborted = await client.abort("task1", { message: "Enough.", children: "leave" });
    expect(aborted).toMatchObject({
      taskStatus: "aborted",
      abort: { by: { id: "a" }, reason: "Enough.", children: "leave" }
    });
    await client.deleteTask("task1");
    expect(api.received.map(({ operationName, variables }) => [operationName, variables])).toEqual([
      ["AbortTask", { id: "task1", message: "Enough.", children: "leave" }],
      ["DeleteTask", { id: "task1" }]
    ]);
  });

  it("listLogs asks whose logs they are only where the caller did not say", async () => {
    const log = { id: "l", executionName: "", iteration: 1, items: [{ message: "m", type: "info", data: null }] };
    const client = await clientOf(() =>
      result([{ ...log, task: { id: "task2" } }], { meta: { cursor: null, hasMoreItems: false } })
    );
    const logs = [];
    for (const where of [{ task: "task1" }, undefined]) {
      for await (const one of client.listLogs({ where })) {
        logs.push(one);
      }
    }
    expect(logs.map(({ task }) => task)).toEqual(["task1", "task2"]);
    expect(logs[0]?.items).toEqual([{ message: "m", type: "info" }]);
    expect(api.received.map(({ query }) => query.includes("task { id }"))).toEqual([false, true]);
  });
});

describe("a list", () => {
  const page = (ids: string[], cursor: string | null) =>
    result(
      ids.map(id => answeredTask({ id })),
      { meta: { cursor, hasMoreItems: cursor !== null, totalCount: 3, totalCountIsExact: true } }
    );
  const pages = (count: number) => (count % 2 === 1 ? page(["a", "b"], "c1") : page(["c"], null));

  it("gives the items of all pages, and reads on by the cursor with the same filter", async () => {
    const client = await clientOf(pages);
    const list = client.listTasks({ where: { taskStatus: "failed" }, sort: "createdOn_ASC", limit: 2, search: "x" });
    expect(api.received).toEqual([]);
    for (const _round of [1, 2]) {
      const ids: string[] = [];
      for await (const { id } of list) {
        ids.push(id);
      }
      expect(ids).toEqual(["a", "b", "c"]);
    }
    const asked = { where: { taskStatus: "failed" }, sort: ["createdOn_ASC"], limit: 2, search: "x" };
    expect(api.received.map(({ variables }) => variables)).toEqual([
      asked,
      { ...asked, after: "c1" },
      asked,
      { ...asked, after: "c1" }
    ]);
    expect(api.received[0]?.query).not.toContain("totalCount");
  });

  it("requests no page that nobody reads", async () => {
    const client = await clientOf(pages);
    for await (const { id } of client.listTasks()) {
      if (id === "b") {
        break;
      }
    }
    expect(api.received).toHaveLength(1);
  });

  it("gives pages with what they say of the list, counted when asked", async () => {
    const client = await clientOf(pages);
    const seen = [];
    for await (const { items, meta } of client.listTasks({ after: "c0" }).pages({ count: true })) {
      seen.push([items.length, meta.totalCount, meta.hasMoreItems]);
    }
    expect(seen).toEqual([
      [2, 3, true],
      [1, 3, false]
    ]);
    expect(api.received[0]).toMatchObject({ query: expect.stringContaining("totalCount"), variables: { after: "c0" } });
  });
});

describe("an error", () => {
  it("of the API has its code, message and data", async () => {
    const client = await clientOf(() => failure("TASK_ABORT_ERROR", "It has ended.", { id: "task1" }));
    const error = await rejection(client.abort("task1"));
    expect(error).toBeInstanceOf(TasksClientError);
    expect(error).toMatchObject({
      name: "TasksClientError",
      code: "TASK_ABORT_ERROR",
      message: "It has ended.",
      data: { id: "task1" },
      status: 200
    });
  });

  it.each<[string, Reply, object]>([
    [
      "a query that GraphQL refuses",
      { status: 400, body: { errors: [{ message: "No field.", extensions: { code: "INVALID_REQUEST", at: 1 } }] } },
      { code: "INVALID_REQUEST", message: "No field.", status: 400, data: { at: 1 } }
    ],
    [
      "an authorizer",
      { status: 401, body: { message: "Unauthorized" } },
      { code: "NOT_AUTHENTICATED", status: 401, message: expect.stringContaining("Unauthorized") }
    ],
    [
      "a refusal",
      { status: 403, body: { errors: [{ message: "No.", extensions: { code: "NOT_AUTHORIZED" } }] } },
      { code: "NOT_AUTHORIZED", status: 403, message: "No." }
    ],
    ["a wrong path", { status: 404, body: "<html>nothing</html>" }, { code: "SERVER_ERROR", status: 404 }],
    [
      "a page instead of an API",
      { body: `<html>${"x".repeat(1_000)}` },
      { code: "INVALID_ANSWER", status: 200, message: expect.stringMatching(/graphql endpoint.*<html>x+…$/i) }
    ],
    ["JSON of something else", { body: { data: { articles: [] } } }, { code: "INVALID_ANSWER" }],
    ["null", { body: "null" }, { code: "INVALID_ANSWER" }],
    ["a failure inside a query", { body: { data: null, errors: [{ message: "Oh." }] } }, { code: "SERVER_ERROR" }],
    ["a long absence", { status: 503, headers: { "retry-after": "120" }, body: "" }, { status: 503 }]
  ])("says what answered: %s", async (_, reply, expected) => {
    const client = await clientOf(() => reply);
    expect(await rejection(client.getTask("task1"))).toMatchObject(expected);
    expect(api.received).toHaveLength(1);
  });

  it("of a server that is not there names the address and the reason", async () => {
    const client = await clientOf(() => result([]));
    await api.stop();
    expect(await rejection(client.trigger({ definition: "a" }))).toMatchObject({
      code: "NETWORK_ERROR",
      message: `${api.url} could not be reached (connect ECONNREFUSED ${new URL(api.url).host}). Start the server, or correct the URL.`,
      status: undefined,
      data: { url: api.url }
    });
  });

  it("of a server that does not answer in time says that it may still do it", async () => {
    const client = await clientOf(() => "hang", { requestTimeoutMs: 50 });
    expect(await rejection(client.trigger({ definition: "a" }))).toMatchObject({
      code: "REQUEST_TIMEOUT",
      data: { timeoutMs: 50 }
    });
  });

  it("tells an input that is no JSON before anything is sent", async () => {
    const client = await clientOf(() => result([]));
    expect(await rejection(client.trigger({ definition: "a", input: { big: 1n } }))).toMatchObject({
      code: "INVALID_INPUT"
    });
    expect(api.received).toEqual([]);
  });
});

describe("trying again", () => {
  it.each<[string, Reply]>([
    ["the connection broke", "drop"],
    ["429", { status: 429, body: "" }],
    ["502", { status: 502, body: { message: "Internal server error" } }],
    ["503", { status: 503, headers: { "retry-after": "0" }, body: "" }],
    ["504", { status: 504, body: "" }]
  ])("a query: %s", async (_, reply) => {
    const client = await clientOf(count => (count < 3 ? reply : result([])));
    expect(await client.listDefinitions()).toEqual([]);
    expect(api.received).toHaveLength(3);
  });

  it("waits as long as the server asks", async () => {
    const client = await clientOf(count =>
      count === 1 ? { status: 503, headers: { "retry-after": "1" }, body: "" } : result([])
    );
    const startedAt = performance.now();
    await client.listDefinitions();
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990);
  });

  it("ends after three tries with the last error", async () => {
    const client = await clientOf(count => ({ status: 503, body: `try ${count}` }));
    expect(await rejection(client.listDefinitions())).toMatchObject({
      status: 503,
      message: expect.stringContaining("try 3")
    });
    expect(api.received).toHaveLength(3);
  });

  it.each<[string, Reply]>([
    ["a refusal", { status: 400, body: "" }],
    ["a failure", { status: 500, body: "" }]
  ])("is not for %s", async (_, reply) => {
    const client = await clientOf(() => reply);
    await rejection(client.listDefinitions());
    expect(api.received).toHaveLength(1);
  });

  it("is not for mutations: a lost answer says nothing of what was done", async () => {
    const client = await clientOf(() => "drop");
    for (const call of [client.trigger({ definition: "a" }), client.abort("task1"), client.deleteTask("task1")]) {
      expect(await rejection(call)).toMatchObject({ code: "NETWORK_ERROR" });
    }
    expect(api.received).toHaveLength(3);
  });
});
