import { createTaskDefinition } from "../../src/index.js";
import type { MachineState } from "../../src/machine/answer.js";
import type { Condition } from "../../src/storage/conditions.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { Item, Storage } from "../../src/storage/Storage.js";
import type { BackgroundTasksOptions } from "../../src/host/options.js";
import { createTestTasks, type TestTasks } from "../helpers/createTestTasks.js";
import { VirtualClock } from "../../src/testing/VirtualClock.js";
import { settle } from "../helpers/settle.js";

const LATER = { afterwards: { notes: ["kept", 1, null] }, later: "kept" };
const HOUR_MS = 3_600_000;

/** A storage as `change` makes it. */
function changed(table: Storage, change: Partial<Storage>): Storage {
  return new Proxy(table, {
    get(target, name: keyof Storage) {
      const value = change[name] ?? target[name];
      return typeof value === "function" ? value.bind(change[name] === undefined ? target : change) : value;
    }
  });
}

const isRecord = (key: { SK: string }) => key.SK === "A";

/** Goes once through everything that may happen in an iteration, then ends. */
function everything() {
  const seen: number[] = [];
  const hooks: string[] = [];
  const definition = createTaskDefinition({
    id: "everything",
    title: "Everything",
    retry: { maxAttempts: 2, initialDelaySeconds: 5, jitter: "none" },
    burst: true,
    async run({ input, store, response, isCloseToTimeout }) {
      const n = (input.n ?? 0) + 1;
      seen.push(n);
      if (n === 2 && store.getTask().failedAttempts === undefined) {
        throw new Error("Once more.");
      }
      await store.updateOutput({ [`o${n}`]: "x".repeat(n === 3 ? 5_000 : 1) });
      await store.addInfoLog({ message: `Iteration ${n}.` });
      if (n === 4) {
        isCloseToTimeout(10_000);
      }
      return n === 5 ? response.done() : response.continue({ n }, n === 3 ? { seconds: 100 } : {});
    },
    async onDone() {
      hooks.push("onDone");
    },
    async onAbort() {
      hooks.push("onAbort");
    },
    async onError() {
      hooks.push("onError");
    }
  });
  return { definition, seen, hooks };
}

describe("attributes that this version does not know", () => {
  const withLater = () => {
    const memory = new MemoryStorage();
    const storage = changed(memory, {
      put: (item, condition) => memory.put(isRecord(item) ? { ...item, ...LATER } : item, condition)
    });
    return { memory, storage };
  };

  it("survive a whole life: store writes, retry, burst, hand-over, waits, updateTask, the end and its hook", async () => {
    const { storage } = withLater();
    const { definition, seen, hooks } = everything();
    const t = await createTestTasks([definition], { underlying: storage });
    const task = await t.tasks.trigger({ definition: "everything" });
    const execution = t.executionOf(task);
    await t.step(execution);
    expect(await t.record(task.id)).toMatchObject({ ...LATER, failedAttempts: 1 });
    // The next write finds the history nearly full.
    execution.state = { ...execution.state, events: 21_999 };
    await t.step(execution);
    expect(execution.state).toMatchObject({ status: "handover" });
    await t.tasks.updateTask(task.id, { name: "Renamed", input: { n: 2, changed: true } });
    let next = t.executionOf(task, 2);
    for (let turn = 0; next.status === "RUNNING" && turn < 20; turn++) {
      await t.step(next);
      next = t.executionOf(task, next.state.execution);
    }
    expect(await t.tasks.getTask(task.id)).toMatchObject({ taskStatus: "success", name: "Renamed" });
    expect(hooks).toEqual(["onDone"]);
    expect(seen.slice(0, 3)).toEqual([1, 2, 2]);
    expect(await t.record(task.id)).toMatchObject(LATER);
  });

  it("survive an abort, lost invocations, revivals, and an end that nobody claimed", async () => {
    const { storage } = withLater();
    const { definition } = everything();
    const t = await createTestTasks([definition], { underlying: storage });
    const ids: string[] = [];
    const trigger = async () => {
      const task = await t.tasks.trigger({ definition: "everything" });
      ids.push(task.id);
      return task;
    };
    await t.tasks.abort({ id: (await trigger()).id });

    const crashing = await trigger();
    for (let attempt = 0; attempt < 3; attempt++) {
      const crash = { error: "Lambda.Unknown", cause: "exited" };
      await t.invoke(t.eventFor(t.executionOf(crashing).state, { crash }));
      await t.clock.advance(60_000);
    }
    const lost = await trigger();
    for (let revival = 0; revival < 6; revival++) {
      t.executions.forEach(execution => (execution.status = "FAILED"));
      await t.clock.advance(HOUR_MS + 1);
      await t.invoke({ webinyTasks: "sweep" });
    }
    expect(await t.tasks.getTask(crashing.id)).toMatchObject({ error: { code: "INVOCATION_LOST" } });
    expect(await t.tasks.getTask(lost.id)).toMatchObject({ error: { code: "EXECUTION_LOST" } });
    for (const id of ids) {
      expect(await t.record(id)).toMatchObject(LATER);
    }
  });
});

describe("a record from before some attributes were there", () => {
  const LATER_ADDED = [
    "failedAttempts",
    "recent",
    "settledBy",
    "revives",
    "executionStartedOn",
    "nextIteration",
    "attempt",
    "leaseUntil",
    "nextAt",
    "rev"
  ];
  /** Takes the attributes off the stored record. */
  async function makeOld(t: TestTasks, id: string): Promise<void> {
    const record = (await t.record(id)) as Item;
    await t.underlying.put(
      Object.fromEntries(Object.entries(record).filter(([name]) => !LATER_ADDED.includes(name))) as Item
    );
  }
  const counting = () => {
    const runs: number[] = [];
    const definition = createTaskDefinition({
      id: "counting",
      title: "Counting",
      async run({ input, store, response }) {
        const n = (input.n ?? 0) + 1;
        runs.push(n);
        await store.updateOutput({ n });
        return n === 3 ? response.done() : response.continue({ n }, { seconds: 60 });
      }
    });
    return { definition, runs };
  };

  it.each([0, 1, 2])("goes on to its end, each iteration once: old after %i iterations", async done => {
    const { definition, runs } = counting();
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "counting" });
    for (let iteration = 0; iteration < done; iteration++) {
      await t.step(t.executionOf(task));
    }
    await makeOld(t, task.id);
    await t.runToEnd(task, 20);
    expect(runs).toEqual([1, 2, 3]);
    expect(await t.tasks.getTask(task.id)).toMatchObject({ taskStatus: "success", iterations: 3, output: { n: 3 } });
  });

  it("whose invocation died is run again, the same iteration", async () => {
    const { definition, runs } = counting();
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "counting" });
    await t.step(t.executionOf(task));
    const record = (await t.record(task.id)) as Item;
    await t.underlying.put({ ...record, iterations: 2, leaseOwner: "dead", leaseUntil: 1 });
    await makeOld(t, task.id);
    await t.runToEnd(task, 20);
    expect(runs).toEqual([1, 2, 3]);
    expect(await t.tasks.getTask(task.id)).toMatchObject({ taskStatus: "success", iterations: 3 });
  });

  it("can be read, listed, changed, revived, aborted and deleted", async () => {
    const { definition, runs } = counting();
    const t = await createTestTasks([definition]);
    const trigger = async () => {
      const { id } = await t.tasks.trigger({ definition: "counting" });
      await makeOld(t, id);
      return id;
    };
    const [read, changedId, aborted, deleted] = [await trigger(), await trigger(), await trigger(), await trigger()];
    const { items } = await t.tasks.listTasks();
    expect(items.map(({ attempt, nextAt, recent }) => ({ attempt, nextAt, recent }))).toEqual(
      Array(4).fill({ attempt: 0, nextAt: undefined, recent: [] })
    );
    expect(await t.tasks.getTask(read)).toMatchObject({ iterations: 0, taskStatus: "pending" });
    expect(await t.tasks.updateTask(changedId, { input: { n: 1 } })).toMatchObject({ input: { n: 1 } });
    expect(await t.tasks.abort({ id: aborted })).toMatchObject({ taskStatus: "aborted" });
    expect(await t.tasks.deleteTask(deleted)).toBe(true);
    const revived = await trigger();
    t.executions.forEach(execution => (execution.status = "FAILED"));
    await t.clock.advance(HOUR_MS + 1);
    expect(await t.invoke({ webinyTasks: "sweep" })).toMatchObject({ revived: 3, failed: 0 });
    const again = t.executionOf({ id: revived, definitionId: "counting" }, 2);
    for (let turn = 0; again.status === "RUNNING" && turn < 20; turn++) {
      await t.step(again);
    }
    expect(runs).toEqual([1, 2, 3]);
  });

  it("is not completed while somebody runs it: that write would be of no use to them", async () => {
    const { definition } = counting();
    const t = await createTestTasks([definition]);
    const { id } = await t.tasks.trigger({ definition: "counting" });
    const { nextIteration: _, ...running } = (await t.record(id)) as Item;
    const leaseUntil = t.clock.now() + 1_000;
    const old = { ...running, iterations: 1, leaseOwner: "alive", leaseUntil, taskStatus: "running" } as Item;
    await t.underlying.put(old);
    expect(await t.tasks.getTask(id)).toMatchObject({ iterations: 1 });
    expect(await t.record(id)).toEqual(old);
    await t.clock.advance(1_001);
    await t.tasks.getTask(id);
    expect(await t.record(id)).toEqual({ ...old, nextIteration: 1 });
  });
});

describe("a record of a newer format", () => {
  const refusal = {
    code: "STORAGE_FORMAT",
    message: expect.stringMatching(/has format 2; .* knows formats up to 1\. Deploy the newer version everywhere;/)
  };

  async function withNewerRecord() {
    const { definition, seen, hooks } = everything();
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "everything" });
    await t.underlying.put({ ...(await t.record(task.id)), format: 2, afterwards: { unheard: "of" } } as Item);
    return { t, task, seen, hooks, before: await t.record(task.id) };
  }

  it("is refused by every call, with what to do, and stays as it is", async () => {
    const { t, task, before } = await withNewerRecord();
    const calls: [string, () => Promise<unknown>][] = [
      ["getTask", () => t.tasks.getTask(task.id)],
      ["listTasks", () => t.tasks.listTasks()],
      ["abort", () => t.tasks.abort({ id: task.id })],
      ["updateTask", () => t.tasks.updateTask(task.id, { name: "Other" })],
      ["deleteTask", () => t.tasks.deleteTask(task.id)],
      ["getLatestLog", () => t.tasks.getLatestLog(task.id)],
      ["trigger of a child", () => t.tasks.trigger({ definition: "everything", parent: { id: task.id } })]
    ];
    for (const [name, call] of calls) {
      expect([name, await call().catch((error: unknown) => error)]).toEqual([
        name,
        expect.objectContaining({ ...refusal, data: { id: task.id, format: 2, known: 1 } })
      ]);
    }
    expect(await t.record(task.id)).toEqual(before);
  });

  it("is left by runner, Recover and nets as it is, counted nowhere as a crash, and looked at again", async () => {
    const { t, task, seen, hooks, before } = await withNewerRecord();
    const { state, name } = t.executionOf(task);
    const later = { ...state, status: "continue", wait: 60, iteration: 1, events: 10 };
    expect(await t.invoke(t.eventFor(state))).toEqual(later);
    const crash = { error: "Lambda.Unknown", cause: "exited" };
    expect(await t.invoke(t.eventFor(state, { crash }))).toMatchObject({ status: "continue", wait: 60, iteration: 1 });
    t.executionOf(task).status = "FAILED";
    await t.clock.advance(HOUR_MS + 1);
    expect(await t.invoke({ webinyTasks: "sweep" })).toMatchObject({ overdue: 1, failed: 1, revived: 0 });
    const detail = { name, status: "FAILED", input: JSON.stringify(state) };
    const statusEvent = { source: "aws.states", "detail-type": "Step Functions Execution Status Change", detail };
    await expect(t.invoke(statusEvent)).rejects.toMatchObject(refusal);
    expect(await t.record(task.id)).toEqual(before);
    expect([seen, hooks]).toEqual([[], []]);
    // It is due, so the newer version's sweep finds it.
    await t.underlying.put({ ...before, format: 1 } as Item);
    expect(await t.invoke({ webinyTasks: "sweep" })).toMatchObject({ revived: 1 });
  });

  it("that it became between a read and a write is not written: at every write of a life", async () => {
    let places = 0;
    for (let place = 1; place === 1 || place <= places; place++) {
      const memory = new MemoryStorage();
      let writes = 0;
      let upgraded: Item | null = null;
      const storage = changed(memory, {
        async update(key, condition, changes) {
          writes += isRecord(key) ? 1 : 0;
          if (isRecord(key) && writes === place) {
            await memory.put({ ...(await memory.get(key)), format: 2 } as Item);
            upgraded = await memory.get(key);
          }
          return memory.update(key, condition, changes);
        }
      });
      const t = await createTestTasks([everything().definition], { underlying: storage });
      const task = await t.tasks.trigger({ definition: "everything" });
      await t.runToEnd(task, 12).catch(() => undefined);
      await t.tasks.abort({ id: task.id }).catch(() => undefined);
      await t.tasks.updateTask(task.id, { name: "Other" }).catch(() => undefined);
      places = Math.max(places, place === 1 ? 12 : writes);
      expect({ place, record: await t.record(task.id) }).toEqual({ place, record: upgraded ?? expect.anything() });
    }
    expect(places).toBeGreaterThan(10);
  });
});

describe("two versions at once, as in a deploy", () => {
  /** The table as a version sees it that writes format 2, and one attribute more. */
  function newerVersion(table: Storage): Storage {
    const seen = <T extends Item | null>(item: T): T => (item?.format === 2 ? { ...item, format: 1 } : item);
    const known = (condition: Condition): Condition =>
      condition.kind === "all" || condition.kind === "any"
        ? { ...condition, conditions: condition.conditions.map(known) }
        : condition.kind === "compare" && condition.attribute === "format"
          ? { ...condition, value: 2 }
          : condition;
    return changed(table, {
      get: async (key, options) => seen(await table.get(key, options)),
      batchGet: async (keys, options) => {
        const { items, unprocessed } = await table.batchGet(keys, options);
        return { items: items.map(seen), unprocessed };
      },
      update: async (key, condition, changes) => {
        const set = isRecord(key) ? { ...changes.set, format: 2, ...LATER } : changes.set;
        return seen(await table.update(key, known(condition), { ...changes, set }));
      }
    });
  }

  it.each(["on", "no", "ono", "oon", "nno", "onooo"])(
    "carry a task to its end together, each iteration once (o: old, n: new; turns %s)",
    async turns => {
      const underlying = new MemoryStorage();
      const clock = new VirtualClock();
      const { definition, seen, hooks } = everything();
      const host = (options: BackgroundTasksOptions & { underlying: Storage }) =>
        createTestTasks([definition], { clock, ...options });
      const old = await host({ underlying });
      const newer = await host({ underlying: newerVersion(underlying) });
      const task = await old.tasks.trigger({ definition: "everything" });
      let state: MachineState = old.executionOf(task).state;
      let cameAgain = 0;
      for (let turn = 0; state.status === "continue" && turn < 60; turn++) {
        await clock.advance(state.wait * 1000);
        const which = turns[turn % turns.length] === "o" ? old : newer;
        state = await which.invoke(which.eventFor(state));
        cameAgain += which === old && state.wait === 60 ? 1 : 0;
      }
      expect(state.status).toBe("done");
      expect(cameAgain).toBeGreaterThan(0);
      // The second one failed once, and was tried again.
      expect(seen).toEqual([1, 2, 2, 3, 4, 5]);
      expect(hooks).toEqual(["onDone"]);
      expect(await newer.tasks.getTask(task.id)).toMatchObject({ taskStatus: "success", iterations: 5, attempt: 0 });
      expect(await old.record(task.id)).toMatchObject({ format: 2, ...LATER });
    }
  );

  it("an abort by the new one holds while the old one runs, whose end is then the new one's to tell", async () => {
    const underlying = new MemoryStorage();
    const clock = new VirtualClock();
    const events: string[] = [];
    let release = () => {};
    const definition = createTaskDefinition({
      id: "blocking",
      title: "Blocking",
      async run({ response, signal }) {
        events.push("run");
        signal.addEventListener("abort", () => events.push("signal"));
        await new Promise<void>(resolve => (release = resolve));
        return response.done();
      },
      async onAbort() {
        events.push("onAbort");
      }
    });
    const old = await createTestTasks([definition], { underlying, clock });
    const newer = await createTestTasks([definition], { underlying: newerVersion(underlying), clock });
    const task = await old.tasks.trigger({ definition: "blocking" });
    const running = old.invoke(old.eventFor(old.executionOf(task).state));
    await settle();
    await newer.tasks.abort({ id: task.id });
    await clock.advance(5_000);
    release();
    expect(await running).toMatchObject({ status: "continue", wait: 60 });
    const aborted = await newer.tasks.getTask(task.id);
    expect(aborted).toMatchObject({ taskStatus: "aborted" });
    expect(aborted).not.toHaveProperty("output");
    // The old one may not write that the hook has run, so it does not run it.
    expect(events).toEqual(["run", "signal"]);
    for (let round = 0; round < 3; round++) {
      await clock.advance(HOUR_MS);
      await newer.invoke({ webinyTasks: "sweep" });
      for (const execution of [...newer.executions.values()].filter(({ status }) => status === "RUNNING")) {
        await newer.step(execution);
      }
    }
    expect(events).toEqual(["run", "signal", "onAbort"]);
    expect((await newer.record(task.id))?.owed).toBeUndefined();
  });
});
