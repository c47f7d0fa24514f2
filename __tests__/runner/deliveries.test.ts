import { createTaskDefinition } from "../../src/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { Storage } from "../../src/storage/Storage.js";
import { createTestTasks } from "../helpers/createTestTasks.js";

function counting(more: object = {}) {
  const runs: number[] = [];
  const hooks: string[] = [];
  const definition = createTaskDefinition({
    id: "counting",
    title: "Counting",
    async run({ input, store, response }) {
      runs.push(store.getTask().iterations);
      const count = (input.count ?? 0) + 1;
      return count < 3 ? response.continue({ count }) : response.done("Counted.", { count });
    },
    async onDone() {
      hooks.push("onDone");
    },
    async onAbort() {
      hooks.push("onAbort");
    },
    async onError() {
      hooks.push("onError");
    },
    ...more
  });
  return { definition, runs, hooks };
}

describe("an iteration delivered again", () => {
  it("at once: one of ten runs it, the others are told to come back, and it counts once", async () => {
    let release = () => {};
    const gate = new Promise<void>(resolve => {
      release = resolve;
    });
    const { definition, runs } = counting({
      async run({ response }: { response: { continue(input: object): unknown } }) {
        runs.push(1);
        await gate;
        return response.continue({ count: 1 });
      }
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "counting" });
    const event = t.eventFor(t.executionOf(task).state);
    const deliveries = Array.from({ length: 10 }, () => t.invoke(event));
    const losers = await Promise.all(
      deliveries.map(delivery =>
        Promise.race([
          delivery,
          new Promise(resolve =>
            setImmediate(() => setImmediate(() => setImmediate(() => setImmediate(() => resolve("running")))))
          )
        ])
      )
    );
    expect(runs).toEqual([1]);
    expect(losers.filter(answer => answer === "running")).toHaveLength(1);
    expect(
      losers.filter(
        answer => (answer as { wait?: number }).wait === 30 && (answer as { iteration: number }).iteration === 1
      )
    ).toHaveLength(9);
    release();
    await Promise.all(deliveries);
    expect(await t.record(task.id)).toMatchObject({ iterations: 1, taskStatus: "running" });
  });

  it("later: is told what comes next, and runs nothing", async () => {
    const { definition, runs } = counting();
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "counting" });
    const execution = t.executionOf(task);
    const first = t.eventFor(execution.state);
    await t.step(execution);
    expect(await t.invoke(first)).toMatchObject({ status: "continue", iteration: 2, wait: 0 });
    await t.step(execution);
    expect(await t.invoke(first)).toMatchObject({ status: "continue", iteration: 3, wait: 0 });
    expect(runs).toEqual([1, 2]);
    expect((await t.tasks.getTask(task.id))?.input).toEqual({ count: 2 });
  });

  it("after the end: gets the stored answer, and no hook runs twice", async () => {
    const { definition, runs, hooks } = counting();
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "counting" });
    const execution = t.executionOf(task);
    await t.step(execution);
    await t.step(execution);
    const last = t.eventFor(execution.state);
    const answer = await t.step(execution);
    expect(answer.status).toBe("done");
    expect(await t.invoke(last)).toEqual(answer);
    expect(runs).toEqual([1, 2, 3]);
    expect(hooks).toEqual(["onDone"]);
  });

  it("of a finished task with a later number: is refused in Webiny's words", async () => {
    const { definition } = counting();
    const t = await createTestTasks([definition]);
    const done = await t.tasks.trigger({ definition: "counting" });
    const state = await t.runToEnd(done);
    expect(await t.invoke(t.eventFor({ ...state, iteration: 4 }))).toMatchObject({
      status: "error",
      error: { message: "Task is already done, cannot run it again." }
    });

    const broken = counting({
      run: async () => {
        throw new Error("No.");
      }
    });
    const u = await createTestTasks([broken.definition]);
    const failed = await u.tasks.trigger({ definition: "counting" });
    const end = await u.runToEnd(failed);
    expect(await u.invoke(u.eventFor({ ...end, iteration: 2 }))).toMatchObject({
      status: "error",
      error: { message: "Task has failed, cannot run it again." }
    });
    expect(await u.invoke(u.eventFor({ ...end, iteration: 1 }))).toMatchObject({
      status: "error",
      error: { message: "No." }
    });
  });

  it("before its time: waits for what is left", async () => {
    const { definition, runs } = counting({
      run: async ({ response }: any) => {
        runs.push(1);
        return response.continue({}, { seconds: 600 });
      }
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "counting" });
    const state = await t.step(t.executionOf(task));
    await t.clock.advance(100_000);
    expect(await t.invoke(t.eventFor(state))).toMatchObject({ status: "continue", iteration: 2, wait: 500 });
    expect(runs).toEqual([1]);
  });

  it("of another execution: ends that execution and touches nothing", async () => {
    const { definition, runs } = counting();
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "counting" });
    const before = await t.record(task.id);
    expect(await t.invoke(t.eventFor({ ...t.executionOf(task).state, execution: 2 }))).toMatchObject({
      status: "done",
      execution: 2
    });
    expect(await t.record(task.id)).toEqual(before);
    expect(runs).toEqual([]);
  });
});

describe("a late runner", () => {
  it("whose lease was taken over can't save, and is told what the other one answered", async () => {
    const releases: (() => void)[] = [];
    const { definition } = counting({
      async run({ store, response }: any) {
        const mine = releases.length;
        await new Promise<void>(resolve => releases.push(resolve));
        await store.updateOutput({ by: mine }).catch((error: { code: string }) => {
          refused.push(error.code);
        });
        return response.done(`By ${mine}`);
      }
    });
    const refused: string[] = [];
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "counting" });
    const event = t.eventFor(t.executionOf(task).state);
    const late = t.invoke(event);
    await t.clock.advance(1_000);
    // The first one hangs past its deadline and its lease.
    await t.clock.advance(961_000);
    const second = t.invoke(event);
    await t.clock.advance(100);
    expect(releases).toHaveLength(2);
    releases[1]?.();
    const answer = await second;
    expect(answer.status).toBe("done");
    releases[0]?.();
    expect(await late).toEqual(answer);
    expect(refused).toEqual(["TASK_FINISHED"]);
    expect(await t.tasks.getTask(task.id)).toMatchObject({ message: "By 1", output: { by: 1 }, attempt: 0 });
  });
});

describe("a write that took effect though its answer got lost", () => {
  /** The n-th update takes effect twice as the SDK's retry sends it: the second one meets its own condition. */
  function retryingStorage(which: (count: number) => boolean): Storage {
    const memory = new MemoryStorage();
    let count = 0;
    return new Proxy(memory, {
      get(target, property, receiver) {
        if (property !== "update") {
          const value = Reflect.get(target, property, receiver) as unknown;
          return typeof value === "function" ? value.bind(target) : value;
        }
        return async (...args: Parameters<Storage["update"]>) => {
          count += 1;
          const result = await target.update(...args);
          return which(count) ? target.update(...args) : result;
        };
      }
    });
  }

  it("is known as one's own: claim, settle, store writes, the end and hooks, each at every place", async () => {
    for (let place = 1; place <= 9; place++) {
      const runs: unknown[] = [];
      const hooks: string[] = [];
      const definition = createTaskDefinition({
        id: "counting",
        title: "Counting",
        async run({ input, store, response }) {
          runs.push(input.count ?? 0);
          await store.updateInput(current => ({ steps: (current.steps ?? 0) + 1 }));
          const count = (input.count ?? 0) + 1;
          return count < 2 ? response.continue({ count }) : response.done({ count });
        },
        async onDone() {
          hooks.push("onDone");
        }
      });
      const t = await createTestTasks([definition], { underlying: retryingStorage(count => count === place) });
      const task = await t.tasks.trigger({ definition: "counting" });
      await t.runToEnd(task);
      expect({ place, runs, hooks }).toEqual({ place, runs: [0, 1], hooks: ["onDone"] });
      expect(await t.tasks.getTask(task.id)).toMatchObject({
        taskStatus: "success",
        iterations: 2,
        input: { count: 1, steps: 2 },
        output: { count: 2 }
      });
    }
  });
});
