import { storeFinishedTasks } from "../../bench/seed.js";
import { createTaskDefinition } from "../../src/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { createTestTasks, type TestTasks } from "../helpers/createTestTasks.js";

/** Requests and write units of the work. */
async function costOf(t: TestTasks, work: () => Promise<unknown>) {
  t.storage.reset();
  await work();
  const { requests, writeUnits, readUnits } = t.storage.counts();
  return { requests, writeUnits, readUnits };
}

const paging = createTaskDefinition({
  id: "paging",
  title: "Sync articles",
  run: async ({ input, store, response }) => {
    if (input.log) {
      await store.addInfoLog({ message: "Page done.", data: { page: input.page } });
      await store.addInfoLog({ message: "Next page.", data: { page: input.page + 1 } });
    }
    return input.page < input.pages
      ? response.continue({ page: input.page + 1 })
      : response.done("All synced.", { pages: input.pages });
  }
});
const hooked = createTaskDefinition({
  id: "hooked",
  title: "Hooked",
  run: async ({ response }) => response.done(),
  onDone: async () => {},
  onAbort: async () => {}
});

describe.each([0, 10_000])("what things cost with %i tasks and their logs stored", stored => {
  let t: TestTasks;
  beforeAll(async () => {
    const underlying = new MemoryStorage();
    await storeFinishedTasks(underlying, stored);
    t = await createTestTasks([paging, hooked], { underlying });
    expect((await t.tasks.listTasks({ count: true })).meta.totalCount).toBe(stored);
  });

  it("a trigger: 1 request, 4 write units", async () => {
    expect(await costOf(t, () => t.tasks.trigger({ definition: "paging", input: { page: 1, pages: 1 } }))).toEqual({
      requests: 1,
      writeUnits: 4,
      readUnits: 0
    });
  });

  it("a delayed trigger: 1 read more", async () => {
    expect(
      await costOf(t, () => t.tasks.trigger({ definition: "paging", input: { page: 1, pages: 1 }, delay: 60 }))
    ).toEqual({
      requests: 2,
      writeUnits: 4,
      readUnits: 1
    });
  });

  it("a child's trigger: 2 requests more", async () => {
    const parent = await t.tasks.trigger({ definition: "paging", input: { page: 1, pages: 1 } });
    expect(
      await costOf(t, () =>
        t.tasks.trigger({ definition: "paging", input: { page: 1, pages: 1 }, parent: { id: parent.id } })
      )
    ).toEqual({
      requests: 3,
      writeUnits: 5,
      readUnits: 1
    });
  });

  it("the first iteration: 2 requests, 5 write units for its claim and 1 for its settle", async () => {
    const task = await t.tasks.trigger({ definition: "paging", input: { page: 1, pages: 40 } });
    expect(await costOf(t, () => t.step(t.executionOf(task)))).toEqual({ requests: 2, writeUnits: 6, readUnits: 0 });
  });

  it("every plain iteration after: 2 requests, 2 write units, nothing read, the 30th as the 2nd", async () => {
    const task = await t.tasks.trigger({
      definition: "paging",
      input: { page: 1, pages: 40, folder: "articles/summer", cursor: "MDAwMDAx" }
    });
    await t.step(t.executionOf(task));
    for (let iteration = 2; iteration <= 30; iteration++) {
      expect(await costOf(t, () => t.step(t.executionOf(task)))).toEqual({ requests: 2, writeUnits: 2, readUnits: 0 });
    }
  });

  it("an iteration that logs two lines: 1 request and 1 write unit more", async () => {
    const task = await t.tasks.trigger({ definition: "paging", input: { page: 1, pages: 40, log: true } });
    await t.step(t.executionOf(task));
    expect(await costOf(t, () => t.step(t.executionOf(task)))).toEqual({ requests: 3, writeUnits: 3, readUnits: 0 });
  });

  it("the end without a hook: 7 write units for its one write", async () => {
    const task = await t.tasks.trigger({ definition: "paging", input: { page: 1, pages: 2 } });
    await t.step(t.executionOf(task));
    expect(await costOf(t, () => t.step(t.executionOf(task)))).toEqual({ requests: 2, writeUnits: 8, readUnits: 0 });
  });

  it("the end with a hook: 5 write units, and 3 when the hook is done", async () => {
    const task = await t.tasks.trigger({ definition: "hooked" });
    expect(await costOf(t, () => t.step(t.executionOf(task)))).toEqual({
      requests: 3,
      writeUnits: 5 + 5 + 3,
      readUnits: 0
    });
  });

  it("an abort: 7 write units for its one write", async () => {
    const task = await t.tasks.trigger({ definition: "paging", input: { page: 1, pages: 2 } });
    // Read; abort 7; stop taken off 1; children looked for; children taken off and retention set 3.
    expect(await costOf(t, () => t.tasks.abort({ id: task.id }))).toMatchObject({ requests: 5, writeUnits: 7 + 1 + 3 });
  });

  it("moving due: 2 write units more, about twice an hour", async () => {
    const waiting = createTaskDefinition({
      id: "waiting",
      title: "Waiting",
      run: async ({ response }) => response.continue({}, { seconds: 60 })
    });
    const u = await createTestTasks([waiting]);
    const task = await u.tasks.trigger({ definition: "waiting" });
    const units: number[] = [];
    for (let minute = 0; minute < 120; minute++) {
      units.push((await costOf(u, () => u.step(u.executionOf(task)))).writeUnits);
    }
    expect(units[0]).toBe(6);
    expect(units.slice(1).filter(unit => unit === 4)).toHaveLength(3);
    expect(units.slice(1).filter(unit => unit === 2)).toHaveLength(116);
  });

  it.each([
    [10, 8],
    [50, 31]
  ])("a list of %i: at most %i read units", async (limit, most) => {
    const cost = await costOf(t, () => t.tasks.listTasks({ limit }));
    expect(cost.readUnits).toBeLessThanOrEqual(most);
    expect(cost.requests).toBeLessThanOrEqual(limit === 10 ? 6 : 8);
  });

  it("the latest log: 2 requests, however many logs there are", async () => {
    const task = await t.tasks.trigger({ definition: "paging", input: { page: 1, pages: 60, log: true } });
    await t.runToEnd(task);
    expect(await costOf(t, () => t.tasks.getLatestLog(task.id))).toMatchObject({ requests: 2 });
  });
});

describe("what the state machine costs", () => {
  it("counts 2 transitions and 7 events an iteration, 3 and 9 with a wait", async () => {
    const waiting = createTaskDefinition({
      id: "waiting",
      title: "Waiting",
      run: async ({ store, response }) =>
        response.continue({}, { seconds: store.getTask().iterations % 2 === 0 ? 5 : 0 })
    });
    const t = await createTestTasks([waiting]);
    const task = await t.tasks.trigger({ definition: "waiting" });
    const events = [1];
    for (let i = 0; i < 4; i++) {
      events.push((await t.step(t.executionOf(task))).events);
    }
    expect(events).toEqual([1, 8, 17, 24, 33]);
  });
});
