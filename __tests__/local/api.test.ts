import { connect } from "node:net";
import path from "node:path";
import { createPrivateTaskDefinition, createTaskDefinition } from "../../src/index.js";
import { startLocal, type Local } from "../../src/local/index.js";
import { security } from "../helpers/createTestApi.js";

const paging = createTaskDefinition({
  id: "paging",
  title: "Page through",
  async run({ input, store, response }) {
    await store.addInfoLog({ message: `Page ${input.page}.` });
    return input.page < input.pages ? response.continue({ page: input.page + 1 }) : response.done("All paged.");
  }
});
const waiting = createTaskDefinition({
  id: "waiting",
  title: "Wait",
  run: async ({ response }) => response.continue({}, { seconds: 3_600 })
});
const hidden = createPrivateTaskDefinition({
  id: "hidden",
  title: "Hidden",
  run: async ({ response }) => response.done()
});

/** One request over the socket. */
async function send({ url }: Local, query: string, variables: object = {}, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query, variables })
  });
  const answer = (await response.json()) as { data?: any; errors?: any[] };
  return { status: response.status, ...answer };
}

async function ask(local: Local, query: string, variables?: object, headers?: Record<string, string>) {
  const { data, errors } = await send(local, query, variables, headers);
  expect(errors).toBeUndefined();
  return Object.values(data.backgroundTasks as Record<string, any>)[0];
}

const TRIGGER = `mutation ($d: WebinyBackgroundTaskDefinitionEnum!, $input: JSON) { backgroundTasks { triggerTask(definition: $d, input: $input) { data { id taskStatus createdBy { id } } error { code message } } } }`;
const ABORT = `mutation ($id: ID!) { backgroundTasks { abortTask(id: $id, message: "Enough.") { data { taskStatus abort { by { id } reason } } error { code } } } }`;

/** Every operation, as a person at this machine uses them. */
async function everyOperation(local: Local) {
  const { data: definitions } = await ask(local, "{ backgroundTasks { listDefinitions { data { id } } } }");
  expect(definitions.map(({ id }: { id: string }) => id)).toEqual(
    expect.arrayContaining(["testingRun", "paging", "waiting"])
  );
  const { data: task } = await ask(local, TRIGGER, { d: "paging", input: { page: 1, pages: 3 } });
  expect(task).toEqual({ id: expect.any(String), taskStatus: "pending", createdBy: { id: "local-admin" } });
  await local.waitFor(task.id);
  const get =
    "query ($id: ID!) { backgroundTasks { getTask(id: $id) { data { taskStatus iterations message logs { iteration items { message } } } error { code } } } }";
  expect((await ask(local, get, { id: task.id })).data).toMatchObject({
    taskStatus: "success",
    iterations: 3,
    message: "All paged.",
    logs: [
      { iteration: 3, items: [{ message: "Page 3." }, { message: "All paged." }] },
      { iteration: 2 },
      { iteration: 1 }
    ]
  });
  const { data: waitingTask } = await ask(local, TRIGGER, { d: "waiting" });
  expect(await ask(local, ABORT, { id: waitingTask.id })).toEqual({
    data: { taskStatus: "aborted", abort: { by: { id: "local-admin" }, reason: "Enough." } },
    error: null
  });
  const list = "{ backgroundTasks { listTasks { data { definitionId taskStatus } meta { totalCount } } } }";
  expect(await ask(local, list)).toEqual({
    data: [
      { definitionId: "waiting", taskStatus: "aborted" },
      { definitionId: "paging", taskStatus: "success" }
    ],
    meta: { totalCount: 2 }
  });
  const logs =
    "query ($id: ID!) { backgroundTasks { listLogs(where: { task: $id }, limit: 1) { data { iteration task { id } } meta { totalCount hasMoreItems } } } }";
  expect(await ask(local, logs, { id: task.id })).toMatchObject({
    data: [{ iteration: 3, task: { id: task.id } }],
    meta: { hasMoreItems: true }
  });
  const remove = "mutation ($id: ID!) { backgroundTasks { deleteTask(id: $id) { data error { code } } } }";
  expect(await ask(local, remove, { id: task.id })).toEqual({ data: true, error: null });
  expect(await ask(local, get, { id: task.id })).toEqual({ data: null, error: { code: "NOT_FOUND" } });
}

describe("the API of the local server", () => {
  let local: Local;
  beforeAll(async () => {
    local = await startLocal({ plugins: [paging, waiting, hidden] });
  });
  afterAll(() => local.stop());

  it("carries out every operation, as a local admin", async () => {
    await everyOperation(local);
  });

  it("shows the tasks of private definitions too, and still triggers none", async () => {
    const task = await local.tasks.trigger({ definition: "hidden" });
    await local.waitFor(task.id);
    const { data } = await ask(local, `{ backgroundTasks { getTask(id: "${task.id}") { data { isPrivate } } } }`);
    expect(data).toEqual({ isPrivate: true });
    expect((await send(local, TRIGGER, { d: "hidden" })).errors?.[0].message).toContain('"hidden" does not exist');
  });

  it("is GraphiQL in a browser, one page that may ask no other host", async () => {
    for (const place of ["/graphiql", "/graphql"]) {
      const page = await fetch(`${local.url}${place}`, { headers: { accept: "text/html,*/*" } });
      expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'self' data: blob:;/);
      const text = await page.text();
      expect(text).toContain('{"endpoint":"/graphql"');
      expect(text).not.toMatch(/<(script|link|img)[^>]+(src|href)="https?:/);
    }
    const query = await fetch(`${local.url}/graphql?query=${encodeURIComponent("{ __typename }")}`, {
      headers: { accept: "text/html,*/*" }
    });
    expect(await query.json()).toEqual({ data: { __typename: "Query" } });
  });

  it("says that it runs, and where the endpoints are", async () => {
    const health = await fetch(`${local.url}/health`);
    expect(await health.json()).toEqual({ status: "ok", endpoints: local.endpoints });
  });

  it("lets in nobody through the browser from elsewhere: a foreign origin, a name that points here", async () => {
    const foreign = await fetch(`${local.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: "https://evil.example.com" },
      body: JSON.stringify({ query: TRIGGER, variables: { d: "paging" } })
    });
    expect(foreign.status).toBe(403);
    const answer = await raw(
      Number(new URL(local.url).port),
      "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: evil.example.com\r\nConnection: close\r\n\r\n"
    );
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
  });
});

it("the API of a handler in processes of its own is the same", async () => {
  const local = await startLocal({ handler: path.join(__dirname, "fixtures/api.ts"), onOutput: () => undefined });
  try {
    await everyOperation(local);
    // What the handler itself adds to the schema is there: requests are answered where its code is.
    expect((await send(local, "{ process }")).data.process).not.toBe(process.pid);
  } finally {
    await local.stop();
  }
});

it("with `security: plugins` it asks the plugins who may call", async () => {
  const local = await startLocal({ plugins: [paging, security], security: "plugins" });
  try {
    const list = "{ backgroundTasks { listTasks { data { id } error { code } } } }";
    expect((await send(local, list)).status).toBe(401);
    expect(await ask(local, list, {}, { authorization: "reader" })).toEqual({ data: [], error: null });
    expect(await ask(local, TRIGGER, { d: "paging" }, { authorization: "reader" })).toMatchObject({
      error: { code: "NOT_AUTHORIZED" }
    });
  } finally {
    await local.stop();
  }
});

/** Sends bytes as they are: `fetch` sets the host itself. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.end(bytes);
  let answer = "";
  for await (const chunk of socket) {
    answer += String(chunk);
  }
  return answer;
}
