import { createPrivateTaskDefinition, createTaskDefinition } from "../../src/index.js";
import type { ListResult, ListTasksParams, Task, TaskDataStatus } from "../../src/index.js";
import { engineOf } from "../../src/tasks/engineOf.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { listTasks } from "../../src/tasks/listTasks.js";
import { createTestTasks, type TestTasks } from "../helpers/createTestTasks.js";
import { laggingIndexes } from "../helpers/laggingIndexes.js";

// Thousands of tasks and 100 MiB of payloads: no race against the clock of a busy machine.
jest.setTimeout(60_000);

const alpha = createTaskDefinition({ id: "alpha", title: "Alpha", run: async ({ response }) => response.done() });
const beta = createTaskDefinition({ id: "beta", title: "Beta", run: async ({ response }) => response.done() });
const hidden = createPrivateTaskDefinition({
  id: "hidden",
  title: "Hidden",
  run: async ({ response }) => response.done()
});
const DEFINITIONS = [alpha, beta, hidden];

const START = Date.parse("2026-01-01T00:00:00.000Z");
/** Time so many seconds after the start. */
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

const ROADS: Record<TaskDataStatus, TaskDataStatus[]> = {
  pending: [],
  running: ["running"],
  success: ["running", "success"],
  failed: ["failed"],
  aborted: ["aborted"]
};

async function bring(t: TestTasks, id: string, to: TaskDataStatus) {
  for (const taskStatus of ROADS[to]) {
    await t.tasks.updateTask(id, { taskStatus });
  }
}

/** Eight tasks, a second between them: "Task 1" is created at second 1 … Changed ones are saved at second 101 … */
async function eight() {
  const t = await createTestTasks(DEFINITIONS);
  const rows: [string, TaskDataStatus, parent?: number][] = [
    ["alpha", "pending"],
    ["beta", "running"],
    ["alpha", "success"],
    ["hidden", "failed"],
    ["beta", "aborted"],
    ["alpha", "pending", 1],
    ["beta", "running", 1],
    ["alpha", "success", 2]
  ];
  const ids: string[] = [""];
  for (const [index, [definitionId, , parent]] of rows.entries()) {
    await t.clock.advance(1_000);
    const parentId = parent === undefined ? undefined : ids[parent];
    const task = await t.tasks.createTask({ definitionId, name: `Task ${index + 1}`, input: {}, parentId });
    ids.push(task.id);
  }
  await t.clock.advance(92_000);
  for (const [index, [, status]] of rows.entries()) {
    await t.clock.advance(1_000);
    await bring(t, ids[index + 1]!, status);
  }
  return { t, ids };
}

const numbers = (tasks: Task[]) => tasks.map(({ name }) => Number(name.slice("Task ".length)));

describe("listTasks", () => {
  let shared: Awaited<ReturnType<typeof eight>>;
  beforeAll(async () => {
    shared = await eight();
  });

  it.each<[string, (ids: string[]) => ListTasksParams, number[]]>([
    ["nothing: all, newest first", () => ({}), [8, 7, 6, 5, 4, 3, 2, 1]],
    ["taskStatus", () => ({ where: { taskStatus: "pending" } }), [6, 1]],
    ["taskStatus_in", () => ({ where: { taskStatus_in: ["failed", "running"] } }), [7, 4, 2]],
    ["taskStatus_in, empty", () => ({ where: { taskStatus_in: [] } }), []],
    ["taskStatus_not", () => ({ where: { taskStatus_not: "pending" } }), [8, 7, 5, 4, 3, 2]],
    ["taskStatus_not_in", () => ({ where: { taskStatus_not_in: ["pending", "success"] } }), [7, 5, 4, 2]],
    [
      "taskStatus_in and _not",
      () => ({ where: { taskStatus_in: ["pending", "failed"], taskStatus_not: "pending" } }),
      [4]
    ],
    ["definitionId", () => ({ where: { definitionId: "alpha" } }), [8, 6, 3, 1]],
    ["definitionId, unknown", () => ({ where: { definitionId: "nobody" } }), []],
    ["definitionId with a status", () => ({ where: { definitionId: "alpha", taskStatus: "success" } }), [8, 3]],
    ["definitionId_in", () => ({ where: { definitionId_in: ["beta", "hidden"] } }), [7, 5, 4, 2]],
    [
      "definitionId_in with statuses",
      () => ({ where: { definitionId_in: ["beta", "hidden"], taskStatus_in: ["failed", "aborted"] } }),
      [5, 4]
    ],
    ["definitionId_not", () => ({ where: { definitionId_not: "alpha" } }), [7, 5, 4, 2]],
    ["definitionId_not_in", () => ({ where: { definitionId_not_in: ["alpha", "hidden"] } }), [7, 5, 2]],
    ["parentId", ids => ({ where: { parentId: ids[1] } }), [7, 6]],
    ["parentId of a childless task", ids => ({ where: { parentId: ids[3] } }), []],
    ["parentId with a definition", ids => ({ where: { parentId: ids[1], definitionId: "beta" } }), [7]],
    ["parentId with a status", ids => ({ where: { parentId: ids[1], taskStatus: "pending" } }), [6]],
    ["parentId_in", ids => ({ where: { parentId_in: [ids[1]!, ids[2]!] } }), [8, 7, 6]],
    ["parentId_not: also those without a parent", ids => ({ where: { parentId_not: ids[1] } }), [8, 5, 4, 3, 2, 1]],
    ["parentId_not_in", ids => ({ where: { parentId_not_in: [ids[1]!, ids[2]!] } }), [5, 4, 3, 2, 1]],
    ["id", ids => ({ where: { id: ids[3] } }), [3]],
    ["id, unknown", () => ({ where: { id: "nobody" } }), []],
    ["id_in, each once", ids => ({ where: { id_in: [ids[1]!, ids[7]!, ids[1]!] } }), [7, 1]],
    ["id_in with a status", ids => ({ where: { id_in: [ids[1]!, ids[7]!], taskStatus: "running" } }), [7]],
    ["id_not", ids => ({ where: { id_not: ids[8] } }), [7, 6, 5, 4, 3, 2, 1]],
    ["id_not_in", ids => ({ where: { id_not_in: [ids[8]!, ids[1]!] } }), [7, 6, 5, 4, 3, 2]],
    ["createdOn_gt", () => ({ where: { createdOn_gt: at(6) } }), [8, 7]],
    ["createdOn_gte", () => ({ where: { createdOn_gte: at(6) } }), [8, 7, 6]],
    ["createdOn_lt", () => ({ where: { createdOn_lt: at(3) } }), [2, 1]],
    ["createdOn_lte", () => ({ where: { createdOn_lte: at(3) } }), [3, 2, 1]],
    ["createdOn between", () => ({ where: { createdOn_gt: at(2), createdOn_lte: at(4) } }), [4, 3]],
    ["createdOn between, nothing there", () => ({ where: { createdOn_gt: at(4), createdOn_lt: at(4) } }), []],
    [
      "createdOn in another form of ISO 8601",
      () => ({ where: { createdOn_gte: "2026-01-01T01:00:06+01:00" } }),
      [8, 7, 6]
    ],
    ["createdOn with a status", () => ({ where: { createdOn_gte: at(2), taskStatus: "pending" } }), [6]],
    ["createdOn with a definition", () => ({ where: { createdOn_lte: at(6), definitionId: "alpha" } }), [6, 3, 1]],
    ["createdOn with a parent", ids => ({ where: { createdOn_gt: at(6), parentId: ids[1] } }), [7]],
    ["createdOn with ids", ids => ({ where: { createdOn_lt: at(7), id_in: [ids[1]!, ids[7]!] } }), [1]],
    ["savedOn_gt", () => ({ where: { savedOn_gt: at(105) } }), [8, 7]],
    ["savedOn_gte", () => ({ where: { savedOn_gte: at(105) } }), [8, 7, 5]],
    ["savedOn_lt", () => ({ where: { savedOn_lt: at(6) } }), [1]],
    ["savedOn_lte", () => ({ where: { savedOn_lte: at(6) } }), [6, 1]],
    ["search in the name, in any case", () => ({ search: "tASK 3" }), [3]],
    ["search with a filter", () => ({ search: "task", where: { taskStatus: "running" } }), [7, 2]],
    ["search for nothing there", () => ({ search: "Nobody" }), []],
    ["search for nothing", () => ({ search: "" }), [8, 7, 6, 5, 4, 3, 2, 1]],
    ["createdOn_ASC", () => ({ sort: ["createdOn_ASC"] }), [1, 2, 3, 4, 5, 6, 7, 8]],
    ["createdOn_DESC as a text", () => ({ sort: "createdOn_DESC" }), [8, 7, 6, 5, 4, 3, 2, 1]],
    ["id_ASC", () => ({ sort: ["id_ASC"] }), [1, 2, 3, 4, 5, 6, 7, 8]],
    ["id_DESC with a status", () => ({ sort: ["id_DESC"], where: { taskStatus: "success" } }), [8, 3]],
    [
      "savedOn_ASC with ids",
      ids => ({ sort: ["savedOn_ASC"], where: { id_in: ids.slice(1) } }),
      [1, 6, 2, 3, 4, 5, 7, 8]
    ],
    [
      "taskStatus_DESC with ids, then createdOn",
      ids => ({ sort: ["taskStatus_DESC"], where: { id_in: ids.slice(1) } }),
      [8, 3, 7, 2, 6, 1, 4, 5]
    ],
    ["definitionId_ASC with a parent", ids => ({ sort: ["definitionId_ASC"], where: { parentId: ids[1] } }), [6, 7]],
    ["name_DESC with parents", ids => ({ sort: ["name_DESC"], where: { parentId_in: [ids[1]!, ids[2]!] } }), [8, 7, 6]],
    [
      "finishedOn_ASC with ids: those without one first",
      ids => ({ sort: ["finishedOn_ASC"], where: { id_in: ids.slice(1, 6) } }),
      [1, 2, 3, 4, 5]
    ]
  ])("filters and sorts: %s", async (_, params, expected) => {
    const { items, meta } = await shared.t.tasks.listTasks(params(shared.ids));
    expect(numbers(items)).toEqual(expected);
    expect(meta).toEqual({
      cursor: null,
      hasMoreItems: false,
      totalCount: expected.length,
      totalCountIsExact: true
    });
  });

  it.each<[string, unknown]>([
    ["by name without ids", { sort: ["name_ASC"] }],
    ["by name with a status", { sort: ["name_ASC"], where: { taskStatus: "pending" } }],
    ["by nothing known", { sort: ["createdOn"] }],
    ["by two orders", { sort: ["createdOn_ASC", "id_ASC"] }]
  ])("refuses to sort %s, and names what is possible", async (_, params) => {
    await expect(shared.t.tasks.listTasks(params as ListTasksParams)).rejects.toMatchObject({
      code: "INVALID_SORT",
      message: expect.stringContaining("one of createdOn_ASC, createdOn_DESC, id_ASC, id_DESC is possible here.")
    });
  });

  it("names the orders of a list by ids", async () => {
    await expect(shared.t.tasks.listTasks({ sort: ["input_ASC"], where: { id_in: ["a"] } })).rejects.toMatchObject({
      code: "INVALID_SORT",
      message:
        'The list can\'t be sorted by ["input_ASC"]; one of createdOn_ASC, createdOn_DESC, id_ASC, id_DESC, name_ASC, name_DESC, ' +
        "taskStatus_ASC, taskStatus_DESC, definitionId_ASC, definitionId_DESC, savedOn_ASC, savedOn_DESC, startedOn_ASC, " +
        "startedOn_DESC, finishedOn_ASC, finishedOn_DESC, iterations_ASC, iterations_DESC is possible here."
    });
  });

  it.each([0, -1, 1.5, 1001, NaN, "10"])("refuses a limit of %s", async limit => {
    await expect(shared.t.tasks.listTasks({ limit: limit as number })).rejects.toMatchObject({
      code: "INVALID_LIMIT",
      message: `The limit must be a whole number from 1 to 1000, got ${limit}.`
    });
  });

  it.each<[string, object, string]>([
    [
      "an unknown field",
      { input: "x" },
      '"input" can\'t be filtered by; there are id, id_not, id_in, id_not_in, parentId'
    ],
    ["an unknown operator", { taskStatus_gt: "x" }, '"taskStatus_gt" can\'t be filtered by'],
    [
      "a status there is not",
      { taskStatus: "done" },
      '"taskStatus" must be one of pending, running, failed, success, aborted'
    ],
    ["a list where one is due", { taskStatus: ["pending"] }, '"taskStatus" must be one of'],
    ["one where a list is due", { taskStatus_in: "pending" }, '"taskStatus_in" must be a list, each entry one of'],
    ["a number as an id", { id: 5 }, '"id" must be an id'],
    ["an id that would reach into another key", { parentId: "a#b" }, '"parentId" must be an id'],
    ["a list with a null", { definitionId_in: [null] }, '"definitionId_in" must be a list, each entry an id'],
    ["no date", { createdOn_gt: "yesterday" }, '"createdOn_gt" must be a date in ISO 8601 form'],
    ["a number as a date", { savedOn_lte: 5 }, '"savedOn_lte" must be a date in ISO 8601 form'],
    [
      "11 definitions in 5 statuses",
      { definitionId_in: Array.from({ length: 11 }, (_, index) => `definition${index}`) },
      "it would merge 55 lists (definitions times statuses, or parents), at most 50 are possible"
    ],
    [
      "51 parents",
      { parentId_in: Array.from({ length: 51 }, (_, index) => `parent${index}`) },
      "it would merge 51 lists"
    ],
    [
      "101 ids",
      { id_in: Array.from({ length: 101 }, (_, index) => `id${index}`) },
      "it names 101 ids, at most 100 are possible"
    ]
  ])("refuses a filter with %s", async (_, where, message) => {
    await expect(shared.t.tasks.listTasks({ where })).rejects.toMatchObject({
      code: "INVALID_WHERE",
      message: expect.stringContaining(`The list can't be filtered so: ${message}`)
    });
  });

  it("takes as much as it says: 10 definitions in 5 statuses, 50 parents, 100 ids", async () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `x${index}`);
    for (const where of [{ definitionId_in: many(10) }, { parentId_in: many(50) }, { id_in: many(100) }]) {
      expect((await shared.t.tasks.listTasks({ where })).items).toEqual([]);
    }
  });

  it("leaves private tasks out of a public list, its pages and its count, in every kind of list", async () => {
    const { t, ids } = shared;
    const engine = engineOf(await t.host.createContext());
    const seen = async (params: ListTasksParams) =>
      numbers((await listTasks(engine, params, { visibility: "public" })).items);
    expect(await seen({})).toEqual([8, 7, 6, 5, 3, 2, 1]);
    expect(await seen({ where: { id_in: [ids[3]!, ids[4]!] } })).toEqual([3]);
    expect(await seen({ where: { definitionId: "hidden" } })).toEqual([]);
    expect(await seen({ where: { taskStatus: "failed" } })).toEqual([]);
    const page = await listTasks(engine, { limit: 4, count: true }, { visibility: "public" });
    expect([numbers(page.items), page.meta.totalCount, page.meta.totalCountIsExact]).toEqual([[8, 7, 6, 5], 7, true]);
    const rest = await listTasks(engine, { limit: 4, after: page.meta.cursor }, { visibility: "public" });
    expect([numbers(rest.items), rest.meta.hasMoreItems]).toEqual([[3, 2, 1], false]);
    // A cursor of the public list is none of the whole one.
    await expect(t.tasks.listTasks({ limit: 4, after: page.meta.cursor })).rejects.toMatchObject({
      code: "INVALID_CURSOR"
    });
  });
});

describe("cursors", () => {
  it("are refused when they are malformed or of another list", async () => {
    const { t } = await eight();
    const { meta } = await t.tasks.listTasks({ limit: 3, where: { taskStatus_not: "aborted" } });
    const cursor = meta.cursor!;
    const other = await t.tasksOf({ tenant: "acme", locale: "en-US" });
    const german = await t.tasksOf({ tenant: "root", locale: "de-DE" });
    const where = { taskStatus_not: "aborted" } as const;
    const fault = (name: string) =>
      `The cursor can't be used: ${name}. Pass meta.cursor of the page before, with the same where, search and sort.`;
    for (const [list, message] of [
      [t.tasks.listTasks({ after: "nonsense", where }), fault("it is malformed")],
      [t.tasks.listTasks({ after: "", where }), fault("it is malformed")],
      [t.tasks.listTasks({ after: 5 as never, where }), fault("it is malformed")],
      [t.tasks.listTasks({ after: Buffer.from("[1,2,3]").toString("base64url"), where }), fault("it is malformed")],
      [t.tasks.listTasks({ after: Buffer.from("{}").toString("base64url"), where }), fault("it is malformed")],
      [t.tasks.listTasks({ after: cursor }), fault("it belongs to another list")],
      [t.tasks.listTasks({ after: cursor, where, sort: ["createdOn_ASC"] }), fault("it belongs to another list")],
      [t.tasks.listTasks({ after: cursor, where, search: "task" }), fault("it belongs to another list")],
      [other.listTasks({ after: cursor, where }), fault("it belongs to another list")],
      [german.listTasks({ after: cursor, where }), fault("it belongs to another list")],
      [t.tasks.listLogs({ after: cursor }), fault("it belongs to another list")]
    ] as const) {
      await expect(list).rejects.toMatchObject({ code: "INVALID_CURSOR", message });
    }
    expect(numbers((await t.tasks.listTasks({ after: cursor, where, limit: 50 })).items)).toEqual([4, 3, 2, 1]);
  });
});

describe("paging", () => {
  const STATUSES: TaskDataStatus[] = ["pending", "running", "success", "failed", "aborted"];

  /** 250 tasks, as many in each status; every fifth in the same millisecond as the one before. */
  async function many(t: TestTasks, count = 250) {
    const ids: string[] = [];
    for (let index = 0; index < count; index++) {
      if (index % 5 !== 0) {
        await t.clock.advance(1);
      }
      const definitionId = index % 2 === 0 ? "alpha" : "beta";
      const { id } = await t.tasks.createTask({ definitionId, name: `Task ${index}`, input: {} });
      await bring(t, id, STATUSES[index % 5]!);
      ids.push(id);
    }
    return ids;
  }

  /** Reads page by page; between two pages some tasks move on. */
  async function walk(t: TestTasks, params: ListTasksParams, between: () => Promise<void> = async () => {}) {
    const pages: string[][] = [];
    const seen: Task[] = [];
    let after: string | null = null;
    do {
      const page: ListResult<Task> = await t.tasks.listTasks({ ...params, after });
      pages.push(page.items.map(({ id }) => id));
      seen.push(...page.items);
      expect(page.meta.cursor === null).toBe(!page.meta.hasMoreItems);
      expect(page.items.length).toBeLessThanOrEqual(params.limit!);
      after = page.meta.cursor;
      if (after === null) {
        expect(page.meta).toMatchObject({ totalCount: seen.length, totalCountIsExact: true });
      } else {
        expect(page.meta).toMatchObject({ totalCount: seen.length + 1, totalCountIsExact: false });
      }
      await between();
    } while (after !== null);
    return { ids: pages.flat(), pages, seen };
  }

  /** Moves three tasks on: pending ones begin, running ones end. From the oldest or the newest. */
  function mover(t: TestTasks, ids: readonly string[]) {
    let next = 0;
    return async () => {
      for (let moved = 0; moved < 3 && next < ids.length; next++) {
        const task = await t.tasks.getTask(ids[next]!);
        if (task?.taskStatus === "pending" || task?.taskStatus === "running") {
          await t.tasks.updateTask(task.id, { taskStatus: task.taskStatus === "pending" ? "running" : "success" });
          moved += 1;
        }
      }
    };
  }

  const lagging = () => laggingIndexes(new MemoryStorage(), new MemoryStorage(), { writes: 4 });

  describe.each(["indexes that are fresh", "indexes that are late"])("on %s", kind => {
    describe.each([1, 7, 50])("with %s a page", limit => {
      it.each(["createdOn_DESC", "createdOn_ASC"])(
        "gives each of 250 tasks once while statuses change, %s",
        async sort => {
          const underlying = kind.endsWith("late") ? lagging() : new MemoryStorage();
          const t = await createTestTasks(DEFINITIONS, { underlying });
          const ids = await many(t);
          if ("catchUp" in underlying) {
            await underlying.catchUp();
          }
          // Those that move are partly behind, partly before the reader.
          const change = mover(t, [...ids.slice(100), ...ids.slice(0, 100)]);
          const { ids: listed, pages } = await walk(t, { limit, sort: [sort] }, change);
          expect(listed).toEqual(sort === "createdOn_ASC" ? ids : [...ids].reverse());
          expect(pages.slice(0, -1).every(page => page.length === limit)).toBe(true);
          expect(pages).toHaveLength({ 1: 250, 7: 36, 50: 5 }[limit]!);
        }
      );
    });

    it("never gives a task that does not fit the filter, nor one twice, nor one that was deleted", async () => {
      const underlying = kind.endsWith("late") ? lagging() : new MemoryStorage();
      const t = await createTestTasks(DEFINITIONS, { underlying });
      const ids = await many(t, 100);
      const gone = new Set<string>();
      const statuses: string[] = [];
      let after: string | null = null;
      const listed: string[] = [];
      do {
        const page: Awaited<ReturnType<typeof t.tasks.listTasks>> = await t.tasks.listTasks({
          where: { taskStatus: "pending" },
          limit: 3,
          after
        });
        expect(page.items.filter(({ id }) => gone.has(id))).toEqual([]);
        listed.push(...page.items.map(({ id }) => id));
        statuses.push(...page.items.map(({ taskStatus }) => taskStatus));
        after = page.meta.cursor;
        const victim = ids[gone.size * 5]!;
        await t.tasks.deleteTask(victim);
        gone.add(victim);
        // The one that would come next begins: every fifth is pending.
        const next = ids[ids.indexOf(listed.at(-1) ?? "") - 5];
        if (next !== undefined && !gone.has(next)) {
          await t.tasks.updateTask(next, { taskStatus: "running" });
        }
      } while (after !== null);
      expect(new Set(statuses)).toEqual(new Set(["pending"]));
      expect(new Set(listed).size).toBe(listed.length);
      // At least the first page: the newest pending ones that the index knew.
      expect(listed.length).toBeGreaterThanOrEqual(3);
    });
  });

  it("goes on in a list by ids when the last task of a page leaves the filter, is deleted, or changes its place", async () => {
    const { t, ids } = await eight();
    const where = { id_in: ids.slice(1), taskStatus_in: ["pending", "running"] as TaskDataStatus[] };
    const params: ListTasksParams = { where, limit: 2, sort: ["name_ASC"] };
    const first = await t.tasks.listTasks(params);
    expect(numbers(first.items)).toEqual([1, 2]);
    await t.tasks.updateTask(ids[2]!, { taskStatus: "success" });
    const second = await t.tasks.listTasks({ ...params, after: first.meta.cursor });
    expect([numbers(second.items), second.meta.hasMoreItems]).toEqual([[6, 7], false]);
    await t.tasks.deleteTask(ids[2]!);
    expect(numbers((await t.tasks.listTasks({ ...params, after: first.meta.cursor })).items)).toEqual([6, 7]);
  });

  it.each(["createdOn_ASC", "name_DESC", "savedOn_ASC", "iterations_DESC"])(
    "reads the children of a parent page by page, each once, %s",
    async sort => {
      const t = await createTestTasks(DEFINITIONS);
      const parent = await t.tasks.createTask({ definitionId: "alpha", name: "Parent", input: {} });
      const ids: string[] = [];
      for (let index = 10; index < 35; index++) {
        await t.clock.advance(1);
        const name = `Task ${index}`;
        ids.push((await t.tasks.createTask({ definitionId: "beta", name, input: {}, parentId: parent.id })).id);
      }
      const { ids: listed } = await walk(t, { where: { parentId: parent.id }, sort: [sort], limit: 4 });
      expect(listed).toEqual(sort.endsWith("ASC") ? ids : [...ids].reverse());
    }
  );

  it("finds what is behind a thousand others: the page is short, and more follow", async () => {
    const t = await createTestTasks(DEFINITIONS);
    const needle = await t.tasks.createTask({ definitionId: "alpha", name: "Needle", input: {} });
    for (let index = 0; index < 1_100; index++) {
      await t.tasks.createTask({ definitionId: "alpha", name: "Hay", input: {} });
    }
    const first = await t.tasks.listTasks({ search: "needle", limit: 50 });
    expect([first.items, first.meta.hasMoreItems]).toEqual([[], true]);
    const second = await t.tasks.listTasks({ search: "needle", limit: 50, after: first.meta.cursor });
    expect(second.items.map(({ id }) => id)).toEqual([needle.id]);
    expect(second.meta).toEqual({ cursor: null, hasMoreItems: false, totalCount: 1, totalCountIsExact: true });
  });

  it("ends a page early at 32 MiB of payloads, and cuts nothing", async () => {
    const t = await createTestTasks(DEFINITIONS);
    const MIB = 1024 * 1024;
    const create = async (mib: number) => {
      await t.clock.advance(1);
      const input = { text: "x".repeat(mib * MIB) };
      return (await t.tasks.createTask({ definitionId: "alpha", name: `${mib} MiB`, input })).id;
    };
    const ids = [await create(31), await create(15), await create(15), await create(3)];
    const lengths = async (after: string | null, sort = "createdOn_ASC") => {
      const { items, meta } = await t.tasks.listTasks({ sort: [sort], after });
      return { cursor: meta.cursor, mib: items.map(({ input }) => (input.text as string).length / MIB) };
    };
    const first = await lengths(null);
    expect(first.mib).toEqual([31]);
    const second = await lengths(first.cursor);
    expect(second.mib).toEqual([15, 15]);
    expect(await lengths(second.cursor)).toEqual({ cursor: null, mib: [3] });
    const byIds = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof t.tasks.listTasks>> = await t.tasks.listTasks({
        where: { id_in: ids },
        sort: ["name_DESC"],
        after
      });
      byIds.push(page.items.map(({ name }) => name));
      after = page.meta.cursor;
    } while (after !== null);
    expect(byIds).toEqual([["31 MiB"], ["3 MiB", "15 MiB"], ["15 MiB"]]);
  });
});

describe("totalCount", () => {
  it("is counted when asked for: across the pages, by status, definition and parent", async () => {
    const { t, ids } = await eight();
    for (const [where, total] of [
      [{}, 8],
      [{ taskStatus_in: ["pending", "running"] }, 4],
      [{ definitionId: "alpha" }, 4],
      [{ parentId: ids[1]! }, 2],
      [{ createdOn_gt: at(2), createdOn_lte: at(7) }, 5]
    ] as const) {
      const { meta } = await t.tasks.listTasks({ where: where as ListTasksParams["where"], limit: 1, count: true });
      expect(meta).toMatchObject({ hasMoreItems: true, totalCount: total, totalCountIsExact: true });
      const next = await t.tasks.listTasks({ where: where as never, limit: 1, count: true, after: meta.cursor });
      expect(next.meta.totalCount).toBe(total);
    }
  });

  it("says at least how many there are where it would have to look at each task, or was not asked", async () => {
    const { t } = await eight();
    const atLeast = { hasMoreItems: true, totalCount: 2, totalCountIsExact: false };
    expect((await t.tasks.listTasks({ search: "task", limit: 1, count: true })).meta).toMatchObject(atLeast);
    expect((await t.tasks.listTasks({ where: { savedOn_gt: at(1) }, limit: 1, count: true })).meta).toMatchObject(
      atLeast
    );
    expect((await t.tasks.listTasks({ limit: 1 })).meta).toMatchObject(atLeast);
  });

  it("is 10,000 and not exact when there are more", async () => {
    const t = await createTestTasks(DEFINITIONS);
    const { id } = await t.tasks.createTask({ definitionId: "alpha", name: "Task", input: {} });
    const record = (await t.record(id))!;
    for (let index = 0; index < 9_999; index++) {
      const PK = `T#root#L#en-US#TASK#x${index}`;
      await t.underlying.put({ ...record, PK, sort: `${at(index)}#x${index}` });
    }
    const exact = await t.tasks.listTasks({ limit: 1, count: true });
    expect([exact.meta.totalCount, exact.meta.totalCountIsExact]).toEqual([10_000, true]);
    await t.tasks.createTask({ definitionId: "alpha", name: "Task", input: {} });
    const { meta } = await t.tasks.listTasks({ limit: 1, count: true });
    expect([meta.totalCount, meta.totalCountIsExact]).toEqual([10_000, false]);
  });
});

describe("what a page costs", () => {
  async function costs(stored: number) {
    const t = await createTestTasks(DEFINITIONS);
    const statuses: TaskDataStatus[] = ["pending", "running", "success", "failed", "aborted"];
    for (let index = 0; index < stored; index++) {
      const { id } = await t.tasks.createTask({ definitionId: "alpha", name: "Task", input: { index: index % 10 } });
      await bring(t, id, statuses[index % 5]!);
    }
    const cost = async (params: ListTasksParams) => {
      t.storage.reset();
      expect((await t.tasks.listTasks(params)).items).toHaveLength(params.limit!);
      const { requests, readUnits, writeUnits } = t.storage.counts();
      expect(writeUnits).toBe(0);
      return { requests, readUnits };
    };
    const result = [await cost({ limit: 10 }), await cost({ limit: 50 })];
    const { meta } = await t.tasks.listTasks({ limit: 10 });
    return [
      ...result,
      await cost({ limit: 10, after: meta.cursor }),
      await cost({ limit: 10, where: { definitionId: "alpha" } })
    ];
  }

  it("10 tasks at most 8 read units, 50 at most 31, in 6 requests: the same with 60 tasks stored and with 2,000", async () => {
    const few = await costs(60);
    const plenty = await costs(2_000);
    expect(few[0]!.readUnits).toBeLessThanOrEqual(8);
    expect(few[1]!.readUnits).toBeLessThanOrEqual(31);
    expect(few.map(({ requests }) => requests)).toEqual([6, 6, 6, 6]);
    expect(plenty.map(({ requests }) => requests)).toEqual([6, 6, 6, 6]);
    // A stream of 60 tasks ends within the page; one of 2,000 fills it.
    expect(plenty[0]!.readUnits).toBeLessThanOrEqual(8);
    expect(plenty[1]!.readUnits).toBeLessThanOrEqual(31);
    expect(plenty[0]).toEqual(few[0]);
    expect(plenty[2]).toEqual(few[2]);
    expect(plenty[3]).toEqual(few[3]);
  });
});

describe("tenants and locales", () => {
  const SCOPES = [
    { tenant: "root", locale: "en-US" },
    { tenant: "acme", locale: "en-US" },
    { tenant: "root", locale: "de-DE" },
    { tenant: "acme", locale: "de-DE" }
  ];

  it("can't reach each other's tasks and logs by any call", async () => {
    const t = await createTestTasks(DEFINITIONS);
    const own = [];
    for (const scope of SCOPES) {
      const tasks = await t.tasksOf(scope);
      const parent = await tasks.trigger({ definition: "alpha", name: `${scope.tenant} ${scope.locale}`, delay: 60 });
      const child = await tasks.trigger({ definition: "beta", parent: { id: parent.id }, delay: 60 });
      const log = await tasks.createLog(parent, { executionName: "e", iteration: 1 });
      own.push({ scope, tasks, parent, child, log });
    }
    const starts = t.executions.size;
    for (const { tasks, parent: mine, child: myChild } of own) {
      expect((await tasks.listTasks()).items.map(({ id }) => id)).toEqual([myChild.id, mine.id]);
      expect((await tasks.listLogs()).items.map(({ task }) => task)).toEqual([mine.id]);
      for (const { parent, child, log } of own.filter(other => other.tasks !== tasks)) {
        const notFound = { code: "NOT_FOUND", message: `Task "${parent.id}" was not found!` };
        expect(await tasks.getTask(parent.id)).toBeNull();
        expect((await tasks.listTasks({ where: { id: parent.id } })).items).toEqual([]);
        expect((await tasks.listTasks({ where: { id_in: [parent.id, child.id] } })).items).toEqual([]);
        expect((await tasks.listTasks({ where: { parentId: parent.id } })).items).toEqual([]);
        expect((await tasks.listTasks({ where: { parentId: parent.id }, sort: ["name_ASC"] })).items).toEqual([]);
        expect((await tasks.listTasks({ where: { definitionId: "alpha" } })).items.map(({ id }) => id)).toEqual([
          mine.id
        ]);
        expect((await tasks.listLogs({ where: { task: parent.id } })).items).toEqual([]);
        expect((await tasks.listLogs({ where: { task_in: [parent.id] } })).items).toEqual([]);
        expect(await tasks.getLog(log.id)).toBeNull();
        await expect(tasks.getLatestLog(parent.id)).rejects.toMatchObject(notFound);
        await expect(tasks.createLog(parent, { executionName: "e", iteration: 2 })).rejects.toMatchObject(notFound);
        await expect(tasks.updateLog(log.id, { items: [] })).rejects.toMatchObject({ code: "NOT_FOUND" });
        await expect(tasks.deleteLog(log.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
        await expect(tasks.abort({ id: parent.id })).rejects.toMatchObject(notFound);
        await expect(tasks.updateTask(parent.id, { name: "Mine" })).rejects.toMatchObject(notFound);
        await expect(tasks.deleteTask(parent.id)).rejects.toMatchObject(notFound);
        await expect(tasks.fetchServiceInfo(parent.id)).rejects.toMatchObject(notFound);
        await expect(tasks.trigger({ definition: "beta", parent: { id: parent.id } })).rejects.toMatchObject(notFound);
      }
    }
    for (const { scope, tasks, parent, child, log } of own) {
      expect(await tasks.getTask(parent.id)).toMatchObject({
        taskStatus: "pending",
        name: `${scope.tenant} ${scope.locale}`
      });
      expect((await tasks.listTasks({ where: { parentId: parent.id } })).items.map(({ id }) => id)).toEqual([child.id]);
      expect(await tasks.getLog(log.id)).toEqual(log);
    }
    expect(t.executions.size).toBe(starts);
    expect(t.log.filter(line => line.startsWith("stop"))).toEqual([]);
  });

  it.each(["x#L#en-US#TASK#y", "#", "", "../x", "a b", "x".repeat(65), null, 5, {}])(
    "an id like %j is just not found",
    async id => {
      const { tasks } = await createTestTasks(DEFINITIONS);
      expect(await tasks.getTask(id as string)).toBeNull();
      expect(await tasks.getLog(`${id as string}.1`)).toBeNull();
      await expect(tasks.deleteTask(id as string)).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(tasks.abort({ id: id as string })).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
  );
});
