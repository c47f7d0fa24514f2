import { createTaskDefinition } from "../../src/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { createTestTasks, type TestTasks } from "../helpers/createTestTasks.js";
import { VirtualClock } from "../../src/testing/VirtualClock.js";
import { settle } from "../helpers/settle.js";

const MINUTE_MS = 60_000;

/** A task whose code only returns when it is let go, whatever it is told. */
function stubborn(more: object = {}) {
  const events: string[] = [];
  let release = () => {};
  const definition = createTaskDefinition({
    id: "stubborn",
    title: "Stubborn",
    async run({ response, signal }) {
      events.push("run");
      signal.addEventListener("abort", () => events.push("told"));
      await new Promise<void>(resolve => (release = resolve));
      events.push("returned");
      return response.done();
    },
    async onAbort({ task }) {
      events.push(`onAbort ${task.taskStatus}`);
    },
    ...more
  });
  return { definition, events, release: () => release() };
}

/** Runs the task, and aborts it while `run` is busy. */
async function abortedWhileRunning(t: TestTasks) {
  const task = await t.tasks.trigger({ definition: "stubborn" });
  const answered = t.invoke(t.eventFor(t.executionOf(task).state));
  await settle();
  await t.tasks.abort({ id: task.id });
  return { task, answered };
}

/** The sweep, and whatever executions it starts. */
async function nets(t: TestTasks): Promise<void> {
  await t.invoke({ webinyTasks: "sweep" });
  for (const execution of [...t.executions.values()].filter(({ status }) => status === "RUNNING")) {
    await t.step(execution);
  }
}

describe("the grace of an abort", () => {
  it("is over 60 seconds after the code was told: onAbort runs beside it, once, and the invocation waits for run", async () => {
    const { definition, events, release } = stubborn();
    const t = await createTestTasks([definition]);
    const { task, answered } = await abortedWhileRunning(t);
    await t.clock.advance(2_000);
    expect(events).toEqual(["run", "told"]);
    await t.clock.advance(59_999);
    expect(events).toEqual(["run", "told"]);
    await t.clock.advance(1);
    expect(events).toEqual(["run", "told", "onAbort aborted"]);
    const record = await t.record(task.id);
    // What was owed is done; the lease is still the code's.
    expect([record?.owed, record?.hookOwner, typeof record?.leaseOwner]).toEqual([undefined, undefined, "string"]);
    await t.clock.advance(5 * MINUTE_MS);
    release();
    expect((await answered).status).toBe("aborted");
    expect(events).toEqual(["run", "told", "onAbort aborted", "returned"]);
    expect((await t.record(task.id))?.leaseOwner).toBeUndefined();
    expect(await t.tasks.getTask(task.id)).toMatchObject({ taskStatus: "aborted", attempt: 0 });
  });

  it("is not waited for when run returns in time: onAbort follows at once, once", async () => {
    const { definition, events, release } = stubborn();
    const t = await createTestTasks([definition]);
    const { answered } = await abortedWhileRunning(t);
    await t.clock.advance(61_000);
    t.storage.reset();
    release();
    expect((await answered).status).toBe("aborted");
    expect(events).toEqual(["run", "told", "returned", "onAbort aborted"]);
    // Settle, which is lost; what the record says; the lease given back; the hooks' lease made to last; the hook done.
    expect(t.storage.counts().byMethod).toMatchObject({ update: { requests: 4 }, get: { requests: 1 } });
    await t.clock.advance(5 * MINUTE_MS);
    expect(events).toHaveLength(4);
  });

  it.each([
    [0, 2_000],
    [300, 302_000]
  ])("is what the definition says: %i seconds", async (abortGraceSeconds, hookAt) => {
    const { definition, events, release } = stubborn({ abortGraceSeconds });
    const t = await createTestTasks([definition]);
    const { answered } = await abortedWhileRunning(t);
    await t.clock.advance(hookAt - 1);
    expect(events).not.toContain("onAbort aborted");
    await t.clock.advance(1);
    expect(events).toEqual(["run", "told", "onAbort aborted"]);
    release();
    await answered;
    expect(events).toEqual(["run", "told", "onAbort aborted", "returned"]);
  });

  it("begins when a refused write tells the code, which is sooner than the look", async () => {
    const told: number[] = [];
    const hooked: number[] = [];
    let release = () => {};
    const { definition } = stubborn({
      async run({ store, signal, response }: any) {
        signal.addEventListener("abort", () => told.push(t.clock.now()));
        await t.tasks.abort({ id: store.getTask().id });
        await store.updateOutput({ a: 1 }).catch(() => undefined);
        await new Promise<void>(resolve => (release = resolve));
        return response.done();
      },
      onAbort: async () => hooked.push(t.clock.now())
    });
    const t = await createTestTasks([definition]);
    const start = t.clock.now();
    const task = await t.tasks.trigger({ definition: "stubborn" });
    const answered = t.invoke(t.eventFor(t.executionOf(task).state));
    await t.clock.advance(2 * MINUTE_MS);
    expect([told, hooked]).toEqual([[start], [start + MINUTE_MS]]);
    release();
    await answered;
  });

  it("run that returns while the hook is running: it waits for the hook, which does not run again", async () => {
    let finish = () => {};
    const { definition, events, release } = stubborn({
      async onAbort() {
        events.push("hook begins");
        await new Promise<void>(resolve => (finish = resolve));
        events.push("hook ends");
      }
    });
    const t = await createTestTasks([definition]);
    const { task, answered } = await abortedWhileRunning(t);
    let isAnswered = false;
    void answered.then(() => (isAnswered = true));
    await t.clock.advance(62_000);
    release();
    await settle();
    expect([events, isAnswered]).toEqual([["run", "told", "hook begins", "returned"], false]);
    finish();
    expect((await answered).status).toBe("aborted");
    expect(events.slice(2)).toEqual(["hook begins", "returned", "hook ends"]);
    expect((await t.record(task.id))?.owed).toBeUndefined();
  });

  it("a hook that takes long keeps its lease: the nets do not run it a second time", async () => {
    const { definition, events, release } = stubborn({
      async onAbort() {
        events.push("hook begins");
        await t.clock.sleep(12 * MINUTE_MS);
        events.push("hook ends");
      }
    });
    const t = await createTestTasks([definition]);
    const { answered } = await abortedWhileRunning(t);
    await t.clock.advance(11 * MINUTE_MS);
    await nets(t);
    await t.clock.advance(4 * MINUTE_MS);
    release();
    await answered;
    expect(events).toEqual(["run", "told", "hook begins", "hook ends", "returned"]);
  });

  it("a hook that throws is tried three times, and the code's end is none of its business", async () => {
    const { definition, events, release } = stubborn({
      async onAbort() {
        events.push("onAbort");
        throw new Error("It breaks.");
      }
    });
    const t = await createTestTasks([definition]);
    const { task, answered } = await abortedWhileRunning(t);
    await t.clock.advance(70_000);
    release();
    expect((await answered).status).toBe("aborted");
    expect(events).toEqual(["run", "told", "onAbort", "onAbort", "onAbort", "returned"]);
    expect((await t.record(task.id))?.owed).toBeUndefined();
  });

  it("of an invocation that died, or that computes without a break, is over for the nets, too: within 11 minutes, with its lease alive", async () => {
    const underlying = new MemoryStorage();
    const clock = new VirtualClock();
    const { definition, events, release } = stubborn();
    // Its time stands still: no look, no timer.
    const blocked = await createTestTasks([definition], { underlying, clock: new VirtualClock(clock.now()) });
    const t = await createTestTasks([definition], { underlying, clock });
    const task = await blocked.tasks.trigger({ definition: "stubborn" });
    const answered = blocked.invoke(blocked.eventFor(blocked.executionOf(task).state));
    await settle();
    await t.tasks.abort({ id: task.id });
    await clock.advance(9 * MINUTE_MS);
    await nets(t);
    expect(events).toEqual(["run"]);
    await clock.advance(2 * MINUTE_MS);
    await nets(t);
    expect(events).toEqual(["run", "onAbort aborted"]);
    const record = await t.record(task.id);
    expect(record?.owed).toBeUndefined();
    expect(record?.leaseUntil).toBeGreaterThan(clock.now());
    // It goes on after all, and finds that nothing is left to do.
    release();
    expect((await answered).status).toBe("done");
    expect(events).toEqual(["run", "onAbort aborted", "returned"]);
    expect(await t.tasks.getTask(task.id)).toMatchObject({ taskStatus: "aborted" });
    expect((await t.record(task.id))?.leaseOwner).toBeUndefined();
  });

  it("is over when the aborter itself took longer: it runs onAbort", async () => {
    const { definition, events, release } = stubborn();
    const t = await createTestTasks([definition]);
    const { stop } = t.service;
    t.service.stop = async (task, options) => {
      await t.clock.sleep(2 * MINUTE_MS);
      return stop?.(task, options);
    };
    const task = await t.tasks.trigger({ definition: "stubborn" });
    const answered = t.invoke(t.eventFor(t.executionOf(task).state));
    await settle();
    const aborting = t.tasks.abort({ id: task.id });
    await t.clock.advance(119_999);
    expect(events).toEqual(["run", "told"]);
    await t.clock.advance(1);
    await aborting;
    expect(events).toEqual(["run", "told", "onAbort aborted"]);
    release();
    await answered;
    expect(events).toEqual(["run", "told", "onAbort aborted", "returned"]);
  });

  it("of a deleted task: it goes when run returns", async () => {
    const { definition, events, release } = stubborn();
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "stubborn" });
    const answered = t.invoke(t.eventFor(t.executionOf(task).state));
    await settle();
    await t.tasks.deleteTask(task.id);
    await t.clock.advance(2 * MINUTE_MS);
    expect(events).toEqual(["run", "told", "onAbort aborted"]);
    expect(await t.record(task.id)).toMatchObject({ deleted: true });
    release();
    await answered;
    expect(await t.record(task.id)).toBeNull();
    expect(events).toHaveLength(4);
  });

  it("of a deleted task whose code never returns: it goes with the sweep after the lease", async () => {
    const { definition, events } = stubborn();
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "stubborn" });
    void t.invoke(t.eventFor(t.executionOf(task).state));
    await settle();
    await t.tasks.deleteTask(task.id);
    await t.clock.advance(15 * MINUTE_MS);
    await nets(t);
    expect(await t.record(task.id)).toMatchObject({ deleted: true });
    await t.clock.advance(2 * MINUTE_MS);
    await nets(t);
    expect(await t.record(task.id)).toBeNull();
    expect(events).toEqual(["run", "told", "onAbort aborted"]);
  });
});

describe("what an abort owes and the engine could not do", () => {
  const parent = (events: string[]) =>
    createTaskDefinition({
      id: "parent",
      title: "Parent",
      async run({ trigger, response }) {
        await trigger({ definition: "child" });
        return response.continue({}, { seconds: 30 * 86_400 });
      },
      async onAbort() {
        events.push("onAbort");
      }
    });
  const child = createTaskDefinition({ id: "child", title: "Child", run: async ({ response }) => response.done() });

  /** A parent in a long wait with a child; `down` says what can't be reached. */
  async function waiting() {
    const events: string[] = [];
    const down = { stop: false, children: false };
    const underlying = new MemoryStorage();
    const query = underlying.query.bind(underlying);
    underlying.query = async asked => {
      if (down.children && asked.from?.toString().startsWith("C#")) {
        throw Object.assign(new Error("Throttled."), { code: "STORAGE_ERROR" });
      }
      return query(asked);
    };
    const t = await createTestTasks([parent(events), child], { underlying });
    const { stop } = t.service;
    t.service.stop = async (task, options) => {
      if (task.definitionId === "child") {
        return stop?.(task, options);
      }
      events.push("stop");
      if (down.stop) {
        throw Object.assign(new Error("Throttled."), { code: "SERVICE_ERROR" });
      }
      return stop?.(task, options);
    };
    const task = await t.tasks.trigger({ definition: "parent" });
    await t.step(t.executionOf(task));
    const [first] = (await t.tasks.listTasks({ where: { parentId: task.id } })).items;
    const abort = async () => {
      const aborting = t.tasks.abort({ id: task.id });
      await t.clock.advance(10_000);
      return aborting;
    };
    const net = async () => {
      // The invocation of the last one might be at it until its deadline.
      for (let sweep = 0; sweep < 2; sweep++) {
        await t.clock.advance(11 * MINUTE_MS);
        await t.invoke({ webinyTasks: "sweep" });
      }
      // Not the parent's first one, which would wait for a month.
      for (const execution of [...t.executions.values()].filter(({ state }) => state.execution > 1)) {
        const stepping = t.step(execution);
        await t.clock.advance(10_000);
        await stepping;
      }
    };
    return { t, task, childId: first?.id ?? "", events, down, abort, net };
  }

  it("stays owed, and the rest is done: children that could not be listed are aborted by a net", async () => {
    const { t, task, childId, events, down, abort, net } = await waiting();
    down.children = true;
    expect((await abort()).taskStatus).toBe("aborted");
    expect(events).toEqual(["stop", "onAbort"]);
    expect((await t.tasks.getTask(childId))?.taskStatus).toBe("pending");
    expect((await t.record(task.id))?.owed).toEqual(["children"]);
    down.children = false;
    await net();
    expect((await t.tasks.getTask(childId))?.taskStatus).toBe("aborted");
    expect((await t.record(task.id))?.owed).toBeUndefined();
    expect(events.filter(event => event === "onAbort")).toHaveLength(1);
  });

  it("is tried by three more processes, then given up with an error in the log", async () => {
    const { t, task, childId, events, down, abort, net } = await waiting();
    Object.assign(down, { stop: true, children: true });
    await abort();
    expect(events).toEqual(["stop", "stop", "stop", "onAbort"]);
    expect((await t.record(task.id))?.owed).toEqual(["stop", "children"]);
    // What is done meanwhile does not begin the count anew.
    down.children = false;
    for (const [tries, owed] of [
      [5, ["stop"]],
      [6, ["stop"]],
      [6, undefined]
    ] as const) {
      await net();
      expect([events.filter(event => event === "stop").length, (await t.record(task.id))?.owed]).toEqual([tries, owed]);
    }
    expect((await t.tasks.getTask(childId))?.taskStatus).toBe("aborted");
    const { items } = await t.tasks.getLatestLog(task.id);
    expect(items[0]).toMatchObject({ type: "error", message: '"stop" failed 3 times and was given up.' });
  });
});
