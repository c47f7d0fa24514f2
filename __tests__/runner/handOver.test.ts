import { HAND_OVER_EVENTS } from "../../src/constants.js";
import { createTaskDefinition } from "../../src/index.js";
import { createTestTasks, type TestTasks } from "../helpers/createTestTasks.js";

const DAY_SECONDS = 24 * 60 * 60;
const hooks: string[] = [];
const runs: number[] = [];
let whileRunning: (() => Promise<void>) | undefined;
const counting = createTaskDefinition({
  id: "counting",
  title: "Counting",
  maxIterations: 30_000,
  async run({ input, store, response }) {
    runs.push(store.getTask().iterations);
    await whileRunning?.();
    if (input.log) {
      await store.addInfoLog({ message: `Iteration ${input.at}.` });
    }
    return input.at < input.to
      ? response.continue({ at: input.at + 1 }, input.seconds ? { seconds: input.seconds } : undefined)
      : response.done("Counted.", { to: input.to });
  },
  async onDone({ task }) {
    hooks.push(`done after ${task.iterations} in execution ${task.execution}`);
  },
  async onAbort({ task }) {
    hooks.push(`aborted in execution ${task.execution}`);
  }
});

beforeEach(() => {
  hooks.length = 0;
  runs.length = 0;
});

/** The state of an execution whose history is nearly full. */
const nearlyFull = { events: HAND_OVER_EVENTS - 1 };

/** A task whose first iteration is answered; with `events`, as if many came before. */
async function started(input: object) {
  const t = await createTestTasks([counting]);
  const task = await t.tasks.trigger({ definition: "counting", input: { at: 1, to: 10, ...input } });
  return { t, task, execution: t.executionOf(task) };
}

const executionNames = (t: TestTasks) => [...t.executions.keys()].map(name => name.split("_").at(-1));

describe("a task that needs more than one execution", () => {
  it("runs 20,000 iterations, each once, in as many executions as their events need", async () => {
    const { t, task } = await started({ to: 20_000 });
    await t.runToEnd(task, 30_000);
    expect(await t.tasks.getTask(task.id)).toMatchObject({
      taskStatus: "success",
      iterations: 20_000,
      execution: 7,
      message: "Counted.",
      output: { to: 20_000 }
    });
    expect(runs).toEqual(Array.from({ length: 20_000 }, (_, at) => at + 1));
    expect(hooks).toEqual(["done after 20000 in execution 7"]);
    expect(executionNames(t)).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
    expect([...t.executions.values()].every(({ state }) => state.events <= HAND_OVER_EVENTS + 16)).toBe(true);
  }, 120_000);

  it("costs one request more for the hand-over, and nothing after", async () => {
    const { t, execution, task } = await started({});
    await t.step(execution);
    t.storage.reset();
    expect(await t.step(execution, nearlyFull)).toMatchObject({ status: "handover", iteration: 2, execution: 1 });
    expect(t.storage.counts()).toMatchObject({ requests: 2, writeUnits: 2, readUnits: 0 });
    const next = t.executionOf(task, 2);
    expect(next.state).toEqual({
      ...execution.state,
      status: "continue",
      execution: 2,
      iteration: 3,
      events: 1,
      wait: 0
    });
    t.storage.reset();
    await t.step(next);
    expect(t.storage.counts()).toMatchObject({ requests: 2, writeUnits: 2, readUnits: 0 });
  });

  it("moves at the limit and not before, counting retries, crashes and the wait", async () => {
    for (const [events, more, status] of [
      [HAND_OVER_EVENTS - 8, {}, "continue"],
      [HAND_OVER_EVENTS - 7, {}, "handover"],
      [HAND_OVER_EVENTS - 10, { retryCount: 1 }, "handover"]
    ] as const) {
      const { t, execution } = await started({});
      expect((await t.step(execution, { events, ...more })).status).toBe(status);
    }
    const waiting = await started({ seconds: 60 });
    expect((await waiting.t.step(waiting.execution, { events: HAND_OVER_EVENTS - 9 })).status).toBe("handover");
  });

  it("logs on under one id, each line with its execution", async () => {
    const { t, task, execution } = await started({ to: 3, log: true });
    await t.step(execution, nearlyFull);
    await t.runToEnd({ ...task });
    const next = t.executionOf(task, 2);
    while (next.status === "RUNNING") {
      await t.step(next);
    }
    const { items } = await t.tasks.listLogs({ where: { task: task.id }, sort: "createdOn_ASC" });
    expect(items.map(({ iteration, executionName }) => [iteration, executionName.split("_").at(-1)])).toEqual([
      [1, "1"],
      [2, "2"],
      [3, "2"]
    ]);
    expect((await t.tasks.getTask(task.id))?.executionName).toBe(next.name);
    expect(await t.tasks.fetchServiceInfo(task.id)).toMatchObject({ name: next.name });
    // Also of a task that was read when it was in the one before.
    expect(await t.tasks.fetchServiceInfo(task)).toMatchObject({ name: next.name });
  });
});

describe("a wait that one execution can't hold", () => {
  it("of 355 days after 20 days of running is waited in a fresh one, by the runner", async () => {
    const { t, task, execution } = await started({ to: 3, seconds: 20 * DAY_SECONDS });
    await t.step(execution);
    const changed = await t.tasks.updateTask(task.id, { input: { at: 2, to: 3, seconds: 355 * DAY_SECONDS } });
    expect(changed.input.at).toBe(2);
    const answer = await t.step(execution);
    expect(answer.status).toBe("handover");
    const next = t.executionOf(task, 2);
    // It enters Run at once; the runner says how long to wait, and the machine then does.
    expect((await t.step(next)).wait).toBe(355 * DAY_SECONDS);
    expect(runs).toEqual([1, 2]);
    const end = await t.step(next);
    expect([end.status, runs]).toEqual(["done", [1, 2, 3]]);
    expect(t.clock.now() - Date.parse(task.createdOn)).toBe(375 * DAY_SECONDS * 1000);
  });

  it("stays in the execution where it ends within its year", async () => {
    const { t, execution } = await started({ seconds: 355 * DAY_SECONDS });
    expect(await t.step(execution)).toMatchObject({ status: "continue", wait: 355 * DAY_SECONDS });
  });
});

describe("a hand-over that is disturbed", () => {
  it("is made again by every repeat of its delivery: a start that failed, a crash, a duplicate", async () => {
    const { t, task, execution } = await started({});
    const { send } = t.service;
    t.service.send = async () => {
      throw new Error("Step Functions is down.");
    };
    const event = t.eventFor(execution.state, nearlyFull);
    await expect(t.invoke(event, { requestId: "first" })).rejects.toThrow("Step Functions is down.");
    expect((await t.record(task.id))?.execution).toBe(2);
    t.service.send = send;
    const crash = { error: "Error", cause: '{"errorMessage":"RequestId: first Step Functions is down."}' };
    const recovered = await t.invoke(t.eventFor(execution.state, { ...nearlyFull, crash }));
    expect(recovered).toMatchObject({ status: "handover", iteration: 1, execution: 1 });
    expect(await t.invoke(event)).toMatchObject({ status: "handover" });
    expect(executionNames(t)).toEqual(["1", "2"]);
    expect(runs).toEqual([1]);
  });

  it("is over for the old execution once the next one has begun", async () => {
    const { t, task, execution } = await started({});
    const event = t.eventFor(execution.state, nearlyFull);
    await t.step(execution, nearlyFull);
    t.log.length = 0;
    whileRunning = async () => {
      whileRunning = undefined;
      expect(await t.invoke(event)).toMatchObject({ status: "done", execution: 1 });
    };
    // An execution takes longer than this to begin.
    await t.clock.advance(1);
    await t.step(t.executionOf(task, 2));
    expect(await t.invoke(event)).toMatchObject({ status: "done", execution: 1 });
    expect(t.log).toEqual([]);
    expect(runs).toEqual([1, 2]);
  });

  it("is over for the old execution, too, when the task was aborted before the next one began", async () => {
    const { t, task, execution } = await started({});
    const event = t.eventFor(execution.state, nearlyFull);
    await t.step(execution, nearlyFull);
    await t.tasks.abort({ id: task.id });
    t.log.length = 0;
    expect(await t.invoke(event)).toMatchObject({ status: "done", execution: 1 });
    expect(t.log).toEqual([]);
  });

  it("goes to an execution of the task's own name, whatever the first one was called", async () => {
    const { t, task, execution } = await started({});
    await t.step(execution, { ...nearlyFull, executionName: "by-hand" });
    expect((await t.tasks.getTask(task.id))?.executionName).toBe(t.executionOf(task, 2).name);
  });

  it("leaves no execution going when the abort comes before the start of the next one", async () => {
    const { t, task, execution } = await started({});
    const { send } = t.service;
    t.service.send = async (...args) => {
      await t.tasks.abort({ id: task.id });
      return send.apply(t.service, args);
    };
    expect((await t.step(execution, nearlyFull)).status).toBe("handover");
    expect(execution.status).not.toBe("RUNNING");
    expect((await t.step(t.executionOf(task, 2))).status).toBe("aborted");
    expect([runs, hooks]).toEqual([[1], ["aborted in execution 2"]]);
  });

  it("is stopped with the execution before it by an abort after it", async () => {
    const { t, task, execution } = await started({ seconds: 60 });
    await t.step(execution, nearlyFull);
    t.log.length = 0;
    execution.status = "RUNNING";
    await t.tasks.abort({ id: task.id });
    expect([execution.status, t.executionOf(task, 2).status]).toEqual(["ABORTED", "ABORTED"]);
    expect(hooks).toEqual(["aborted in execution 2"]);
  });

  it("is not made under Webiny's machine, which does not know the word", async () => {
    const { t, task } = await started({});
    await t.underlying.update(
      { PK: (await t.record(task.id))!.PK, SK: "A" },
      { kind: "exists", attribute: "PK" },
      { set: { executionStartedOn: t.clock.now() - 365 * DAY_SECONDS * 1000 } }
    );
    const {
      events: _e,
      execution: _x,
      iteration: _i,
      executionArn: _a,
      retryCount: _r,
      ...payload
    } = t.eventFor(t.executionOf(task).state).payload as Record<string, unknown>;
    expect(await t.invoke({ name: "background-task", payload })).toMatchObject({ status: "continue" });
    expect((await t.record(task.id))?.execution).toBe(1);
  });
});
