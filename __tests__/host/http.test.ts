import { createHandler, createTaskDefinition, createTaskSecurity } from "../../src/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { createTestApi } from "../helpers/createTestApi.js";

const work = createTaskDefinition({ id: "work", title: "Work", run: async ({ response }) => response.done() });
const LIST = "{ backgroundTasks { listTasks { data { name } error { code } } } }";
const TRIGGER =
  'mutation { backgroundTasks { triggerTask(definition: work, name: "Grüße") { data { name createdBy { id } } error { code } } } }';
const JSON_HEADERS = { "content-type": "application/json", authorization: "admin" };

interface HttpRequest {
  method?: string;
  path?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string;
}

/** An event of API Gateway's REST API (payload format 1.0). */
function restEvent({ method = "POST", path = "/graphql", query = {}, headers = JSON_HEADERS, body }: HttpRequest) {
  return {
    version: "1.0",
    resource: "/{proxy+}",
    path,
    httpMethod: method,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: Object.keys(query).length === 0 ? null : query,
    multiValueQueryStringParameters:
      Object.keys(query).length === 0
        ? null
        : Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]])),
    pathParameters: { proxy: path.slice(1) },
    stageVariables: null,
    requestContext: {
      accountId: "123456789012",
      apiId: "abcdef",
      domainName: "abcdef.execute-api.eu-central-1.amazonaws.com",
      httpMethod: method,
      path: `/prod${path}`,
      stage: "prod",
      requestId: "r",
      identity: { sourceIp: "192.0.2.1", userAgent: "test" },
      protocol: "HTTP/1.1"
    },
    body: body ?? null,
    isBase64Encoded: false
  };
}

/** An event of API Gateway's HTTP API (payload format 2.0), whose body comes in base64. */
function httpApiEvent({ method = "POST", path = "/graphql", query = {}, headers = JSON_HEADERS, body }: HttpRequest) {
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: new URLSearchParams(query).toString(),
    headers,
    ...(Object.keys(query).length === 0 ? {} : { queryStringParameters: query }),
    requestContext: {
      accountId: "123456789012",
      apiId: "abcdef",
      domainName: "abcdef.execute-api.eu-central-1.amazonaws.com",
      domainPrefix: "abcdef",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" },
      requestId: "r",
      routeKey: "$default",
      stage: "$default",
      time: "01/Jan/2026:00:00:00 +0000",
      timeEpoch: 1767225600000
    },
    ...(body === undefined
      ? { isBase64Encoded: false }
      : { body: Buffer.from(body).toString("base64"), isBase64Encoded: true })
  };
}

/** An event of a function URL: format 2.0 with its own domain, and the body as it is. */
function functionUrlEvent(request: HttpRequest) {
  const event = httpApiEvent(request);
  const domainName = "abcdef.lambda-url.eu-central-1.on.aws";
  return {
    ...event,
    requestContext: { ...event.requestContext, domainName, apiId: "abcdef" },
    ...(request.body === undefined ? {} : { body: request.body, isBase64Encoded: false })
  };
}

const KINDS: [string, (request: HttpRequest) => object][] = [
  ["API Gateway's REST API", restEvent],
  ["API Gateway's HTTP API", httpApiEvent],
  ["a function URL", functionUrlEvent]
];

/** The answer as its caller gets it. */
function read(answer: unknown) {
  const { statusCode, body, isBase64Encoded, headers, multiValueHeaders } = answer as {
    statusCode: number;
    body: string;
    isBase64Encoded: boolean;
    headers?: Record<string, string>;
    multiValueHeaders?: Record<string, string[]>;
  };
  const text = isBase64Encoded ? Buffer.from(body, "base64").toString() : body;
  const flat =
    headers ?? Object.fromEntries(Object.entries(multiValueHeaders ?? {}).map(([name, [value]]) => [name, value]));
  return { status: statusCode, headers: flat, json: text === "" ? null : JSON.parse(text) };
}

describe.each(KINDS)("through %s", (_, event) => {
  async function api(http = {}) {
    const t = await createTestApi([work], { http });
    return { ...t, call: async (request: HttpRequest) => read(await t.host.handle(event(request))) };
  }

  it("carries out a mutation by POST, and a query by GET", async () => {
    const { call, tasks } = await api();
    const mutation = await call({ body: JSON.stringify({ query: TRIGGER }) });
    expect([mutation.status, mutation.json]).toEqual([
      200,
      {
        data: { backgroundTasks: { triggerTask: { data: { name: "Grüße", createdBy: { id: "admin" } }, error: null } } }
      }
    ]);
    expect(mutation.headers["content-type"]).toMatch(/^application\/json/);
    const query = await call({ method: "GET", query: { query: LIST }, headers: { authorization: "reader" } });
    expect(query.json.data.backgroundTasks.listTasks.data).toEqual([{ name: "Grüße" }]);
    const refused = await call({ method: "GET", query: { query: TRIGGER }, headers: { authorization: "admin" } });
    expect([refused.status, refused.json.errors[0].extensions.code]).toEqual([405, "INVALID_REQUEST"]);
    expect((await tasks.listTasks()).items).toHaveLength(1);
  });

  it("carries out every operation", async () => {
    const { call, runToEnd } = await api();
    const ask = async (query: string) => {
      const { status, json } = await call({ body: JSON.stringify({ query }) });
      expect([status, json.errors]).toEqual([200, undefined]);
      return Object.values(json.data.backgroundTasks as Record<string, any>)[0];
    };
    const { data: definitions } = await ask("{ backgroundTasks { listDefinitions { data { id } } } }");
    expect(definitions).toEqual([{ id: "testingRun" }, { id: "work" }]);
    const trigger = "mutation { backgroundTasks { triggerTask(definition: work) { data { id definitionId } } } }";
    const { data: task } = await ask(trigger);
    const { data: other } = await ask(trigger);
    await runToEnd(task);
    const state = async (id: string) =>
      (await ask(`{ backgroundTasks { getTask(id: "${id}") { data { taskStatus } } } }`)).data;
    expect(await state(task.id)).toEqual({ taskStatus: "success" });
    const logs = await ask(
      `{ backgroundTasks { listLogs(where: { task: "${task.id}" }) { data { items { message } } } } }`
    );
    expect(logs.data).toEqual([{ items: [{ message: "Task done." }] }]);
    const aborted = await ask(`mutation { backgroundTasks { abortTask(id: "${other.id}") { data { taskStatus } } } }`);
    expect(aborted.data).toEqual({ taskStatus: "aborted" });
    const listed = await ask("{ backgroundTasks { listTasks { data { id } meta { totalCount } } } }");
    expect(listed).toEqual({ data: [{ id: other.id }, { id: task.id }], meta: { totalCount: 2 } });
    expect(await ask(`mutation { backgroundTasks { deleteTask(id: "${task.id}") { data } } }`)).toEqual({ data: true });
    expect(await state(task.id)).toBeNull();
  });

  it("says 401 without a sign-in, 404 elsewhere, and `ok` at /health without any", async () => {
    const { call } = await api();
    const unsigned = await call({
      body: JSON.stringify({ query: LIST }),
      headers: { "content-type": "application/json" }
    });
    expect([unsigned.status, unsigned.json]).toEqual([
      401,
      { errors: [{ message: "Not signed in.", extensions: { code: "NOT_AUTHENTICATED" } }] }
    ]);
    expect(await call({ method: "GET", path: "/health", headers: {} })).toMatchObject({
      status: 200,
      json: { status: "ok" }
    });
    expect(await call({ method: "GET", path: "/other" })).toMatchObject({
      status: 404,
      json: { errors: [{ extensions: { code: "NOT_FOUND" } }] }
    });
  });

  it("lets in the pages that `cors` names, and no other", async () => {
    const { call } = await api({
      cors: { origin: ["https://admin.example.com"], credentials: true, maxAgeSeconds: 60 }
    });
    const asked = (origin: string) =>
      call({
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type,authorization"
        }
      });
    const named = await asked("https://admin.example.com");
    expect([named.status, named.headers]).toEqual([
      204,
      expect.objectContaining({
        "access-control-allow-origin": "https://admin.example.com",
        "access-control-allow-credentials": "true",
        "access-control-allow-headers": expect.stringContaining("authorization"),
        "access-control-max-age": "60"
      })
    ]);
    expect((await asked("https://evil.example.com")).headers).not.toHaveProperty("access-control-allow-origin");
    const without = await api();
    const answer = await without.call({
      body: JSON.stringify({ query: LIST }),
      headers: { ...JSON_HEADERS, origin: "https://evil.example.com" }
    });
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
  });

  it("refuses a body over the limit, and stores nothing of it", async () => {
    const { call, tasks } = await api();
    const body = JSON.stringify({ query: TRIGGER, variables: { x: "x".repeat(10_000_000) } });
    const answer = await call({ body });
    expect([answer.status, answer.json.errors[0]]).toEqual([
      413,
      { message: expect.stringContaining("at most 6,291,456 bytes"), extensions: { code: "PAYLOAD_TOO_LARGE" } }
    ]);
    expect((await tasks.listTasks()).items).toEqual([]);
  });
});

describe("requests that are no GraphQL", () => {
  it.each<[string, string, string, number]>([
    ["another content type", "text/plain", JSON.stringify({ query: TRIGGER }), 415],
    ["a form", "application/x-www-form-urlencoded", "query=mutation", 415],
    ["no JSON", "application/json", "{", 400],
    ["a batch", "application/json", JSON.stringify([{ query: LIST }, { query: LIST }]), 400],
    ["no query", "application/json", "{}", 400],
    ["variables that are a list", "application/json", JSON.stringify({ query: LIST, variables: [] }), 400]
  ])("are refused with a code: %s", async (_, type, body, status) => {
    const t = await createTestApi([work]);
    const answer = await t.send(body, { "content-type": type });
    expect(answer).toMatchObject({
      status,
      errors: [{ message: expect.stringMatching(/./), extensions: { code: "INVALID_REQUEST" } }]
    });
    expect((await t.tasks.listTasks()).items).toEqual([]);
  });

  it("and queries that are not valid, too: deep, wide, renamed, long, unknown, several operations", async () => {
    const t = await createTestApi([work]);
    const fields = (count: number, field: (at: number) => string) =>
      Array.from({ length: count }, (_, at) => field(at)).join(" ");
    const deep = (levels: number): string => (levels === 0 ? "id" : `logs { task { ${deep(levels - 1)} } }`);
    const wide = `listTasks { data { ${fields(30, () => "id name input output recent { startedOn durationMs } createdBy { id displayName type } logs { items { message data error } }")} } }`;
    for (const [query, message] of [
      [`{ backgroundTasks { listTasks { data { ${deep(8)} } } } }`, "Query depth limit of 12 exceeded"],
      [
        `{ backgroundTasks { ${fields(31, at => `a${at}: getTask(id: "x") { data { id } }`)} } }`,
        "Aliases limit of 30 exceeded"
      ],
      [`{ backgroundTasks { ${wide} } }`, "Query Cost limit of 1000 exceeded"],
      [`{ ${fields(6_000, () => "__typename")} }`, "tokens"],
      ["{ nothing }", 'Cannot query field "nothing"'],
      ["query A { __typename } query B { __typename }", "send operationName"],
      ["subscription { x }", ""]
    ] as const) {
      const { errors, data } = await t.send({ query });
      expect([data ?? null, errors?.[0]]).toMatchObject([
        null,
        { message: expect.stringContaining(message), extensions: { code: "INVALID_REQUEST" } }
      ]);
    }
  });

  it("may not ask for the schema where introspection is off", async () => {
    const query = "{ __schema { types { name } } }";
    const off = await createTestApi([work], { http: { introspection: false } });
    expect((await off.send({ query })).errors?.[0]).toMatchObject({ extensions: { code: "INVALID_REQUEST" } });
    expect((await off.send({ query: "{ __typename }" })).data).toEqual({ __typename: "Query" });
    const on = await createTestApi([work]);
    expect((await on.send({ query })).errors).toBeUndefined();
  });

  it.each(["a#b", "a\u0001b", "../x", "x".repeat(65), "x".repeat(10_000)])(
    "tenant and locale %j are refused",
    async bad => {
      const t = await createTestApi([work]);
      for (const header of ["x-tenant", "x-webiny-cms-locale", "x-i18n-locale"]) {
        const event = functionUrlEvent({
          body: JSON.stringify({ query: LIST }),
          headers: { ...JSON_HEADERS, [header]: bad }
        });
        const { status, json } = read(await t.host.handle(event).catch((error: unknown) => error));
        expect([status, json.errors[0].extensions.code]).toEqual([400, "INVALID_ID"]);
      }
    }
  );
});

describe("who may call", () => {
  const handler = (plugins: unknown[]) => createHandler({ plugins: [work, ...plugins] });
  const call = async (plugins: unknown[]) =>
    read(await handler(plugins)(functionUrlEvent({ body: JSON.stringify({ query: LIST }) })));
  let logged: string[];
  beforeEach(() => {
    logged = [];
    jest.spyOn(process.stderr, "write").mockImplementation(line => {
      logged.push(String(line));
      return true;
    });
  });
  afterEach(() => jest.restoreAllMocks());

  it("is nobody without a security plugin, and the log says what to add", async () => {
    expect(await call([])).toMatchObject({
      status: 401,
      json: { errors: [{ extensions: { code: "NOT_AUTHENTICATED" } }] }
    });
    expect(logged.join()).toContain(
      "Add createTaskSecurity({ authenticate, permissions }) to the plugins of createHandler."
    );
  });

  it.each<[string, () => any]>([
    ["gives null", () => null],
    ["gives undefined", () => undefined],
    ["gives no id", () => ({ displayName: "X", type: "x" })],
    ["gives an empty id", () => ({ id: "", type: "x" })],
    [
      "throws",
      () => {
        throw new Error("The token has expired.");
      }
    ]
  ])("is nobody when authenticate %s", async (what, authenticate) => {
    const permissions = jest.fn(() => [{ name: "*" }]);
    const { status, json } = await call([createTaskSecurity({ authenticate, permissions })]);
    expect([status, JSON.stringify(json)]).toEqual([401, expect.not.stringContaining("expired")]);
    expect(permissions).not.toHaveBeenCalled();
    expect(logged.join().includes("The token has expired.")).toBe(what === "throws");
  });

  it("is decided by the last security plugin", async () => {
    const t = await createTestApi([
      createTaskSecurity({
        authenticate: () => ({ id: "first", displayName: null, type: "x" }),
        permissions: () => []
      }),
      createTaskSecurity({
        authenticate: () => ({ id: "last", displayName: null, type: "x" }),
        permissions: () => [{ name: "*" }]
      })
    ]);
    expect(
      await t.ask("mutation { backgroundTasks { triggerTask(definition: testingRun) { data { createdBy { id } } } } }")
    ).toEqual({
      data: { createdBy: { id: "last" } }
    });
  });

  it("fails with 500, and says no more, when permissions throws", async () => {
    const { status, json } = await call([
      createTaskSecurity({
        authenticate: () => ({ id: "x", displayName: null, type: "x" }),
        permissions: () => {
          throw new Error("hunter2");
        }
      })
    ]);
    expect([status, json.errors[0].extensions.code, JSON.stringify(json)]).toEqual([
      500,
      "INTERNAL_ERROR",
      expect.not.stringContaining("hunter2")
    ]);
    expect(logged.join()).toContain("hunter2");
  });

  it.each([
    [{ permissions: () => [] }, 'needs "authenticate" as a function, got undefined'],
    [{ authenticate: (): null => null }, 'needs "permissions" as a function, got undefined'],
    [
      { authenticate: (): null => null, permissions: () => [], tenants: ["root"] },
      'needs "tenants" as a function, got object'
    ]
  ])("is refused when it is not whole: %j", (options, fault) => {
    expect(() => createTaskSecurity(options as never)).toThrow(
      expect.objectContaining({ code: "PLUGIN_ERROR", message: expect.stringContaining(fault) }) as Error
    );
  });
});

describe("the options of HTTP", () => {
  it.each([
    [{ cors: { origin: "admin.example.com" } }, "http.cors.origin must be"],
    [{ cors: { origin: "https://a.example.com/path" } }, "http.cors.origin must be"],
    [{ cors: { origin: [] } }, "http.cors.origin must be"],
    [{ cors: null }, "http.cors.origin must be"],
    [{ cors: { origin: "*", credentials: true } }, "http.cors.credentials needs origins by name"],
    [{ maxBodyBytes: 0 }, 'http.maxBodyBytes must be a positive whole number; got "0"'],
    [{ maxDepth: 1.5 }, "http.maxDepth must be a positive whole number"],
    [{ introspection: "no" }, "http.introspection must be true or false"],
    [{ maxWidth: 5 }, "unknown option http.maxWidth; known are cors, maxBodyBytes"]
  ])("%j are refused", (http, fault) => {
    expect(() => createHandler({ plugins: [], http: http as never })).toThrow(
      expect.objectContaining({ code: "CONFIGURATION_ERROR", message: expect.stringContaining(fault) }) as Error
    );
  });

  it("have defaults for what is undefined", () => {
    expect(() => createHandler({ plugins: [], http: { maxDepth: undefined, cors: undefined } })).not.toThrow();
  });
});

describe("events", () => {
  it("of HTTP may be taken by an event source of the user", async () => {
    const t = await createTestApi([
      {
        type: "webiny.tasks.eventSource",
        canUse: (event: any) => event.rawPath === "/mine",
        handle: async () => "mine"
      }
    ]);
    expect(await t.host.handle(functionUrlEvent({ path: "/mine" }))).toBe("mine");
    expect(read(await t.host.handle(functionUrlEvent({ path: "/health", method: "GET" }))).status).toBe(200);
  });

  it("are answered again after plugins could not be loaded at first", async () => {
    let loads = 0;
    const t = await createTestApi([
      async () => {
        loads += 1;
        if (loads === 2) {
          throw new Error("Not there yet.");
        }
        return [work];
      }
    ]);
    expect(loads).toBe(1);
    const fresh = createHandler({
      plugins: [
        async () => {
          loads += 1;
          if (loads === 2) {
            throw new Error("Not there yet.");
          }
          return [work];
        }
      ]
    });
    await expect(fresh(functionUrlEvent({ path: "/health", method: "GET" }))).rejects.toThrow("Not there yet.");
    expect(read(await fresh(functionUrlEvent({ path: "/health", method: "GET" }))).status).toBe(200);
    expect(t.executions.size).toBe(0);
  });
});

it("a thousand triggers at once are a thousand tasks", async () => {
  const t = await createTestApi([work], { underlying: new MemoryStorage() });
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => t.ask(TRIGGER)));
  expect(answers.every(({ error }) => error === null)).toBe(true);
  expect((await t.tasks.listTasks({ limit: 1_000, count: true })).meta.totalCount).toBe(1_000);
  expect(t.executions.size).toBe(1_000);
});
