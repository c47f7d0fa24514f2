import { createPrivateTaskDefinition, createTaskDefinition, type TaskDefinitionParams } from "../../src/index.js";
import { createTestTasks } from "../helpers/createTestTasks.js";

type Run = TaskDefinitionParams<any, any, any>["run"];

/** A task with all hooks, which writes down what happens. */
function recording(run: Run, more: object = {}) {
  const events: string[] = [];
  const seen: Record<string, unknown> = {};
  const note = (name: string) => async (params: { task: { taskStatus: string } }) => {
    events.push(`${name} ${params.task.taskStatus}`);
    seen[name] = params.task;
  };
  const definition = createTaskDefinition<any, any, any>({
    id: "recording",
    title: "Recording",
    run,
    onBeforeTrigger: async ({ input }) => {
      events.push(`onBeforeTrigger ${JSON.stringify(input)}`);
    },
    onDone: note("onDone"),
    onError: note("onError"),
    onAbort: note("onAbort"),
    onMaxIterations: note("onMaxIterations"),
    ...more
  });
  return { definition, events, seen };
}

describe("one task from trigger to done", () => {
  it("is pending when triggered, running in its iterations, and a success with its output at the end", async () => {
    const statuses: string[] = [];
    const { definition, events, seen } = recording(async ({ input, response, store }) => {
      statuses.push(`${store.getStatus()} ${store.getTask().iterations} ${JSON.stringify(input)}`);
      return input.page < 3
        ? response.continue({ page: input.page + 1 })
        : response.done("All pages done.", { pages: input.page });
    });
    const t = await createTestTasks([definition]);

    const task = await t.tasks.trigger({ definition: "recording", input: { page: 1, folder: "summer" } });
    expect(task).toMatchObject({
      name: "Recording",
      definitionId: "recording",
      taskStatus: "pending",
      iterations: 0,
      executionName: "",
      input: { page: 1, folder: "summer" },
      createdOn: "2026-01-01T00:00:00.000Z",
      createdBy: { id: "system", displayName: "System", type: "system" }
    });
    expect(task.startedOn).toBeUndefined();

    const state = await t.runToEnd(task);
    expect(state).toEqual({
      webinyTaskId: task.id,
      webinyTaskDefinitionId: "recording",
      tenant: "root",
      locale: "en-US",
      status: "done",
      wait: 0,
      iteration: 3,
      execution: 1,
      // 1 for the start and 7 for each of three iterations.
      events: 22,
      delay: -1,
      error: null
    });
    expect(statuses).toEqual([
      'running 1 {"page":1,"folder":"summer"}',
      'running 2 {"page":2,"folder":"summer"}',
      'running 3 {"page":3,"folder":"summer"}'
    ]);
    const done = await t.tasks.getTask(task.id);
    expect(done).toMatchObject({
      taskStatus: "success",
      iterations: 3,
      executionName: `recording_${task.id}_1`,
      input: { page: 3, folder: "summer" },
      output: { pages: 3 },
      message: "All pages done.",
      startedOn: "2026-01-01T00:00:00.000Z",
      finishedOn: "2026-01-01T00:00:00.000Z"
    });
    expect(done?.recent).toHaveLength(3);
    expect(events).toEqual(['onBeforeTrigger {"page":1,"folder":"summer"}', "onDone success"]);
    expect(seen.onDone).toMatchObject({ id: task.id, output: { pages: 3 }, finishedOn: "2026-01-01T00:00:00.000Z" });
    expect((await t.record(task.id))?.owed).toBeUndefined();
  });

  it("stores nothing when onBeforeTrigger throws", async () => {
    const { definition } = recording(async ({ response }) => response.done(), {
      onBeforeTrigger: async () => {
        throw new Error("Already syncing.");
      }
    });
    const t = await createTestTasks([definition]);
    await expect(t.tasks.trigger({ definition: "recording" })).rejects.toThrow("Already syncing.");
    expect(t.executions.size).toBe(0);
    expect((await t.tasks.listTasks()).items).toEqual([]);
  });

  it("waits as long as continue says, and no Lambda runs meanwhile", async () => {
    const times: number[] = [];
    const { definition } = recording(async ({ input, response }) => {
      times.push(t.clock.now());
      return input.again ? response.continue({ again: false }, { seconds: 90.2 }) : response.done();
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "recording", input: { again: true } });
    const execution = t.executionOf(task);
    expect(await t.step(execution)).toMatchObject({ status: "continue", wait: 91, iteration: 2, events: 10 });
    expect((await t.tasks.getTask(task.id))?.nextAt).toBe("2026-01-01T00:01:31.000Z");
    await t.runToEnd(task);
    expect((times[1] as number) - (times[0] as number)).toBe(91_000);
    expect((await t.tasks.getTask(task.id))?.nextAt).toBeUndefined();
  });

  it("waits until a date, and not at all for one in the past or under a second", async () => {
    const waits: object[] = [
      { date: new Date("2026-01-01T00:00:30.500Z") },
      { date: "2025-12-31T00:00:00Z" },
      { seconds: 0.9 }
    ];
    const { definition } = recording(async ({ response }) => {
      const options = waits.shift();
      return options === undefined ? response.done() : response.continue({}, options);
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "recording" });
    const execution = t.executionOf(task);
    expect((await t.step(execution)).wait).toBe(31);
    expect((await t.step(execution)).wait).toBe(0);
    expect((await t.step(execution)).wait).toBe(0);
    expect((await t.step(execution)).status).toBe("done");
  });

  it("starts a delayed task with a wait of the machine, not with a Lambda", async () => {
    const { definition } = recording(async ({ response }) => response.done());
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "recording", delay: 3600 });
    expect(t.executionOf(task).state).toMatchObject({ status: "continue", wait: 3600, iteration: 1, events: 1 });
    await t.runToEnd(task);
    expect((await t.tasks.getTask(task.id))?.startedOn).toBe("2026-01-01T01:00:00.000Z");
  });

  it("removes a key from the input that continue sets to undefined, and replaces values instead of merging them", async () => {
    const { definition } = recording(async ({ input, response }) =>
      input.first ? response.continue({ first: undefined, list: [2], deep: { b: 2 } }) : response.done()
    );
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({
      definition: "recording",
      input: { first: true, list: [1], deep: { a: 1 }, kept: "yes" }
    });
    await t.runToEnd(task);
    expect((await t.tasks.getTask(task.id))?.input).toEqual({ list: [2], deep: { b: 2 }, kept: "yes" });
  });

  it("hands run a copy of the input", async () => {
    const { definition } = recording(async ({ input, response }) => {
      input.list.push("changed");
      return response.done();
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "recording", input: { list: [] } });
    await t.runToEnd(task);
    expect((await t.tasks.getTask(task.id))?.input).toEqual({ list: [] });
  });

  it("runs as the task's creator, authorization off, and puts authorization back on afterwards", async () => {
    const seen: unknown[] = [];
    const definition = createPrivateTaskDefinition<any>({
      id: "whoAmI",
      title: "Who am I",
      async run({ context, response }) {
        seen.push(context.security.getIdentity(), await context.security.getPermissions("tasks"));
        return response.done();
      }
    });
    const t = await createTestTasks([definition]);
    const context: any = await t.host.createContext();
    context.security.setIdentity({ id: "ann", displayName: "Ann", type: "admin" });
    const task = await context.tasks.trigger({ definition: "whoAmI" });
    await t.runToEnd(task);
    expect(seen).toEqual([{ id: "ann", displayName: "Ann", type: "admin" }, [{ name: "*" }]]);
    expect(await context.security.getPermissions("tasks")).toEqual([]);
  });
});

describe("a task that fails", () => {
  const failing: [string, Run, { code: string; message: string | RegExp }][] = [
    [
      "throws",
      async () => {
        throw Object.assign(new Error("Disk full."), { code: "DISK", data: { free: 0 } });
      },
      { code: "DISK", message: "Disk full." }
    ],
    [
      "throws an object without a text",
      async () => {
        throw Object.create(null);
      },
      { code: "RUN_ERROR", message: "[object Object]" }
    ],
    [
      "returns an error",
      async ({ response }) => response.error(new Error("No such folder.")),
      { code: "RUN_ERROR", message: "No such folder." }
    ],
    [
      "returns an error text",
      async ({ response }) => response.error("Just a text."),
      { code: "RUN_ERROR", message: "Just a text." }
    ],
    ["returns nothing", async () => undefined as never, { code: "INVALID_RESULT", message: /it returned nothing/ }],
    [
      "returns something else",
      async () => ({ ok: true }) as never,
      { code: "INVALID_RESULT", message: /must return what response/ }
    ],
    [
      "returns an unknown status",
      async ({ response }) => ({ ...response.done(), status: "paused" }) as never,
      { code: "INVALID_RESULT", message: /its status is "paused"/ }
    ],
    [
      "returns another task's result",
      async ({ response }) => ({ ...response.done(), webinyTaskId: "another" }),
      { code: "INVALID_RESULT", message: /a result of the task "another"/ }
    ],
    [
      "waits longer than 355 days",
      async ({ response }) => response.continue({}, { seconds: 355 * 86_400 + 1 }),
      { code: "MAX_DELAY_ERROR", message: "The maximum delay for a task is 355 days." }
    ]
  ];

  it.each(failing)("ends as failed when run %s", async (_, run, error) => {
    const { definition, events, seen } = recording(run);
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "recording" });
    const state = await t.runToEnd(task);
    expect(state).toMatchObject({ status: "error", error: { code: error.code }, iteration: 1 });
    const failed = await t.tasks.getTask(task.id);
    expect(failed).toMatchObject({
      taskStatus: "failed",
      error: { code: error.code },
      output: { error: { code: error.code } }
    });
    expect(failed?.error?.message).toEqual(
      typeof error.message === "string" ? error.message : expect.stringMatching(error.message)
    );
    expect(failed?.finishedOn).toBe(new Date(t.clock.now()).toISOString());
    expect(events.slice(1)).toEqual(["onError failed"]);
    expect(seen.onError).toMatchObject({ error: { code: error.code } });
  });

  it("keeps the output it had saved beside the error", async () => {
    const { definition } = recording(async ({ store }) => {
      await store.updateOutput({ synced: 7 });
      throw new Error("Then it broke.");
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "recording" });
    await t.runToEnd(task);
    expect((await t.tasks.getTask(task.id))?.output).toMatchObject({ synced: 7, error: { message: "Then it broke." } });
  });

  it("stores an error whose data is not JSON without that data, and says so", async () => {
    const { definition } = recording(async ({ response }) => response.error({ message: "Odd.", data: { big: 1n } }));
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "recording" });
    await t.runToEnd(task);
    expect((await t.tasks.getTask(task.id))?.error).toMatchObject({
      message: "Odd.",
      data: { notStored: expect.stringContaining("bigint") }
    });
  });

  it("stops after maxIterations: onMaxIterations, then onError, and no 501st run", async () => {
    let runs = 0;
    const { definition, events } = recording(async ({ response }) => {
      runs += 1;
      return response.continue({});
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "recording" });
    const state = await t.runToEnd(task);
    expect(runs).toBe(500);
    expect(state).toMatchObject({
      status: "error",
      error: { code: "MAX_ITERATIONS", message: "Task reached max iterations." }
    });
    expect(events.slice(1)).toEqual(["onMaxIterations failed", "onError failed"]);
    expect(await t.tasks.getTask(task.id)).toMatchObject({
      taskStatus: "failed",
      iterations: 500,
      error: { code: "MAX_ITERATIONS" }
    });
    // The same delivery again: the same answer, no hook twice.
    const again = await t.invoke(t.eventFor({ ...state, iteration: 501 }));
    expect(again).toMatchObject({ status: "error", error: { code: "MAX_ITERATIONS" } });
    expect(events).toHaveLength(3);
  });

  it("fails a task whose definition is gone, and answers what Webiny answers", async () => {
    const { definition } = recording(async ({ response }) => response.done());
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "recording" });
    const without = await createTestTasks([], { underlying: t.underlying });
    const state = await without.invoke(t.eventFor(t.executionOf(task).state));
    expect(state).toMatchObject({
      status: "error",
      error: {
        code: "TASK_DEFINITION_ERROR",
        message: `Task "${task.id}" cannot be executed because there is no "recording" definition plugin.`
      }
    });
    expect((await t.tasks.getTask(task.id))?.taskStatus).toBe("failed");
  });

  it("answers TASK_NOT_FOUND for a task that is not stored", async () => {
    const { definition } = recording(async ({ response }) => response.done());
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "recording" });
    const state = { ...t.executionOf(task).state, webinyTaskId: "01AAAAAAAAAAAAAAAAAAAAAAAA" };
    expect((await t.invoke(t.eventFor(state))).error).toEqual({
      code: "TASK_NOT_FOUND",
      message: 'Task "01AAAAAAAAAAAAAAAAAAAAAAAA" cannot be executed because it does not exist.'
    });
  });
});

describe("hooks", () => {
  it("are tried three times when they throw, given up with a line in the log, and hide neither status nor error", async () => {
    let calls = 0;
    const { definition } = recording(
      async () => {
        throw new Error("The first error.");
      },
      {
        onError: async () => {
          calls += 1;
          throw new Error("The hook is broken.");
        }
      }
    );
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "recording" });
    const ended = t.runToEnd(task);
    await t.clock.advance(10_000);
    expect(await ended).toMatchObject({ status: "error", error: { message: "The first error." } });
    expect(calls).toBe(3);
    expect(await t.record(task.id)).toMatchObject({ taskStatus: "failed" });
    expect((await t.record(task.id))?.owed).toBeUndefined();
    const log = await t.tasks.getLatestLog(task.id);
    expect(log.items.map(({ message }) => message)).toEqual(
      expect.arrayContaining(['"onError" failed 3 times and was given up.', "The first error."])
    );
  });

  it("go on after a hook that throws once", async () => {
    let calls = 0;
    const { definition } = recording(async ({ response }) => response.done(), {
      onDone: async () => {
        calls += 1;
        if (calls === 1) {
          throw new Error("Once.");
        }
      }
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "recording" });
    const ended = t.runToEnd(task);
    await t.clock.advance(10_000);
    await ended;
    expect(calls).toBe(2);
  });
});
