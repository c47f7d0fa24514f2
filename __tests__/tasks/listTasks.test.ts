import {
  createPrivateTaskDefinition,
  createTaskDefinition,
  type ListResult,
  type ListTasksParams,
  type Task,
  type TasksContextObject
} from "../../src/index.js";
import { engineOf } from "../../src/host/backgroundTasks.js";
import { equals } from "../../src/storage/conditions.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { recordKey, statusAttributes } from "../../src/storage/record.js";
import { listTasks } from "../../src/tasks/listTasks.js";
import { createTestTasks } from "../helpers/createTestTasks.js";
import { laggingIndexes } from "../helpers/laggingIndexes.js";
import { seedTasks } from "../helpers/seedTasks.js";

const SCOPE = { tenant: "root", locale: "en-US" };
const definition = createTaskDefinition({
  id: "listed",
  title: "Listed",
  run: async ({ response }) => response.done()
});

/** Every task of a list, page by page, with what happens between two pages. */
async function readAll(
  tasks: TasksContextObject,
  params: ListTasksParams,
  between: () => Promise<void> = async () => {}
) {
  const ids: string[] = [];
  let after: string | null = null;
  do {
    const page: ListResult<Task> = await tasks.listTasks({ ...params, after });
    ids.push(...page.items.map(({ id }) => id));
    after = page.meta.cursor;
    expect(page.meta.hasMoreItems).toBe(after !== null);
    await between();
  } while (after !== null);
  return ids;
}

describe("a list of tasks", () => {
  it.each([1, 7, 50])(
    "gives each of 250 tasks once, in order, %i a page, in both directions, while statuses change",
    async limit => {
      for (const sort of ["createdOn_DESC", "createdOn_ASC", "id_ASC"]) {
        const t = await createTestTasks([definition]);
        const seeded = (await seedTasks(t.underlying, 250)).map(({ id }) => id);
        let turn = 0;
        const change = async () => {
          const id = seeded[(turn * 37) % 250]!;
          const status = (["running", "success", "failed"] as const)[turn % 3]!;
          turn += 1;
          await t.underlying.update(recordKey(SCOPE, id), equals("format", 1), {
            set: { ...statusAttributes(SCOPE, "others", status) }
          });
        };
        const ids = await readAll(t.tasks, { limit, sort }, change);
        expect(ids).toEqual(sort.endsWith("DESC") ? [...seeded].reverse() : seeded);
      }
    }
  );

  const rows: [
    string,
    ListTasksParams["where"],
    (task: { index: number; status: string; definitionId: string }) => boolean
  ][] = [
    ["taskStatus", { taskStatus: "failed" }, ({ status }) => status === "failed"],
    ["taskStatus_in", { taskStatus_in: ["failed", "aborted"] }, ({ status }) => ["failed", "aborted"].includes(status)],
    ["taskStatus_not", { taskStatus_not: "success" }, ({ status }) => status !== "success"],
    [
      "taskStatus_not_in",
      { taskStatus_not_in: ["success", "pending"] },
      ({ status }) => !["success", "pending"].includes(status)
    ],
    ["definitionId", { definitionId: "everyThird" }, ({ definitionId }) => definitionId === "everyThird"],
    [
      "definitionId_in",
      { definitionId_in: ["everyThird", "unknown"] },
      ({ definitionId }) => definitionId === "everyThird"
    ],
    ["definitionId_not", { definitionId_not: "everyThird" }, ({ definitionId }) => definitionId !== "everyThird"],
    [
      "definition and status",
      { definitionId: "others", taskStatus_in: ["running"] },
      ({ definitionId, status }) => definitionId === "others" && status === "running"
    ],
    ["createdOn_gte", { createdOn_gte: "2026-01-01T00:00:10.000Z" }, ({ index }) => index >= 10],
    ["createdOn_gt", { createdOn_gt: "2026-01-01T00:00:10Z" }, ({ index }) => index > 10],
    [
      "createdOn range",
      { createdOn_gt: "2026-01-01T00:00:10Z", createdOn_lte: "2026-01-01T00:00:20Z" },
      ({ index }) => index > 10 && index <= 20
    ],
    ["createdOn_lt", { createdOn_lt: "2026-01-01T00:00:10Z" }, ({ index }) => index < 10],
    [
      "savedOn range",
      { savedOn_gt: "2026-01-01T00:00:10.500Z", savedOn_lt: "2026-01-01T00:00:13.500Z" },
      ({ index }) => [11, 12].includes(index)
    ],
    ["no status left", { taskStatus_in: ["failed"], taskStatus_not: "failed" }, () => false]
  ];
  it.each(rows)("by %s finds exactly those", async (_, where, fits) => {
    const t = await createTestTasks([definition]);
    const seeded = await seedTasks(t.underlying, 60);
    const expected = seeded.filter((task, index) => fits({ index, ...task })).map(({ id }) => id);
    expect(await readAll(t.tasks, { where, sort: "createdOn_ASC", limit: 9 })).toEqual(expected);
  });

  it("by id, by several ids, and by part of the name in any case", async () => {
    const t = await createTestTasks([definition]);
    const seeded = await seedTasks(t.underlying, 30);
    expect((await t.tasks.listTasks({ where: { id: seeded[4]!.id } })).items.map(({ name }) => name)).toEqual([
      "Task 4"
    ]);
    const some = await t.tasks.listTasks({
      where: { id_in: [seeded[1]!.id, seeded[9]!.id, "unknown"] },
      sort: "name_ASC"
    });
    expect(some.items.map(({ name }) => name)).toEqual(["Task 1", "Task 9"]);
    expect((await t.tasks.listTasks({ search: "TASK 12" })).items.map(({ name }) => name)).toEqual(["Task 12"]);
  });

  it("by parent: children, oldest first or newest first, strongly consistent", async () => {
    const t = await createTestTasks([definition], {});
    const parent = await t.tasks.trigger({ definition: "listed" });
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      await t.clock.advance(10);
      ids.push((await t.tasks.trigger({ definition: "listed", parent: { id: parent.id } })).id);
    }
    await t.tasks.trigger({ definition: "listed" });
    expect(await readAll(t.tasks, { where: { parentId: parent.id }, sort: "createdOn_ASC", limit: 2 })).toEqual(ids);
    expect(await readAll(t.tasks, { where: { parentId_in: [parent.id] }, limit: 2 })).toEqual([...ids].reverse());
  });

  it("says how many there are at least, exactly at the end of the list, and exactly at once when asked to count", async () => {
    const t = await createTestTasks([definition]);
    await seedTasks(t.underlying, 25);
    const first = await t.tasks.listTasks({ limit: 10 });
    expect(first.meta).toMatchObject({ hasMoreItems: true, totalCount: 11, totalCountIsExact: false });
    expect((await t.tasks.listTasks({ limit: 10, count: true })).meta).toMatchObject({
      totalCount: 25,
      totalCountIsExact: true
    });
    const second = await t.tasks.listTasks({ limit: 10, after: first.meta.cursor });
    const third = await t.tasks.listTasks({ limit: 10, after: second.meta.cursor });
    expect(third.meta).toEqual({ cursor: null, hasMoreItems: false, totalCount: 25, totalCountIsExact: true });
  });

  it("reads as much for a page of 10 or 50 with 2,000 tasks stored as with 60", async () => {
    const costs: object[] = [];
    for (const stored of [60, 2_000]) {
      const t = await createTestTasks([definition]);
      await seedTasks(t.underlying, stored);
      for (const limit of [10, 50]) {
        t.storage.reset();
        await t.tasks.listTasks({ limit });
        const { readUnits } = t.storage.counts();
        costs.push({ limit, readUnits });
        expect(readUnits).toBeLessThanOrEqual(limit === 10 ? 8 : 31);
      }
    }
    expect(costs.slice(0, 2)).toEqual(costs.slice(2));
  });

  it("ends a page early rather than hold more than 32 MiB of payloads, and cuts nothing", async () => {
    const t = await createTestTasks([definition]);
    const large = "x".repeat(12 * 1024 * 1024);
    for (let i = 0; i < 4; i++) {
      await t.clock.advance(10);
      await t.tasks.trigger({ definition: "listed", input: { i, large } });
    }
    const first = await t.tasks.listTasks({ limit: 10 });
    expect(first.items.map(({ input }) => [input.i, input.large.length])).toEqual([
      [3, large.length],
      [2, large.length]
    ]);
    expect(first.meta.hasMoreItems).toBe(true);
    const second = await t.tasks.listTasks({ limit: 10, after: first.meta.cursor });
    expect(second.items.map(({ input }) => input.i)).toEqual([1, 0]);
    expect(second.meta.hasMoreItems).toBe(false);
  });

  it("gives nothing wrong while indexes lag behind", async () => {
    const lagging = laggingIndexes(new MemoryStorage(), new MemoryStorage(), { writes: 7 });
    const t = await createTestTasks([definition], { underlying: lagging });
    const seeded = await seedTasks(lagging, 40, { statusOf: () => "running" });
    for (const { id } of seeded.slice(0, 5)) {
      await lagging.update(recordKey(SCOPE, id), equals("format", 1), {
        set: { ...statusAttributes(SCOPE, "others", "success") }
      });
    }
    await lagging.delete(recordKey(SCOPE, seeded[5]!.id));
    const running = await readAll(t.tasks, { where: { taskStatus: "running" }, limit: 7 });
    expect(running.filter(id => seeded.slice(0, 6).some(gone => gone.id === id))).toEqual([]);
    expect(new Set(running).size).toBe(running.length);
    await lagging.catchUp();
    expect(await readAll(t.tasks, { where: { taskStatus: "running" }, limit: 7 })).toHaveLength(34);
  });

  it("leaves tasks of private definitions out where only public ones may be seen", async () => {
    const hidden = createPrivateTaskDefinition({
      id: "hidden",
      title: "Hidden",
      run: async ({ response }) => response.done()
    });
    const t = await createTestTasks([definition, hidden]);
    await seedTasks(t.underlying, 30, { isPrivate: index => index % 2 === 1 });
    const engine = engineOf(await t.host.createContext());
    const visible = await listTasks(engine, { limit: 100, sort: "createdOn_ASC" }, { visibility: "public" });
    expect(visible.items.map(({ name }) => name)).toEqual(
      Array.from({ length: 15 }, (_, index) => `Task ${index * 2}`)
    );
    const counted = await listTasks(engine, { limit: 4, count: true }, { visibility: "public" });
    expect(counted.meta).toMatchObject({ totalCount: 15, totalCountIsExact: true });
    expect(
      (await listTasks(engine, { where: { id: visible.items[0]!.id } }, { visibility: "public" })).items
    ).toHaveLength(1);
    // A cursor of the one list is none of the other.
    await expect(t.tasks.listTasks({ limit: 4, after: counted.meta.cursor })).rejects.toMatchObject({
      code: "INVALID_CURSOR"
    });
  });
});

describe("another tenant or locale", () => {
  it.each([
    { tenant: "other", locale: "en-US" },
    { tenant: "root", locale: "de-DE" }
  ])("$tenant $locale can't reach a task by get, list, logs, abort, delete, update, cursor or parent", async scope => {
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "listed" });
    await t.runToEnd(task);
    await seedTasks(t.underlying, 5);
    const other = await t.tasksOf(scope);
    expect(await other.getTask(task.id)).toBeNull();
    expect((await other.listTasks()).items).toEqual([]);
    expect((await other.listTasks({ where: { id: task.id } })).items).toEqual([]);
    expect((await other.listLogs({ where: { task: task.id } })).items).toEqual([]);
    expect((await other.listLogs()).items).toEqual([]);
    expect(await other.getLog(`${task.id}.1`)).toBeNull();
    const refused = { code: "NOT_FOUND" };
    await expect(other.abort({ id: task.id })).rejects.toMatchObject(refused);
    await expect(other.deleteTask(task.id)).rejects.toMatchObject(refused);
    await expect(other.updateTask(task.id, { name: "Mine" })).rejects.toMatchObject(refused);
    await expect(other.deleteLog(`${task.id}.1`)).rejects.toMatchObject(refused);
    await expect(other.getLatestLog(task.id)).rejects.toMatchObject(refused);
    await expect(other.trigger({ definition: "listed", parent: { id: task.id } })).rejects.toMatchObject(refused);
    const { meta } = await t.tasks.listTasks({ limit: 2 });
    await expect(other.listTasks({ limit: 2, after: meta.cursor })).rejects.toMatchObject({ code: "INVALID_CURSOR" });
    expect((await other.listTasks()).items).toEqual([]);
    expect((await t.tasks.getTask(task.id))?.name).toBe("Listed");
  });
});

describe("bad arguments of a list", () => {
  it.each<[string, ListTasksParams, string, RegExp]>([
    ["limit 0", { limit: 0 }, "INVALID_LIMIT", /whole number from 1 to 1000, got 0/],
    ["limit -1", { limit: -1 }, "INVALID_LIMIT", /got -1/],
    ["limit 1.5", { limit: 1.5 }, "INVALID_LIMIT", /got 1.5/],
    ["limit 1,001", { limit: 1_001 }, "INVALID_LIMIT", /got 1001/],
    ["a malformed cursor", { after: "nonsense" }, "INVALID_CURSOR", /malformed/],
    [
      "a cursor that is JSON of something else",
      { after: Buffer.from("[1,2]").toString("base64url") },
      "INVALID_CURSOR",
      /malformed/
    ],
    [
      "an unknown sort",
      { sort: "size_ASC" },
      "INVALID_SORT",
      /one of createdOn_ASC, createdOn_DESC, id_ASC, id_DESC is possible/
    ],
    ["a sort only small lists have", { sort: ["name_ASC"] }, "INVALID_SORT", /possible here/],
    ["two sorts", { sort: ["id_ASC", "createdOn_ASC"] }, "INVALID_SORT", /can't be sorted by/],
    [
      "an unknown field",
      { where: { size: 1 } as never },
      "INVALID_WHERE",
      /"size" can't be filtered by; there are id, id_not/
    ],
    [
      "a status that is none",
      { where: { taskStatus: "paused" as never } },
      "INVALID_WHERE",
      /must be one of pending, running/
    ],
    ["an id with a #", { where: { id: "a#b" } }, "INVALID_WHERE", /must be an id/],
    ["an _in that is no list", { where: { id_in: "a" as never } }, "INVALID_WHERE", /must be a list/],
    ["a date that is none", { where: { createdOn_gt: "yesterday" } }, "INVALID_WHERE", /must be a date/],
    [
      "101 ids",
      { where: { id_in: Array.from({ length: 101 }, (_, i) => `id${i}`) } },
      "INVALID_WHERE",
      /101 ids, at most 100/
    ],
    [
      "11 definitions of 5 statuses",
      { where: { definitionId_in: Array.from({ length: 11 }, (_, i) => `d${i}`) } },
      "INVALID_WHERE",
      /55 lists/
    ]
  ])("%s is refused, saying why", async (_, params, code, message) => {
    const t = await createTestTasks([definition]);
    await expect(t.tasks.listTasks(params)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("a cursor of another filter or order is refused", async () => {
    const t = await createTestTasks([definition]);
    await seedTasks(t.underlying, 5);
    const { meta } = await t.tasks.listTasks({ limit: 2 });
    for (const params of [
      { where: { taskStatus: "failed" as const } },
      { sort: "createdOn_ASC" },
      { search: "Task" }
    ]) {
      await expect(t.tasks.listTasks({ ...params, limit: 2, after: meta.cursor })).rejects.toMatchObject({
        code: "INVALID_CURSOR",
        message: expect.stringContaining("it belongs to another list")
      });
    }
  });
});
