import { DUE_AHEAD_MS, REVIVED_AHEAD_MS } from "../../src/constants.js";
import { createTaskDefinition } from "../../src/index.js";
import { queryAll } from "../../src/storage/batches.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { Task } from "../../src/types.js";
import { createTestTasks, type TestTasks } from "../helpers/createTestTasks.js";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const SWEEP = { webinyTasks: "sweep" };
const NOTHING = {
  overdue: 0,
  left: 0,
  moved: 0,
  revived: 0,
  "given up": 0,
  aborted: 0,
  removed: 0,
  failed: 0,
  finished: true
};

const ran: string[] = [];
let hook: (name: string, task: Task) => Promise<void>;
const counting = createTaskDefinition({
  id: "counting",
  title: "Counting",
  async run({ input, store, response }) {
    ran.push(`run ${store.getTask().iterations}`);
    await store.addInfoLog({ message: `Iteration ${input.at}.` });
    return input.at < input.to
      ? response.continue({ at: input.at + 1 }, input.seconds ? { seconds: input.seconds } : undefined)
      : response.done({ to: input.to });
  },
  onDone: ({ task }) => hook("onDone", task),
  onError: ({ task }) => hook("onError", task),
  onAbort: ({ task }) => hook("onAbort", task)
});

beforeEach(() => {
  ran.length = 0;
  hook = async (name, task) => void ran.push(`${name} ${task.taskStatus}`);
});

async function started(input: object = {}) {
  const t = await createTestTasks([counting]);
  const task = await t.tasks.trigger({ definition: "counting", input: { at: 1, to: 3, ...input } });
  return { t, task, execution: t.executionOf(task) };
}

const sweep = (t: TestTasks) => t.host.handle(SWEEP);

/** What EventBridge says of an execution. */
function statusEvent(t: TestTasks, task: Task, status: string, number = 1) {
  const { name, state } = t.executionOf(task, number);
  return {
    source: "aws.states",
    "detail-type": "Step Functions Execution Status Change",
    detail: { name, status, input: JSON.stringify(state), executionArn: `arn:${name}` }
  };
}

/** Runs the executions of a task from this one on. */
async function runFrom(t: TestTasks, task: Task, number: number) {
  const execution = t.executionOf(task, number);
  while (execution.status === "RUNNING") {
    await t.step(execution);
  }
  return (await t.record(task.id))!;
}

describe("the sweep alone", () => {
  it("revives a task whose execution died between two iterations: it goes on, nothing is run twice", async () => {
    const { t, task, execution } = await started();
    await t.step(execution);
    execution.status = "FAILED";
    expect(await sweep(t)).toEqual(NOTHING);
    await t.clock.advance(DUE_AHEAD_MS + 1);
    expect(await sweep(t)).toEqual({ ...NOTHING, overdue: 1, revived: 1 });
    expect(await runFrom(t, task, 2)).toMatchObject({ taskStatus: "success", iterations: 3, execution: 2 });
    expect(ran).toEqual(["run 1", "run 2", "run 3", "onDone success"]);
    expect(await sweep(t)).toEqual(NOTHING);
  });

  it("revives a task whose Lambda and execution died in the middle of an iteration, when its lease is over", async () => {
    const { t, task, execution } = await started();
    const { update } = t.underlying;
    // The claim is the last thing that happens.
    t.underlying.update = async (...args) => {
      const record = await update.apply(t.underlying, args);
      t.underlying.update = () => new Promise(() => undefined);
      return record;
    };
    void t.invoke(t.eventFor(execution.state), { requestId: "dead" });
    await t.clock.advance(0);
    t.underlying.update = update;
    execution.status = "TIMED_OUT";
    await t.clock.advance(DUE_AHEAD_MS + 1);
    expect(await sweep(t)).toMatchObject({ overdue: 1, revived: 1 });
    expect(await runFrom(t, task, 2)).toMatchObject({ taskStatus: "success", iterations: 3 });
  });

  it("starts a task whose trigger died between storing it and starting it, also a delayed one", async () => {
    for (const delay of [0, 3_600]) {
      const { t } = await started();
      const { send } = t.service;
      t.service.send = () => new Promise(() => undefined);
      void t.tasks.trigger({ definition: "counting", input: { at: 3, to: 3 }, name: "Lost", delay });
      await t.clock.advance(0);
      t.service.send = send;
      const [task] = (await t.tasks.listTasks({ search: "Lost" })).items as [Task];
      expect(t.executions.size).toBe(1);
      t.executionOf((await t.tasks.listTasks({ search: "Counting" })).items[0]!).status = "RUNNING";
      await t.clock.advance(delay * 1000 + DUE_AHEAD_MS + 1);
      expect(await sweep(t)).toMatchObject({ revived: 1 });
      expect(await runFrom(t, task, 2)).toMatchObject({ taskStatus: "success", iterations: 1, execution: 2 });
    }
  });

  it.each([
    ["done", "onDone success"],
    ["aborted", "onAbort aborted"]
  ])("has the hook run that a dead process left undone when the task was %s", async (how, expected) => {
    const { t, task, execution } = await started({ to: 1 });
    hook = () => new Promise(() => undefined);
    void (how === "done" ? t.invoke(t.eventFor(execution.state)) : t.tasks.abort({ id: task.id }));
    await t.clock.advance(0);
    expect((await t.record(task.id))?.owed).toHaveLength(1);
    hook = async (name, { taskStatus }) => void ran.push(`${name} ${taskStatus}`);
    execution.status = "FAILED";
    await t.clock.advance(2 * DUE_AHEAD_MS);
    expect(await sweep(t)).toMatchObject({ overdue: 1, revived: 1 });
    const { status } = await t.step(t.executionOf(task, 2));
    expect([status, ran.filter(line => line.startsWith("on"))]).toEqual([how, [expected]]);
    expect((await t.record(task.id))?.owed).toBeUndefined();
  });

  it("finishes an abort whose process died after its write, while the execution waits for a month", async () => {
    const { t, task, execution } = await started({ seconds: 30 * 86_400 });
    await t.step(execution);
    const { stop } = t.service;
    t.service.stop = () => new Promise(() => undefined);
    void t.tasks.abort({ id: task.id });
    await t.clock.advance(10 * MINUTE_MS + 1);
    t.service.stop = stop;
    expect(execution.status).toBe("RUNNING");
    expect(await sweep(t)).toMatchObject({ overdue: 1, revived: 1 });
    await t.step(t.executionOf(task, 2));
    expect(ran).toEqual(["run 1", "onAbort aborted"]);
    expect(execution.status).toBe("ABORTED");
    expect((await t.record(task.id))?.owed).toBeUndefined();
  });

  it("leaves alone what goes on: an open execution, a living lease; it looks again later", async () => {
    const { t, task, execution } = await started();
    await t.step(execution);
    await t.clock.advance(DUE_AHEAD_MS + 1);
    expect(await sweep(t)).toEqual({ ...NOTHING, overdue: 1, moved: 1 });
    expect((await t.record(task.id))?.due).toBe(t.clock.now() + DUE_AHEAD_MS);

    const busy = await started();
    let go = () => {};
    const waits = new Promise<void>(resolve => (go = resolve));
    const slow = createTaskDefinition({
      id: "slow",
      title: "Slow",
      async run({ response }) {
        await waits;
        return response.done();
      }
    });
    const u = await createTestTasks([slow], { clock: busy.t.clock });
    const slowTask = await u.tasks.trigger({ definition: "slow" });
    await u.clock.advance(DUE_AHEAD_MS - MINUTE_MS);
    const running = u.step(u.executionOf(slowTask));
    await u.clock.advance(2 * MINUTE_MS);
    u.executionOf(slowTask).status = "FAILED";
    expect(await sweep(u)).toMatchObject({ moved: 1, revived: 0 });
    go();
    await running;
    expect((await u.tasks.getTask(slowTask.id))?.taskStatus).toBe("success");
  });

  it("aborts a task whose execution was stopped in the console: that is what whoever did it wanted", async () => {
    const { t, task, execution } = await started();
    await t.step(execution);
    execution.status = "ABORTED";
    await t.clock.advance(DUE_AHEAD_MS + 1);
    expect(await sweep(t)).toMatchObject({ aborted: 1 });
    expect(await t.tasks.getTask(task.id)).toMatchObject({
      taskStatus: "aborted",
      abort: { by: { id: "step-functions" }, reason: "The execution was stopped in Step Functions." }
    });
    expect(ran).toEqual(["run 1", "onAbort aborted"]);
  });

  it("does not decide where the execution service does not say how an execution is", async () => {
    const { t, execution } = await started();
    execution.status = "FAILED";
    t.service.fetch = async () => ({ something: "else" });
    await t.clock.advance(DUE_AHEAD_MS + 1);
    expect(await sweep(t)).toMatchObject({ moved: 1, revived: 0 });
  });

  it("revives once, however many sweep at once", async () => {
    const { t, task, execution } = await started();
    execution.status = "FAILED";
    await t.clock.advance(DUE_AHEAD_MS + 1);
    // All three have read the task and know that its execution is over, before one of them does anything.
    const { fetch } = t.service;
    let asked = 0;
    let goOn = () => {};
    const all = new Promise<void>(resolve => (goOn = resolve));
    t.service.fetch = async (...args) => {
      asked += 1;
      if (asked === 3) {
        goOn();
      }
      await all;
      return fetch(...args);
    };
    const results = (await Promise.all([sweep(t), sweep(t), sweep(t)])) as { revived: number; left: number }[];
    expect(results.map(({ revived }) => revived).sort()).toEqual([0, 0, 1]);
    expect(t.executions.size).toBe(2);
    expect(await t.record(task.id)).toMatchObject({ execution: 2, revives: 1 });
  });

  it("tries again when the start failed, and looks after the others meanwhile", async () => {
    const { t, task, execution } = await started();
    const other = await t.tasks.trigger({ definition: "counting", input: { at: 3, to: 3 } });
    execution.status = t.executionOf(other).status = "FAILED";
    const { send } = t.service;
    t.service.send = async (started, delay) => {
      if (started.id === task.id) {
        throw new Error("Throttled.");
      }
      return send.call(t.service, started, delay);
    };
    await t.clock.advance(DUE_AHEAD_MS + 1);
    expect(await sweep(t)).toMatchObject({ overdue: 2, revived: 1, failed: 1 });
    t.service.send = send;
    await t.clock.advance(REVIVED_AHEAD_MS + 1);
    t.executionOf(other, 2).status = "RUNNING";
    expect(await sweep(t)).toMatchObject({ revived: 1, failed: 0 });
    expect(await runFrom(t, task, 3)).toMatchObject({ taskStatus: "success" });
  });

  it("serves every tenant, each task in its own", async () => {
    const t = await createTestTasks([counting]);
    const acme = { tenant: "acme", locale: "de-DE" };
    const task = await (await t.tasksOf(acme)).trigger({ definition: "counting", input: { at: 1, to: 1 } });
    t.executionOf(task).status = "FAILED";
    await t.clock.advance(DUE_AHEAD_MS + 1);
    expect(await sweep(t)).toMatchObject({ revived: 1 });
    await t.step(t.executionOf(task, 2));
    expect(await t.record(task.id, acme)).toMatchObject({ taskStatus: "success" });
  });

  it("stops when its own time is short, and says so", async () => {
    const { t, execution } = await started();
    execution.status = "FAILED";
    await t.clock.advance(DUE_AHEAD_MS + 1);
    expect(await t.host.handle(SWEEP, { getRemainingTimeInMillis: () => 29_999 })).toEqual({
      ...NOTHING,
      finished: false
    });
    expect(await sweep(t)).toMatchObject({ revived: 1, finished: true });
  });
});

describe("a broken deploy", () => {
  it("costs six executions, then the task fails with EXECUTION_LOST, and its hook runs", async () => {
    const { t, task } = await started();
    for (let number = 1; number <= 6; number++) {
      t.executionOf(task, number).status = "FAILED";
      await t.clock.advance(DUE_AHEAD_MS + 1);
      expect(await sweep(t)).toMatchObject({ overdue: 1, [number === 6 ? "given up" : "revived"]: 1 });
    }
    expect(await t.tasks.getTask(task.id)).toMatchObject({
      taskStatus: "failed",
      error: { code: "EXECUTION_LOST" },
      execution: 6
    });
    expect(ran).toEqual(["onError failed"]);
    await t.clock.advance(DAY_MS);
    expect(await sweep(t)).toEqual(NOTHING);
    expect(t.executions.size).toBe(6);
  });

  it("is forgiven by every iteration that is settled", async () => {
    const { t, task } = await started({ to: 8 });
    for (let number = 1; number <= 8; number++) {
      const execution = t.executionOf(task, number);
      await t.step(execution);
      execution.status = execution.status === "RUNNING" ? "FAILED" : execution.status;
      await t.clock.advance(DUE_AHEAD_MS + 1);
      if (number < 8) {
        expect(await sweep(t)).toMatchObject({ revived: 1 });
      }
    }
    expect(await t.tasks.getTask(task.id)).toMatchObject({ taskStatus: "success", iterations: 8, execution: 8 });
    expect(ran.filter(line => line.startsWith("run"))).toHaveLength(8);
  });

  it("ends what a finished task owes with an error in the log", async () => {
    const { t, task, execution } = await started({ to: 1 });
    hook = () => new Promise(() => undefined);
    void t.invoke(t.eventFor(execution.state));
    await t.clock.advance(0);
    hook = async () => {
      throw new Error("The hook is broken, too.");
    };
    for (let number = 1; number <= 6; number++) {
      t.executionOf(task, number).status = "FAILED";
      await t.clock.advance(2 * DUE_AHEAD_MS);
      const swept = sweep(t);
      await t.clock.advance(10_000);
      expect(await swept).toMatchObject({ [number === 6 ? "given up" : "revived"]: 1 });
    }
    expect((await t.record(task.id))?.owed).toBeUndefined();
    expect((await t.tasks.getLatestLog(task.id)).items.map(({ message }) => message).join()).toContain("was given up");
  });
});

describe("the status event alone", () => {
  it.each(["FAILED", "TIMED_OUT"])("of an execution that %s revives its task at once", async status => {
    const { t, task, execution } = await started();
    await t.step(execution);
    execution.status = status as "FAILED";
    expect(await t.host.handle(statusEvent(t, task, status))).toEqual({ care: "revived" });
    expect(await t.host.handle(statusEvent(t, task, status))).toEqual({ care: "left" });
    expect(await runFrom(t, task, 2)).toMatchObject({ taskStatus: "success", iterations: 3, execution: 2 });
    expect(ran).toEqual(["run 1", "run 2", "run 3", "onDone success"]);
  });

  it("of one that was stopped in the console aborts it", async () => {
    const { t, task, execution } = await started();
    await t.step(execution);
    execution.status = "ABORTED";
    expect(await t.host.handle(statusEvent(t, task, "ABORTED"))).toEqual({ care: "aborted" });
    expect(await t.tasks.getTask(task.id)).toMatchObject({
      taskStatus: "aborted",
      abort: { by: { id: "step-functions" } }
    });
    expect(ran).toEqual(["run 1", "onAbort aborted"]);
  });

  it("of one that was stopped in the console aborts it also while its code runs, which is told", async () => {
    let release = () => {};
    const blocking = createTaskDefinition({
      id: "blocking",
      title: "Blocking",
      async run({ signal, response }) {
        await new Promise<void>(resolve => {
          release = resolve;
        });
        ran.push(String((signal.reason as { code: string }).code));
        return response.done();
      }
    });
    const t = await createTestTasks([blocking]);
    const task = await t.tasks.trigger({ definition: "blocking" });
    const running = t.invoke(t.eventFor(t.executionOf(task).state));
    await t.clock.advance(1_000);
    expect(await t.host.handle(statusEvent(t, task, "TIMED_OUT"))).toEqual({ care: "left" });
    expect(await t.host.handle(statusEvent(t, task, "ABORTED"))).toEqual({ care: "aborted" });
    await t.clock.advance(5_000);
    release();
    expect((await running).status).toBe("aborted");
    expect(ran).toEqual(["TASK_ABORTED"]);
  });

  it("changes nothing of a task that ended, went on elsewhere, is being aborted, or is held by a living process", async () => {
    const { t, task, execution } = await started({ to: 1 });
    await t.step(execution);
    expect(await t.host.handle(statusEvent(t, task, "FAILED"))).toEqual({ care: "left" });
    const { t: u, task: other } = await started();
    hook = async () => void ran.push(JSON.stringify(await u.host.handle(statusEvent(u, other, "ABORTED"))));
    await u.tasks.abort({ id: other.id });
    expect(ran.at(-1)).toBe('{"care":"left"}');
    expect(await u.host.handle(statusEvent(u, other, "SUCCEEDED"))).toEqual({ care: "left" });
    await u.tasks.deleteTask(other.id);
    expect(await u.host.handle(statusEvent(u, other, "FAILED"))).toEqual({ care: "left" });
    expect([t.executions.size, u.executions.size]).toEqual([1, 1]);
  });

  it("of a foreign state machine is not ours", async () => {
    const { t } = await started();
    for (const input of ['{"order":1}', undefined, null]) {
      const event = {
        source: "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        detail: { name: "x", status: "FAILED", input }
      };
      await expect(t.host.handle(event)).rejects.toMatchObject({ code: "EVENT_NOT_SUPPORTED" });
    }
    const misleading = { name: "x", status: "FAILED", input: '{"note":"\\"webinyTaskId\\"","webinyTaskId":5}' };
    expect(
      await t.host.handle({
        source: "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        detail: misleading
      })
    ).toEqual({ care: "left" });
  });
});

describe("the look at a single task alone", () => {
  it("revives one that is overdue, and shows it; a list does not look", async () => {
    const { t, task, execution } = await started();
    await t.step(execution);
    execution.status = "FAILED";
    await t.clock.advance(DUE_AHEAD_MS + 1);
    await t.tasks.listTasks();
    expect(t.executions.size).toBe(1);
    expect(await t.tasks.getTask(task.id)).toMatchObject({ taskStatus: "running", execution: 2 });
    expect(await runFrom(t, task, 2)).toMatchObject({ taskStatus: "success" });
  });

  it("costs nothing while nothing is overdue, and does not fail when the service does", async () => {
    const { t, task } = await started();
    t.storage.reset();
    await t.tasks.getTask(task.id);
    expect(t.storage.counts().requests).toBe(1);
    t.service.fetch = async () => {
      throw new Error("Throttled.");
    };
    await t.clock.advance(DUE_AHEAD_MS + 1);
    expect((await t.tasks.getTask(task.id))?.taskStatus).toBe("pending");
  });
});

describe("retention", () => {
  it("removes a finished task with its logs, payloads and its place among its parent's children", async () => {
    const underlying = new MemoryStorage();
    const t = await createTestTasks([counting], { underlying, retentionDays: 7 });
    const parent = await t.tasks.trigger({ definition: "counting", input: { at: 1, to: 1 } });
    const text = Array.from({ length: 60_000 }, (_, at) => (at * 2_654_435_761).toString(36)).join("");
    const child = await t.tasks.trigger({
      definition: "counting",
      input: { at: 1, to: 1, text },
      parent: { id: parent.id }
    });
    await t.runToEnd(child);
    await t.clock.advance(7 * DAY_MS - MINUTE_MS);
    expect(await sweep(t)).toMatchObject({ removed: 0 });
    await t.clock.advance(2 * MINUTE_MS);
    await t.step(t.executionOf(parent));
    expect(await sweep(t)).toMatchObject({ removed: 1 });
    expect(await t.tasks.getTask(child.id)).toBeNull();
    const left: string[] = [];
    for (const { id } of [child, parent]) {
      for await (const { SK } of queryAll(underlying, { partition: `T#root#L#en-US#TASK#${id}` })) {
        left.push(SK.slice(0, 2));
      }
    }
    expect(left.sort()).toEqual(["A", "L#"]);
    expect((await t.tasks.listTasks()).items.map(({ id }) => id)).toEqual([parent.id]);
  });

  it("removes what createTask stored and nobody started, and a deleted task whose Lambda died", async () => {
    const { t, task, execution } = await started();
    await t.tasks.createTask({ definitionId: "counting", name: "Never started", input: {} });
    const { update } = t.underlying;
    t.underlying.update = async (...args) => {
      const record = await update.apply(t.underlying, args);
      t.underlying.update = () => new Promise(() => undefined);
      return record;
    };
    void t.invoke(t.eventFor(execution.state), { requestId: "dead" });
    await t.clock.advance(0);
    t.underlying.update = update;
    await t.tasks.deleteTask(task.id);
    expect(await t.record(task.id)).not.toBeNull();
    for (let hour = 0; hour < 3; hour++) {
      await t.clock.advance(DUE_AHEAD_MS);
      await sweep(t);
      const next = [...t.executions.values()].at(-1)!;
      if (next.status === "RUNNING") {
        await t.step(next);
      }
    }
    expect(await t.record(task.id)).toBeNull();
    expect((await t.tasks.listTasks()).items).toHaveLength(1);
    await t.clock.advance(90 * DAY_MS);
    expect(await sweep(t)).toMatchObject({ removed: 1 });
    expect((await t.tasks.listTasks()).items).toEqual([]);
  });
});
