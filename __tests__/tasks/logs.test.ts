import { releaseDeadLeases } from "../../src/local/releaseDeadLeases.js";
import { createTaskDefinition } from "../../src/index.js";
import type { ListLogsParams, Task, TaskLog, TaskRunParams } from "../../src/index.js";
import { queryAll } from "../../src/storage/batches.js";
import { createTestTasks, type TestTasks } from "../helpers/createTestTasks.js";

// Lines of 1 MiB: no race against the clock of a busy machine.
jest.setTimeout(30_000);

const MIB = 1024 * 1024;
const info = (message: string) => ({ message, createdOn: "2026-01-01T00:00:00.000Z", type: "info" as const });

const silent = createTaskDefinition({ id: "silent", title: "Silent", run: async ({ response }) => response.done() });

/** A handler whose task "logging" runs this body. */
async function withRun(run: (params: TaskRunParams<any, any, any>) => Promise<any>, more: object = {}) {
  const logging = createTaskDefinition<any, any, any>({ id: "logging", title: "Logging", run, ...more });
  return createTestTasks([logging, silent]);
}

/** Triggers it and drives it to its end. */
async function ended(t: TestTasks, input: object = {}, definition = "logging") {
  const task = await t.tasks.trigger({ definition, input });
  await t.runToEnd(task);
  return task;
}

const messages = (log: TaskLog) => log.items.map(({ message }) => message);
const all = async (t: TestTasks, params: ListLogsParams = {}) =>
  (await t.tasks.listLogs(params)).items.map(log => `${log.iteration}: ${messages(log).join(" ")}`);

describe("createLog, updateLog, getLog, deleteLog", () => {
  async function created() {
    const t = await createTestTasks([silent]);
    const task = await t.tasks.createTask({ definitionId: "silent", name: "Logged", input: {} });
    const log = await t.tasks.createLog(task, { executionName: "my-execution", iteration: 3 });
    return { t, task, log };
  }

  it("stores an empty log, which is read by its id and as the latest", async () => {
    const { t, task, log } = await created();
    expect(log).toEqual({
      id: `${task.id}.3`,
      createdOn: "2026-01-01T00:00:00.000Z",
      createdBy: { id: "system", displayName: "System", type: "system" },
      executionName: "my-execution",
      task: task.id,
      iteration: 3,
      items: []
    });
    expect(await t.tasks.getLog(log.id)).toEqual(log);
    expect(await t.tasks.getLatestLog(task.id)).toEqual(log);
    expect((await t.tasks.listLogs()).items).toEqual([log]);
  });

  it("replaces the items: what was there is gone", async () => {
    const { t, log } = await created();
    await t.clock.advance(1_000);
    const first = await t.tasks.updateLog(log.id, { items: [info("one"), info("two")] });
    expect(first).toEqual({ ...log, items: [info("one"), info("two")] });
    const error = { ...info("three"), type: "error" as const, error: { message: "x", code: "C" }, data: { a: [1] } };
    expect(await t.tasks.updateLog(log.id, { items: [error] })).toEqual({ ...log, items: [error] });
    expect(await t.tasks.getLog(log.id)).toEqual({ ...log, items: [error] });
    expect((await t.tasks.updateLog(log.id, { items: [] })).items).toEqual([]);
  });

  it("replaces what the iteration wrote by itself, its final message included", async () => {
    const t = await withRun(async ({ store, response }) => {
      await store.addInfoLog({ message: "own" });
      return response.done("End.");
    });
    const task = await ended(t);
    const log = await t.tasks.getLatestLog(task.id);
    expect(messages(log)).toEqual(["own", "End."]);
    await t.tasks.updateLog(log.id, { items: [info("mine")] });
    expect(messages(await t.tasks.getLatestLog(task.id))).toEqual(["mine"]);
  });

  it("leaves a log that is there as it is when it is created again", async () => {
    const { t, task, log } = await created();
    await t.tasks.updateLog(log.id, { items: [info("kept")] });
    expect(messages(await t.tasks.createLog(task, { executionName: "other", iteration: 3 }))).toEqual(["kept"]);
    await t.tasks.deleteLog(log.id);
    expect(await t.tasks.createLog(task, { executionName: "other", iteration: 3 })).toMatchObject({
      executionName: "other",
      items: []
    });
  });

  it("deletes one log, and not the ones beside it", async () => {
    const { t, task, log } = await created();
    const other = await t.tasks.createLog(task, { executionName: "e", iteration: 30 });
    await t.tasks.updateLog(log.id, { items: [info("x".repeat(400 * 1024))] });
    expect(await t.tasks.deleteLog(log.id)).toBe(true);
    expect(await t.tasks.getLog(log.id)).toBeNull();
    await expect(t.tasks.deleteLog(log.id)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `Log "${log.id}" was not found!`
    });
    await expect(t.tasks.updateLog(log.id, { items: [] })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await t.tasks.listLogs()).items).toEqual([other]);
  });

  it("deletes the log of the iteration that ended the task, final message and all", async () => {
    const t = await createTestTasks([silent]);
    const task = await ended(t, {}, "silent");
    await t.tasks.deleteLog(`${task.id}.1`);
    expect(await t.tasks.getLog(`${task.id}.1`)).toBeNull();
    await expect(t.tasks.getLatestLog(task.id)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `Log of task "${task.id}" was not found!`
    });
  });

  it.each([-1, 1.5, 1_000_000_000, "1"])("refuses the iteration %s", async iteration => {
    const { t, task } = await created();
    await expect(t.tasks.createLog(task, { executionName: "e", iteration: iteration as number })).rejects.toMatchObject(
      {
        code: "INVALID_ARGUMENT",
        message: `The iteration of a log must be a whole number, 0 or more; got ${iteration}.`
      }
    );
  });

  it("finds nothing for an unknown task, an unknown iteration, and what is no id", async () => {
    const { t, task } = await created();
    for (const id of [`${task.id}.4`, task.id, "nobody.1", "", "a.b.c", `${task.id}.03`, `${task.id}.3#`]) {
      expect(await t.tasks.getLog(id)).toBeNull();
    }
    const notFound = { code: "NOT_FOUND", message: 'Task "nobody" was not found!' };
    await expect(t.tasks.createLog({ id: "nobody" }, { executionName: "e", iteration: 1 })).rejects.toMatchObject(
      notFound
    );
    await expect(t.tasks.getLatestLog("nobody")).rejects.toMatchObject(notFound);
  });

  it("a task without a log has no latest one: NOT_FOUND", async () => {
    const t = await createTestTasks([silent]);
    const task = await t.tasks.trigger({ definition: "silent" });
    await expect(t.tasks.getLatestLog(task.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("a line of 1 MiB less a bit goes in and out whole, one over it is refused and changes nothing", async () => {
    const { t, log } = await created();
    const large = info("é".repeat((MIB - 200) / 2));
    await t.tasks.updateLog(log.id, { items: [info("before"), large, info("after")] });
    const read = await t.tasks.getLog(log.id);
    expect(messages(read!).map(message => message.length)).toEqual([6, 524_188, 5]);
    expect(read!.items[1]!.message === large.message).toBe(true);
    await expect(t.tasks.updateLog(log.id, { items: [info("x".repeat(MIB))] })).rejects.toMatchObject({
      code: "PAYLOAD_TOO_LARGE",
      message: expect.stringContaining(
        "The log line is too large: 1,048,643 bytes of JSON, at most 1,048,576 are stored."
      )
    });
    expect(await t.tasks.getLog(log.id)).toEqual(read);
  });

  it("removes the slices of a large log that was replaced, and never writes over those in force", async () => {
    const { t, task, log } = await created();
    const noise = (seed: number) =>
      Array.from({ length: 60_000 }, (_, index) => ((index + seed) * 2_654_435_761).toString(36)).join("");
    const slices = async () => {
      const found: string[] = [];
      for await (const { SK } of queryAll(t.underlying, { partition: `T#root#L#en-US#TASK#${task.id}` })) {
        if (SK.startsWith("P#log")) {
          found.push(SK);
        }
      }
      return found;
    };
    await t.tasks.updateLog(log.id, { items: [info(noise(1))] });
    const first = await slices();
    await t.tasks.updateLog(log.id, { items: [info(noise(2))] });
    const second = await slices();
    expect([first.length > 0, second.length]).toEqual([true, first.length]);
    expect(second.filter(key => first.includes(key))).toEqual([]);
    await t.tasks.updateLog(log.id, { items: [info("small")] });
    expect(await slices()).toEqual([]);
  });
});

describe("the last line of a task's log", () => {
  it.each<[string, (params: TaskRunParams<any, any, any>) => any, object[]]>([
    ["is `Task done.`", ({ response }) => response.done(), [{ message: "Task done.", type: "info" }]],
    [
      "is `Task done.` with an output",
      ({ response }) => response.done({ a: 1 }),
      [{ message: "Task done.", type: "info" }]
    ],
    [
      "is the message of done",
      ({ response }) => response.done("All paged."),
      [{ message: "All paged.", type: "info" }]
    ],
    [
      "is the error that was returned",
      ({ response }) => response.error({ message: "No disk.", code: "DISK", data: { left: 0 } }),
      [{ message: "No disk.", type: "error", error: { message: "No disk.", code: "DISK", data: { left: 0 } } }]
    ],
    [
      "is the error that was thrown",
      () => {
        throw Object.assign(new Error("Broken."), { code: "E_BROKEN" });
      },
      [{ message: "Broken.", type: "error", error: { message: "Broken.", code: "E_BROKEN" } }]
    ]
  ])("%s", async (_, run, expected) => {
    const t = await withRun(async params => run(params));
    const task = await ended(t);
    const log = await t.tasks.getLatestLog(task.id);
    expect(log).toMatchObject({ id: `${task.id}.1`, iteration: 1, items: expected });
    expect(log.items).toHaveLength(1);
  });

  it("is the reason of the abort: own or `Task aborted.`, of a running and of a pending task", async () => {
    const t = await withRun(async ({ store, response }) => {
      await store.addInfoLog({ message: "Working." });
      return response.continue({}, { seconds: 60 });
    });
    const running = await t.tasks.trigger({ definition: "logging" });
    await t.step(t.executionOf(running));
    await t.tasks.abort({ id: running.id, message: "Not today." });
    expect(await t.tasks.getLatestLog(running.id)).toMatchObject({ iteration: 1 });
    expect(messages(await t.tasks.getLatestLog(running.id))).toEqual(["Working.", "Not today."]);

    const pending = await t.tasks.trigger({ definition: "logging" });
    await t.tasks.abort({ id: pending.id });
    const log = await t.tasks.getLatestLog(pending.id);
    expect([log.id, log.iteration, messages(log)]).toEqual([`${pending.id}.0`, 0, ["Task aborted."]]);
    expect(await t.tasks.getLog(log.id)).toEqual(log);
  });

  it("comes after the lines of the last iteration; an iteration before has none, a silent one no log at all", async () => {
    const t = await withRun(async ({ input, store, response }) => {
      if (input.page !== 2) {
        await store.addInfoLog({ message: `Page ${input.page}.` });
      }
      return input.page === 3 ? response.done() : response.continue({ page: input.page + 1 });
    });
    const task = await ended(t, { page: 1 });
    expect(await all(t, { where: { task: task.id } })).toEqual(["3: Page 3. Task done.", "1: Page 1."]);
    expect(await t.tasks.getLog(`${task.id}.2`)).toBeNull();
  });

  it("is there with database logs switched off, and the lines are not", async () => {
    const t = await withRun(
      async ({ store, response }) => {
        await store.addInfoLog({ message: "Nobody hears this." });
        return response.done("End.");
      },
      { disableDatabaseLogs: true }
    );
    expect(messages(await t.tasks.getLatestLog((await ended(t)).id))).toEqual(["End."]);
  });
});

describe("the lines of an iteration", () => {
  it("stand in the order written: several batches, then those of the next attempt after a crash", async () => {
    let attempt = 0;
    const t = await withRun(async ({ store, response }) => {
      attempt += 1;
      for (const batch of [1, 2, 3]) {
        for (const line of [1, 2]) {
          await store.addInfoLog({ message: `${attempt}.${batch}.${line}` });
        }
        await store.save();
        if (attempt === 1 && batch === 2) {
          // The Lambda dies here: nothing after this is ever done.
          crashed();
          await new Promise(() => {});
        }
      }
      return response.done();
    });
    let crashed = () => {};
    const crash = new Promise<void>(resolve => (crashed = resolve));
    const task = await t.tasks.trigger({ definition: "logging" });
    const { state } = t.executionOf(task);
    void t.invoke(t.eventFor(state), { requestId: "11111111-dead" });
    await crash;
    await t.clock.advance(1_000);
    const cause = JSON.stringify({ errorMessage: "RequestId: 11111111-dead Process exited before completing request" });
    const recovered = await t.invoke(t.eventFor(state, { crash: { error: "Lambda.Unknown", cause } }));
    expect(recovered).toMatchObject({ status: "continue", iteration: 1, wait: 2 });
    await t.clock.advance(2_000);
    expect((await t.invoke(t.eventFor(recovered))).status).toBe("done");
    expect(messages(await t.tasks.getLatestLog(task.id))).toEqual([
      "1.1.1",
      "1.1.2",
      "1.2.1",
      "1.2.2",
      "Invocation lost: attempt 1 of iteration 1 crashed or timed out (Lambda.Unknown).",
      "2.1.1",
      "2.1.2",
      "2.2.1",
      "2.2.2",
      "2.3.1",
      "2.3.2",
      "Task done."
    ]);
  });

  it("stay where the attempt is repeated with its number, as after a stop of the local runtime", async () => {
    let start = 0;
    const t = await withRun(async ({ store, response }) => {
      start += 1;
      await store.addInfoLog({ message: `start ${start}` });
      await store.save();
      if (start === 1) {
        crashed();
        await new Promise(() => {});
      }
      return response.done();
    });
    let crashed = () => {};
    const crash = new Promise<void>(resolve => (crashed = resolve));
    const task = await t.tasks.trigger({ definition: "logging" });
    const { state } = t.executionOf(task);
    void t.invoke(t.eventFor(state));
    await crash;
    await releaseDeadLeases(t.underlying, t.clock.now());
    await t.clock.advance(1_000);
    expect((await t.invoke(t.eventFor(state))).status).toBe("done");
    expect(messages(await t.tasks.getLatestLog(task.id))).toEqual(["start 1", "start 2", "Task done."]);
  });

  it("go in and out whole up to 1 MiB, and over it fail the iteration with PAYLOAD_TOO_LARGE", async () => {
    const t = await withRun(async ({ input, store, response }) => {
      await store.addInfoLog({ message: "x".repeat(input.length), data: { after: "whole" } });
      return response.done();
    });
    const whole = await ended(t, { length: MIB - 200 });
    const log = await t.tasks.getLatestLog(whole.id);
    expect([log.items[0]!.message === "x".repeat(MIB - 200), log.items[0]!.data]).toEqual([true, { after: "whole" }]);
    const refused = await ended(t, { length: MIB });
    expect(await t.tasks.getTask(refused.id)).toMatchObject({
      taskStatus: "failed",
      error: { code: "PAYLOAD_TOO_LARGE" }
    });
  });
});

describe("listLogs", () => {
  /** 12 tasks of 4 iterations; each iteration logs, and the last one ends the task. */
  async function twelve() {
    const t = await withRun(async ({ input, store, response }) => {
      await store.addInfoLog({ message: `${input.task}.${input.page}` });
      return input.page === 4 ? response.done("End.") : response.continue({ page: input.page + 1 });
    });
    const tasks: Task[] = [];
    for (let task = 1; task <= 12; task++) {
      await t.clock.advance(1_000);
      tasks.push(await ended(t, { task, page: 1 }));
    }
    return { t, tasks };
  }
  let shared: Awaited<ReturnType<typeof twelve>>;
  beforeAll(async () => {
    shared = await twelve();
  });
  const first = (logs: TaskLog[]) => logs.map(log => log.items[0]!.message);

  it.each<[string, (ids: string[]) => ListLogsParams, string[]]>([
    ["task", ids => ({ where: { task: ids[2] } }), ["3.4", "3.3", "3.2", "3.1"]],
    ["task, oldest first", ids => ({ where: { task: ids[2] }, sort: ["createdOn_ASC"] }), ["3.1", "3.2", "3.3", "3.4"]],
    ["task, unknown", () => ({ where: { task: "nobody" } }), []],
    ["task_in, newest task first", ids => ({ where: { task_in: [ids[0]!, ids[4]!], iteration: 1 } }), ["5.1", "1.1"]],
    [
      "task_in, oldest first",
      ids => ({ where: { task_in: [ids[4]!, ids[0]!], iteration: 1 }, sort: "createdOn_ASC" }),
      ["1.1", "5.1"]
    ],
    ["task_in with task", ids => ({ where: { task_in: [ids[0]!, ids[4]!], task: ids[4], iteration: 1 } }), ["5.1"]],
    ["task_in, empty", () => ({ where: { task_in: [] } }), []],
    [
      "task_not with task_in",
      ids => ({ where: { task_in: [ids[0]!, ids[4]!], task_not: ids[4], iteration: 1 } }),
      ["1.1"]
    ],
    ["task_not", ids => ({ where: { task_not: ids[11], iteration: 1 }, limit: 2 }), ["11.1", "10.1"]],
    ["iteration", ids => ({ where: { task: ids[2], iteration: 2 } }), ["3.2"]],
    ["iteration, the last one", ids => ({ where: { task: ids[2], iteration: 4 } }), ["3.4"]],
    ["iteration_not", ids => ({ where: { task: ids[2], iteration_not: 4 } }), ["3.3", "3.2", "3.1"]],
    ["iteration_gt", ids => ({ where: { task: ids[2], iteration_gt: 2 } }), ["3.4", "3.3"]],
    ["iteration_gte", ids => ({ where: { task: ids[2], iteration_gte: 2 } }), ["3.4", "3.3", "3.2"]],
    ["iteration_lt", ids => ({ where: { task: ids[2], iteration_lt: 2 } }), ["3.1"]],
    ["iteration_lte", ids => ({ where: { task: ids[2], iteration_lte: 2 } }), ["3.2", "3.1"]],
    ["iterations between", ids => ({ where: { task: ids[2], iteration_gt: 1, iteration_lt: 4 } }), ["3.3", "3.2"]],
    ["iterations, none there", ids => ({ where: { task: ids[2], iteration_gt: 4 } }), []],
    ["limit", () => ({ limit: 5 }), ["12.4", "12.3", "12.2", "12.1", "11.4"]]
  ])("filters and sorts: %s", async (_, params, expected) => {
    const { items } = await shared.t.tasks.listLogs(params(shared.tasks.map(({ id }) => id)));
    expect(first(items)).toEqual(expected);
  });

  describe.each([1, 3, 4, 7, 48])("with %s a page", limit => {
    it.each(["createdOn_DESC", "createdOn_ASC"])("gives each log of all tasks once, %s", async sort => {
      const expected = Array.from({ length: 48 }, (_, index) => `${Math.floor(index / 4) + 1}.${(index % 4) + 1}`);
      if (sort === "createdOn_DESC") {
        expected.reverse();
      }
      const listed: string[] = [];
      let pages = 0;
      let after: string | null = null;
      do {
        const page: Awaited<ReturnType<TestTasks["tasks"]["listLogs"]>> = await shared.t.tasks.listLogs({
          limit,
          sort: [sort],
          after
        });
        listed.push(...first(page.items));
        pages += 1;
        after = page.meta.cursor;
        expect(page.meta).toMatchObject({
          hasMoreItems: after !== null,
          totalCount: after === null ? 48 : listed.length + 1,
          totalCountIsExact: after === null
        });
      } while (after !== null);
      expect(listed).toEqual(expected);
      expect(pages).toBe(Math.ceil(48 / limit));
    });
  });

  it("walks at most 100 tasks a call: pages may be short, and each log comes once", async () => {
    const t = await createTestTasks([silent]);
    const created = [];
    for (let index = 0; index < 230; index++) {
      await t.clock.advance(1);
      const task = await t.tasks.createTask({ definitionId: "silent", name: "Logged", input: {} });
      if (index % 50 === 0) {
        created.push((await t.tasks.createLog(task, { executionName: "e", iteration: 1 })).id);
      }
    }
    const listed: string[] = [];
    let calls = 0;
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<TestTasks["tasks"]["listLogs"]>> = await t.tasks.listLogs({ after });
      listed.push(...page.items.map(({ id }) => id));
      calls += 1;
      after = page.meta.cursor;
    } while (after !== null);
    expect(listed).toEqual(created.reverse());
    expect(calls).toBe(3);
  });

  it("refuses what it can't do, and names what it can", async () => {
    const { tasks } = shared.t;
    for (const [params, code, message] of [
      [
        { where: { name: "x" } },
        "INVALID_WHERE",
        'Logs can\'t be filtered by "name"; there are task, task_in, task_not, iteration'
      ],
      [{ where: { task: 5 } }, "INVALID_WHERE", '"task" must be an id.'],
      [{ where: { task_in: "x" } }, "INVALID_WHERE", '"task_in" must be a list of at most 100 ids.'],
      [
        { where: { task_in: Array.from({ length: 101 }, () => "x") } },
        "INVALID_WHERE",
        '"task_in" must be a list of at most 100 ids.'
      ],
      [{ where: { iteration_gt: 1.5 } }, "INVALID_WHERE", '"iteration_gt" must be a whole number.'],
      [{ sort: ["iteration_ASC"] }, "INVALID_SORT", "one of createdOn_ASC, createdOn_DESC is possible here."],
      [{ limit: 0 }, "INVALID_LIMIT", "The limit must be a whole number from 1 to 1000, got 0."],
      [{ after: "x" }, "INVALID_CURSOR", "it is malformed"]
    ] as const) {
      await expect(tasks.listLogs(params as never)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(message)
      });
    }
    const { meta } = await tasks.listLogs({ limit: 1 });
    await expect(tasks.listLogs({ limit: 1, where: { iteration: 1 }, after: meta.cursor })).rejects.toMatchObject({
      code: "INVALID_CURSOR"
    });
  });

  it("reads the latest log without reading those before", async () => {
    const { t, tasks } = shared;
    t.storage.reset();
    const log = await t.tasks.getLatestLog(tasks[0]!.id);
    expect(messages(log)).toEqual(["1.4", "End."]);
    expect(t.storage.counts().requests).toBe(2);
  });
});
