import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTasksClient, type Task, type TasksClient } from "../../src/client/index.js";
import { createPrivateTaskDefinition, createTaskDefinition, type TaskContext } from "../../src/index.js";
import { startLocal, type Local, type LocalOptions } from "../../src/local/index.js";

const paging = createTaskDefinition<TaskContext, { page: number; pages: number; waits?: boolean }, { pages: number }>({
  id: "paging",
  title: "Paging",
  async onBeforeTrigger({ input }) {
    if (input.pages > 100) {
      throw Object.assign(new Error("Too many pages."), { code: "TOO_MANY", data: { most: 100 } });
    }
  },
  async run({ input, response, store }) {
    await store.addInfoLog({ message: `Page ${input.page}.`, data: { page: input.page } });
    return input.page < input.pages
      ? response.continue({ page: input.page + 1 }, input.waits ? { seconds: 1 } : undefined)
      : response.done("Paged.", { pages: input.pages });
  }
});
const failing = createTaskDefinition({
  id: "failing",
  title: "Failing",
  run: async ({ response }) => response.error({ message: "Broken.", code: "MINE", data: { at: 1 } })
});
const waiting = createTaskDefinition({
  id: "waiting",
  title: "Waiting",
  run: async ({ response }) => response.continue({}, { seconds: 86_400 })
});
const hidden = createPrivateTaskDefinition({
  id: "hidden",
  title: "Hidden",
  run: async ({ response }) => response.done()
});
export const definitions = { paging, failing, waiting, hidden };

let local: Local;
let client: TasksClient<typeof definitions>;
let dataDir: string;

const start = (options: Partial<LocalOptions> = {}) =>
  startLocal({ plugins: [paging, failing, waiting, hidden], dataDir, logLevel: "silent", ...options });

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "tasks-client-"));
  local = await start();
  client = createTasksClient<typeof definitions>({ url: `${local.url}/graphql` });
});
afterAll(async () => {
  await local.stop();
  rmSync(dataDir, { recursive: true });
});

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) {
    items.push(item);
  }
  return items;
}

it("triggers, waits and gives the very task that is stored", async () => {
  const { id } = await client.trigger({ definition: "paging", input: { page: 1, pages: 3 }, name: "Three pages" });
  const seen: number[] = [];
  const task = await client.waitFor<"paging">(id, { onUpdate: ({ iterations }) => seen.push(iterations) });
  expect(task).toMatchObject({ taskStatus: "success", iterations: 3, output: { pages: 3 }, name: "Three pages" });
  expect(seen.at(-1)).toBe(3);
  const { isPrivate: _, ...stored } = (await local.tasks.getTask(id)) as Task & { isPrivate?: boolean };
  // The API adds what the usage costs, and by which prices.
  const costs = { dollars: expect.any(Number) as number, prices: expect.any(String) as string };
  const expected = JSON.parse(JSON.stringify(stored)) as Task;
  expect(await client.getTask(id)).toEqual({ ...expected, usage: { ...expected.usage, ...costs } });
});

it("lists tasks over pages, filtered, and counts them when asked", async () => {
  const ids: string[] = [];
  for (const page of [1, 2, 3, 4, 5]) {
    ids.push((await client.trigger({ definition: "paging", input: { page, pages: 5 }, name: "Listed" })).id);
  }
  // A list is no snapshot: a task that starts while it is read may be in none of its parts.
  await Promise.all(ids.map(id => local.waitFor(id)));
  const list = client.listTasks({ search: "listed", sort: "createdOn_ASC", limit: 2 });
  expect((await all(list)).map(({ id }) => id)).toEqual(ids);
  const ofPaging = client.listTasks({ where: { definitionId: "paging" }, limit: 2 });
  const totalCount = (await all(ofPaging)).length;
  const [first] = await all(ofPaging.pages({ count: true }));
  expect(first?.items).toHaveLength(2);
  expect(first?.meta).toMatchObject({ totalCount, totalCountIsExact: true, hasMoreItems: true });
  expect(await all(client.listTasks({ where: { definitionId: "waiting" } }))).toEqual([]);
});

it("lists logs with their tasks", async () => {
  const { id } = await client.trigger({ definition: "paging", input: { page: 1, pages: 2 } });
  await client.waitFor(id);
  const logs = await all(client.listLogs({ where: { task: id }, sort: "createdOn_ASC", limit: 1 }));
  expect(logs.map(({ task, iteration, items }) => [task, iteration, items.map(({ message }) => message)])).toEqual([
    [id, 1, ["Page 1."]],
    [id, 2, ["Page 2.", "Paged."]]
  ]);
  const listed = await all(client.listLogs());
  expect(listed.filter(({ task }) => task === id)).toHaveLength(2);
});

it("lists the definitions with what the caller may trigger", async () => {
  const listed = await client.listDefinitions();
  expect(listed).toContainEqual({ id: "paging", title: "Paging", fields: [], isPrivate: false, maxIterations: 500 });
});

it("gives a failed task with its error", async () => {
  const { id } = await client.trigger({ definition: "failing" });
  expect(await client.waitFor(id)).toMatchObject({
    taskStatus: "failed",
    error: { message: "Broken.", code: "MINE", data: { at: 1 } }
  });
});

it("hears of an abort while it waits", async () => {
  const { id } = await client.trigger({ definition: "waiting" });
  let aborted: Promise<unknown> | undefined;
  const task = await client.waitFor(id, {
    onUpdate: ({ iterations }) => {
      if (iterations === 1) {
        aborted ??= client.abort(id, { message: "Enough." });
      }
    }
  });
  expect(task).toMatchObject({ taskStatus: "aborted", message: "Enough.", abort: { reason: "Enough." } });
  expect(await aborted).toMatchObject({ id, taskStatus: "aborted" });
  await expect(client.abort(id)).rejects.toMatchObject({ code: "TASK_ABORT_ERROR" });
});

it("hears of a deletion while it waits", async () => {
  const { id } = await client.trigger({ definition: "waiting" });
  let deleted: Promise<void> | undefined;
  const ended = client.waitFor(id, {
    onUpdate: ({ iterations }) => {
      if (iterations === 1) {
        deleted ??= client.deleteTask(id);
      }
    }
  });
  await expect(ended).rejects.toMatchObject({ code: "NOT_FOUND", data: { id } });
  await deleted;
  expect(await client.getTask(id)).toBeNull();
  await expect(client.deleteTask(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
});

it("waits through a restart of the server", async () => {
  const port = Number(new URL(local.url).port);
  const { id } = await client.trigger({ definition: "paging", input: { page: 1, pages: 4, waits: true } });
  let restarted: Promise<void> | undefined;
  const restart = async () => {
    await local.stop();
    await expect(fetch(local.url)).rejects.toThrow();
    local = await start({ port });
  };
  const task = await client.waitFor<"paging">(id, {
    onUpdate: ({ iterations }) => {
      if (iterations === 2) {
        restarted ??= restart();
      }
    }
  });
  if (restarted === undefined) {
    throw new Error("The server was never started again.");
  }
  await restarted;
  expect(task).toMatchObject({ taskStatus: "success", iterations: 4, output: { pages: 4 } });
});

it.each<[string, () => Promise<unknown>, object]>([
  [
    "an unknown definition",
    () => createTasksClient({ url: `${local.url}/graphql` }).trigger({ definition: "pagin" }),
    { code: "INVALID_REQUEST" }
  ],
  ["a private definition", () => client.trigger({ definition: "hidden" }), { code: "INVALID_REQUEST" }],
  [
    "an input that is no object",
    () => client.trigger({ definition: "waiting", input: [1] }),
    { code: "INVALID_INPUT" }
  ],
  ["a bad delay", () => client.trigger({ definition: "waiting", delay: -1 }), { code: "INVALID_DELAY" }],
  [
    "an error of a hook",
    () => client.trigger({ definition: "paging", input: { page: 1, pages: 101 } }),
    { code: "TOO_MANY", message: "Too many pages.", data: { most: 100 } }
  ],
  ["a bad limit", () => all(client.listTasks({ limit: 1_001 })), { code: "INVALID_LIMIT" }],
  ["a bad cursor", () => all(client.listTasks({ after: "x" })), { code: "INVALID_CURSOR" }],
  ["a bad order", () => all(client.listTasks({ sort: "page_ASC" })), { code: "INVALID_REQUEST" }],
  ["a wrong path", () => createTasksClient({ url: `${local.url}/else` }).getTask("a"), { status: 404 }]
])("passes on what the server says of %s", async (_, call, expected) => {
  await expect(call()).rejects.toMatchObject({ name: "TasksClientError", ...expected });
});
