import { createTaskDefinition, type Task } from "../../src/index.js";
import { TasksError } from "../../src/errors.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { createTestTasks, type TestTasks } from "../helpers/createTestTasks.js";
import { settle } from "../helpers/settle.js";

const never = () => new Promise<never>(() => {});

/** Crashes the invocation of an iteration: it hangs for ever in the test's process, as a killed one would be gone. */
async function crash(t: TestTasks, state: Parameters<TestTasks["eventFor"]>[0], requestId: string) {
  void t.invoke(t.eventFor(state), { requestId });
  await settle();
  return {
    error: "Lambda.Unknown",
    cause: `The cause could not be determined. RequestId: ${requestId} Error: Runtime exited with error: signal: killed`
  };
}

describe("Recover", () => {
  it("frees the lease of the invocation its cause names, and runs the same iteration again after 2, then 4 seconds", async () => {
    const runs: number[] = [];
    const definition = createTaskDefinition({
      id: "crashing",
      title: "Crashing",
      async run({ store, response }) {
        runs.push(store.getTask().attempt);
        return runs.length < 3 ? never() : response.done("At last.");
      }
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "crashing" });
    const start = t.executionOf(task).state;

    const first = await t.invoke(t.eventFor(start, { crash: await crash(t, start, "11111111-aaaa") }));
    // 1 for the start; 7 for Run that failed and 7 for Recover, 2 for the Wait.
    expect(first).toMatchObject({ status: "continue", iteration: 1, wait: 2, events: 17 });
    await t.clock.advance(2_000);
    const second = await t.invoke(t.eventFor(first, { crash: await crash(t, first, "22222222-bbbb") }));
    expect(second).toMatchObject({ status: "continue", iteration: 1, wait: 4 });
    await t.clock.advance(4_000);
    expect((await t.invoke(t.eventFor(second))).status).toBe("done");
    expect(runs).toEqual([1, 2, 3]);
    const log = await t.tasks.getLatestLog(task.id);
    expect(log.items.map(({ message }) => message)).toEqual([
      "Invocation lost: attempt 1 of iteration 1 crashed or timed out (Lambda.Unknown).",
      "Invocation lost: attempt 2 of iteration 1 crashed or timed out (Lambda.Unknown).",
      "At last."
    ]);
  });

  it("counts a crash before the claim also after one behind it, so that a broken deploy comes to an end", async () => {
    const definition = createTaskDefinition({ id: "crashing", title: "Crashing", run: never });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "crashing" });
    const start = t.executionOf(task).state;
    let state = await t.invoke(t.eventFor(start, { crash: await crash(t, start, "11111111") }));
    // From here on the code does not even load.
    const broken = { error: "Runtime.ImportModuleError", cause: "RequestId: 22222222 Error: Cannot find module" };
    const statuses: unknown[] = [];
    for (let turn = 0; turn < 2; turn++) {
      await t.clock.advance(state.wait * 1000);
      state = await t.invoke(t.eventFor(state, { crash: broken }));
      statuses.push(state.status);
    }
    expect(statuses).toEqual(["continue", "error"]);
    expect(state).toMatchObject({ error: { code: "INVOCATION_LOST" } });
  });

  it("counts a loss once, however often Recover is called for it", async () => {
    const definition = createTaskDefinition({ id: "crashing", title: "Crashing", run: never });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "crashing" });
    const start = t.executionOf(task).state;
    const event = t.eventFor(start, { crash: await crash(t, start, "11111111") });
    await t.invoke(event);
    expect(await t.invoke(event)).toMatchObject({ status: "continue", wait: 2 });
    expect(await t.record(task.id)).toMatchObject({ attempt: 1 });
  });

  describe("a storage that is out of reach", () => {
    /** A storage whose writes of records fail while `isDown` says so. */
    function unreachable(isDown: () => boolean) {
      const memory = new MemoryStorage();
      const fail = () => Promise.reject(new TasksError("STORAGE_UNAVAILABLE", "DynamoDB is throttled."));
      return Object.assign(Object.create(memory) as MemoryStorage, {
        update: (...args: Parameters<MemoryStorage["update"]>) => (isDown() ? fail() : memory.update(...args))
      });
    }

    /** Drives the task as the machine does: what `invoke` throws is a crash. Each turn's answer, or null. */
    async function drive(t: TestTasks, task: Pick<Task, "id" | "definitionId">, turns: number) {
      let { state } = t.executionOf(task);
      let crash: object | undefined;
      const told: { error: string; cause: string }[] = [];
      for (let turn = 0; turn < turns && state.status === "continue"; turn++) {
        await t.clock.advance(crash === undefined ? state.wait * 1000 : 0);
        try {
          state = await t.invoke(t.eventFor(state, { crash }), { requestId: `request-${turn}` });
          crash = undefined;
        } catch (error) {
          const { name, message } = error as Error;
          const cause = { error: name, cause: JSON.stringify({ errorType: name, errorMessage: message }) };
          told.push(cause);
          crash = cause;
        }
      }
      return { state, told };
    }

    it.each(["claim", "store", "settle"] as const)("in the %s costs the task none of its attempts", async where => {
      let failures = 0;
      let place = "claim";
      const definition = createTaskDefinition({
        id: "patient",
        title: "Patient",
        lostInvocationAttempts: 2,
        async run({ store, response }) {
          place = "store";
          await store.updateOutput({ seen: true }, { save: true });
          place = "settle";
          return response.done("At last.");
        }
      });
      let calls = 0;
      const storage = unreachable(() => {
        // Recover's own writes pass.
        if (place !== where || isRecovering || failures === 10) {
          return false;
        }
        failures += 1;
        return true;
      });
      let isRecovering = false;
      const t = await createTestTasks([definition], { underlying: storage });
      const invoke = t.invoke;
      t.invoke = (event, lambda) => {
        isRecovering = (event as { payload: { crash?: unknown } }).payload.crash !== undefined;
        place = "claim";
        calls += 1;
        return invoke(event, lambda);
      };
      const task = await t.tasks.trigger({ definition: "patient" });
      const { state, told } = await drive(t, task, 50);
      expect([state.status, failures, calls]).toEqual(["done", 10, 21]);
      expect(told).toHaveLength(10);
      expect(told[0]).toMatchObject({ error: "STORAGE_UNAVAILABLE", cause: expect.stringContaining("request-0") });
      expect(await t.tasks.getTask(task.id)).toMatchObject({ taskStatus: "success", iterations: 1 });
      // One line for ten losses.
      const lines = (await t.tasks.listLogs({ where: { task: task.id } })).items.flatMap(({ items }) => items);
      expect(lines.map(({ message }) => message).sort()).toEqual([
        "At last.",
        "Invocation lost: an attempt of iteration 1 could not reach the storage; it is not counted (STORAGE_UNAVAILABLE)."
      ]);
    });

    it("that never comes back for this task is no endless loop: after 99 times they count", async () => {
      const definition = createTaskDefinition({
        id: "hopeless",
        title: "Hopeless",
        async run() {
          throw new TasksError("STORAGE_UNAVAILABLE", "DynamoDB is throttled.");
        }
      });
      const t = await createTestTasks([definition]);
      const task = await t.tasks.trigger({ definition: "hopeless" });
      const before = t.clock.now();
      const { state, told } = await drive(t, task, 500);
      expect(state).toMatchObject({ status: "error", error: { code: "INVOCATION_LOST" } });
      expect(told).toHaveLength(99 + 3);
      // 2, 4, … 32, then a minute each; two attempts more wait 2 and 4 seconds.
      expect(t.clock.now() - before).toBe((62 + 94 * 60 + 6) * 1000);
    });
  });

  it("fails the task with INVOCATION_LOST after three lost attempts, and onError runs", async () => {
    const hooks: string[] = [];
    const definition = createTaskDefinition({
      id: "crashing",
      title: "Crashing",
      run: never,
      async onError({ task }) {
        hooks.push(`onError ${task.error?.code}`);
      }
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "crashing" });
    let state = t.executionOf(task).state;
    for (const requestId of ["11111111", "22222222", "33333333"]) {
      state = await t.invoke(t.eventFor(state, { crash: await crash(t, state, requestId) }));
      await t.clock.advance(state.wait * 1000);
    }
    expect(state).toMatchObject({ status: "error", error: { code: "INVOCATION_LOST" } });
    expect(hooks).toEqual(["onError INVOCATION_LOST"]);
    expect(await t.tasks.getTask(task.id)).toMatchObject({
      taskStatus: "failed",
      error: { code: "INVOCATION_LOST", data: { attempts: 3, crash: { error: "Lambda.Unknown" } } }
    });
  });

  it("starts the count anew with each iteration", async () => {
    let crashes = 0;
    const definition = createTaskDefinition({
      id: "crashing",
      title: "Crashing",
      async run({ input, store, response }) {
        if (store.getTask().attempt < 3) {
          crashes += 1;
          return never();
        }
        const page = (input.page ?? 0) + 1;
        return page === 3 ? response.done() : response.continue({ page });
      }
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "crashing" });
    let state = t.executionOf(task).state;
    for (let turn = 0; state.status === "continue"; turn++) {
      await t.clock.advance(state.wait * 1000);
      state =
        turn % 3 === 2
          ? await t.invoke(t.eventFor(state))
          : await t.invoke(t.eventFor(state, { crash: await crash(t, state, `${turn}1111111`) }));
    }
    expect([state.status, crashes]).toEqual(["done", 6]);
  });

  it("waits for the lease when the cause does not name its holder", async () => {
    const definition = createTaskDefinition({ id: "crashing", title: "Crashing", run: never });
    const t = await createTestTasks([definition], { lambdaSeconds: 20 });
    const task = await t.tasks.trigger({ definition: "crashing" });
    const start = t.executionOf(task).state;
    await crash(t, start, "11111111");
    const vague = { crash: { error: "States.Timeout", cause: "" } };
    expect(await t.invoke(t.eventFor(start, vague))).toMatchObject({ status: "continue", iteration: 1, wait: 30 });
    await t.clock.advance(60_000);
    expect(await t.invoke(t.eventFor(start, vague))).toMatchObject({ status: "continue", iteration: 1, wait: 20 });
    await t.clock.advance(20_001);
    expect(await t.invoke(t.eventFor(start, vague))).toMatchObject({ status: "continue", iteration: 1, wait: 2 });
    expect((await t.record(task.id))?.attempt).toBe(1);
  });

  it("counts a crash before the claim too", async () => {
    const runs: number[] = [];
    const definition = createTaskDefinition({
      id: "crashing",
      title: "Crashing",
      async run({ response }) {
        runs.push(1);
        return response.done();
      }
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "crashing" });
    let state = t.executionOf(task).state;
    const event = { crash: { error: "Runtime.ImportModuleError", cause: '{"errorType":"Runtime.ImportModuleError"}' } };
    state = await t.invoke(t.eventFor(state, event));
    expect(state).toMatchObject({ status: "continue", iteration: 1, wait: 2 });
    await t.clock.advance(2_000);
    state = await t.invoke(t.eventFor(state, event));
    expect(state).toMatchObject({ status: "continue", iteration: 1, wait: 4 });
    await t.clock.advance(4_000);
    state = await t.invoke(t.eventFor(state, event));
    expect(state).toMatchObject({ status: "error", error: { code: "INVOCATION_LOST" } });
    expect(runs).toEqual([]);
  });

  it("after a crash between settle and answer: goes on with the next iteration and counts nothing", async () => {
    const runs: number[] = [];
    const definition = createTaskDefinition({
      id: "crashing",
      title: "Crashing",
      async run({ input, response }) {
        runs.push(input.page ?? 0);
        return input.page ? response.done() : response.continue({ page: 1 });
      }
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "crashing" });
    const start = t.executionOf(task).state;
    await t.invoke(t.eventFor(start), { requestId: "11111111" });
    const state = await t.invoke(
      t.eventFor(start, { crash: { error: "Lambda.Unknown", cause: "RequestId: 11111111" } })
    );
    expect(state).toMatchObject({ status: "continue", iteration: 2, wait: 0 });
    expect((await t.invoke(t.eventFor(state))).status).toBe("done");
    expect(runs).toEqual([0, 1]);
  });

  it("after a crash between settle and hook: runs the hook that is owed, and answers the end", async () => {
    let calls = 0;
    const definition = createTaskDefinition({
      id: "crashing",
      title: "Crashing",
      run: async ({ response }) => response.done("Well."),
      async onDone() {
        calls += 1;
        if (calls === 1) {
          await never();
        }
      }
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "crashing" });
    const start = t.executionOf(task).state;
    const crashed = await crash(t, start, "11111111");
    expect(await t.record(task.id)).toMatchObject({ taskStatus: "success", owed: ["onDone"] });
    expect(await t.invoke(t.eventFor(start, { crash: crashed }))).toMatchObject({ status: "done" });
    expect(calls).toBe(2);
    expect((await t.record(task.id))?.owed).toBeUndefined();
  });

  it("gives a hook up that kills its process three times", async () => {
    let calls = 0;
    const definition = createTaskDefinition({
      id: "crashing",
      title: "Crashing",
      run: async ({ response }) => response.done(),
      async onDone() {
        calls += 1;
        await never();
      }
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "crashing" });
    const start = t.executionOf(task).state;
    let crashed = await crash(t, start, "11111111");
    for (const requestId of ["22222222", "33333333"]) {
      void t.invoke(t.eventFor(start, { crash: crashed }), { requestId });
      await settle();
      crashed = { error: "Lambda.Unknown", cause: `RequestId: ${requestId}` };
    }
    expect(await t.invoke(t.eventFor(start, { crash: crashed }))).toMatchObject({ status: "done" });
    expect(calls).toBe(3);
    expect((await t.record(task.id))?.owed).toBeUndefined();
    expect((await t.tasks.getLatestLog(task.id)).items.map(({ message }) => message)).toContain(
      '"onDone" failed 3 times and was given up.'
    );
  });
});
