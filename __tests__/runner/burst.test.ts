import { createTaskDefinition, type TaskDefinitionParams } from "../../src/index.js";
import { createTestTasks } from "../helpers/createTestTasks.js";

const runs: number[] = [];
const hooks: string[] = [];
let during: ((iteration: number) => Promise<void>) | undefined;

function paging(more: Partial<TaskDefinitionParams<any, any, any>> = {}) {
  return createTaskDefinition<any, any, any>({
    id: "paging",
    title: "Paging",
    burst: true,
    async run({ input, response, store }) {
      const { iterations } = store.getTask();
      runs.push(iterations);
      await during?.(iterations);
      return input.page < input.pages
        ? response.continue({ page: input.page + 1 }, input.seconds ? { seconds: input.seconds } : undefined)
        : response.done("All paged.", { pages: input.pages });
    },
    onDone: async ({ task }) => void hooks.push(`onDone ${task.iterations}`),
    onError: async ({ task }) => void hooks.push(`onError ${task.error?.code}`),
    onAbort: async () => void hooks.push("onAbort"),
    onMaxIterations: async () => void hooks.push("onMaxIterations"),
    ...more
  });
}

async function started(input: object, more: Partial<TaskDefinitionParams<any, any, any>> = {}, options: object = {}) {
  const t = await createTestTasks([paging(more)], options);
  const task = await t.tasks.trigger({ definition: "paging", input: { page: 1, pages: 5, ...input } });
  return { t, task, execution: t.executionOf(task) };
}

beforeEach(() => {
  runs.length = 0;
  hooks.length = 0;
  during = undefined;
});

describe("a burst", () => {
  it("runs the iterations in one invocation, each settled and the next claimed by one request of one write unit", async () => {
    const { t, task, execution } = await started({ pages: 100 });
    const costs: object[] = [];
    during = async () => {
      const { requests, writeUnits, readUnits } = t.storage.counts();
      costs.push({ requests, writeUnits, readUnits });
      t.storage.reset();
    };
    expect(await t.step(execution)).toMatchObject({ status: "done", iteration: 100, events: 8 });
    expect(runs).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
    expect(costs.slice(1)).toEqual(Array(99).fill({ requests: 1, writeUnits: 1, readUnits: 0 }));
    expect(await t.tasks.getTask(task.id)).toMatchObject({
      taskStatus: "success",
      iterations: 100,
      output: { pages: 100 }
    });
    expect(hooks).toEqual(["onDone 100"]);
  });

  it("is what a definition asks for, and nobody else gets", async () => {
    const { t, execution } = await started({}, { burst: false });
    expect(await t.step(execution)).toMatchObject({ status: "continue", iteration: 2 });
    expect(() => paging({ burst: "yes" as never })).toThrow('"burst" must be true or false, got "yes"');
  });

  it("ends with the time: 3 minutes before the deadline, or twice what the last iteration took", async () => {
    const { t, execution } = await started({ pages: 100 });
    during = async () => t.clock.advance(60_000);
    expect(await t.step(execution)).toMatchObject({ status: "continue", iteration: 13 });
    expect(runs).toHaveLength(12);
    runs.length = 0;
    during = async () => t.clock.advance(200_000);
    // 900 s: after two of 200 s there are 500 left, after three 300, which is less than twice 200.
    expect(await t.step(execution)).toMatchObject({ status: "continue", iteration: 16 });
  });

  it("ends when run was told that the time-out is near, by whatever measure it asked", async () => {
    const { t, execution } = await started(
      {},
      {
        async run({ response, isCloseToTimeout, store }) {
          runs.push(store.getTask().iterations);
          return isCloseToTimeout(1_000) || runs.length > 50 ? response.continue({}) : response.done();
        }
      }
    );
    expect(await t.step(execution)).toMatchObject({ status: "continue", iteration: 2 });
    expect(runs).toEqual([1]);
  });

  it("counts as ever: maxIterations ends it", async () => {
    const { t, task } = await started({ pages: 600 });
    await t.runToEnd(task);
    expect(runs).toHaveLength(500);
    expect(await t.tasks.getTask(task.id)).toMatchObject({
      taskStatus: "failed",
      error: { code: "MAX_ITERATIONS" },
      iterations: 500
    });
    expect(hooks).toEqual(["onMaxIterations", "onError MAX_ITERATIONS"]);
  });

  it("writes a log for each iteration", async () => {
    const { t, task } = await started(
      { pages: 3 },
      {
        async run({ input, store, response }) {
          await store.addInfoLog({ message: `Page ${input.page}.` });
          return input.page < 3 ? response.continue({ page: input.page + 1 }) : response.done();
        }
      }
    );
    await t.runToEnd(task);
    const { items } = await t.tasks.listLogs({ where: { task: task.id }, sort: "createdOn_ASC" });
    expect(items.map(log => [log.iteration, log.items[0]?.message])).toEqual([
      [1, "Page 1."],
      [2, "Page 2."],
      [3, "Page 3."]
    ]);
  });

  it("carries inputs too large for the record from one iteration to the next", async () => {
    const text = Array.from({ length: 30_000 }, (_, at) => (at * 2_654_435_761).toString(36)).join("");
    const { t, task } = await started({ text, pages: 3 });
    await t.runToEnd(task);
    expect((await t.tasks.getTask(task.id))?.input).toEqual({ text, page: 3, pages: 3 });
  });

  it("goes on when the answer to its write got lost", async () => {
    const { t, execution } = await started({ pages: 4 });
    const { update } = t.underlying;
    t.underlying.update = async (...args) => {
      const written = await update.apply(t.underlying, args);
      // The SDK sends it again, and then its condition does not hold.
      return runs.length === 2 ? update.apply(t.underlying, args) : written;
    };
    expect(await t.step(execution)).toMatchObject({ status: "done", iteration: 4 });
    expect([runs, hooks]).toEqual([[1, 2, 3, 4], ["onDone 4"]]);
  });
});

describe("a burst that is disturbed", () => {
  it("sees an abort between two iterations, and nothing of the one in between is saved", async () => {
    const { t, task, execution } = await started({ pages: 10 });
    during = async iteration => {
      if (iteration === 3) {
        await t.tasks.abort({ id: task.id });
      }
    };
    expect(await t.step(execution)).toMatchObject({ status: "aborted" });
    expect([runs, hooks]).toEqual([[1, 2, 3], ["onAbort"]]);
    expect(await t.tasks.getTask(task.id)).toMatchObject({ taskStatus: "aborted", input: { page: 3 } });
  });

  it("begins no iteration after an abort that hits while the answer to its write is lost", async () => {
    const { t, task, execution } = await started({ pages: 4 });
    const { update } = t.underlying;
    t.underlying.update = async (...args) => {
      const written = await update.apply(t.underlying, args);
      if (runs.length !== 2 || written === null) {
        return written;
      }
      t.underlying.update = update;
      await t.tasks.abort({ id: task.id });
      return update.apply(t.underlying, args);
    };
    expect(await t.step(execution)).toMatchObject({ status: "aborted" });
    expect([runs, hooks]).toEqual([[1, 2], ["onAbort"]]);
  });

  it("saves nothing for code of an iteration that is over, while the next one runs", async () => {
    let late: Promise<unknown> | undefined;
    const { t, task, execution } = await started(
      { pages: 2 },
      {
        async run({ store, response }) {
          runs.push(store.getTask().iterations);
          if (runs.length === 1) {
            late = t.clock
              .sleep(1_000)
              .then(() => store.updateOutput({ late: true }))
              .catch((error: { code: string }) => error.code);
            return response.continue({});
          }
          await t.clock.advance(2_000);
          return response.done({ seen: store.getOutput() ?? null });
        }
      }
    );
    expect(await t.step(execution)).toMatchObject({ status: "done" });
    expect(await late).toBe("TASK_SUPERSEDED");
    expect((await t.tasks.getTask(task.id))?.output).toEqual({ seen: null });
  });

  it.each([
    ["as a crash", true],
    ["again", false]
  ])("hands over again when the start of the fresh execution failed, and the event comes %s", async (_, crashed) => {
    const { t, task, execution } = await started(
      { pages: 2 },
      {
        async run({ input, response }) {
          runs.push(input.page);
          return input.page < 4
            ? response.continue({ page: input.page + 1 }, input.page === 2 ? { seconds: 355 * 86_400 } : undefined)
            : response.done();
        }
      }
    );
    await t.clock.advance(20 * 86_400_000);
    const { send } = t.service;
    t.service.send = async () => {
      throw new Error("Step Functions is down.");
    };
    const requestId = "0f0f0f0f-dead";
    await expect(t.invoke(t.eventFor(execution.state), { requestId })).rejects.toThrow("Step Functions is down.");
    t.service.send = send;
    const crash = { error: "Error", cause: `{"errorMessage":"RequestId: ${requestId} Step Functions is down."}` };
    const event = t.eventFor(execution.state, crashed ? { crash } : {});
    expect(await t.invoke(event)).toMatchObject({ status: "handover" });
    const next = t.executionOf(task, 2);
    expect(await t.step(next)).toMatchObject({ status: "continue", iteration: 3, wait: 355 * 86_400 });
    await t.step(next);
    expect([runs, next.status]).toEqual([[1, 2, 3, 4], "SUCCEEDED"]);
    // When that one is at work, a late delivery to the old one has nothing to start.
    t.log.length = 0;
    await t.invoke(event);
    expect(t.log).toEqual([]);
  });

  it("loses one iteration to a crash: Recover runs that one again, and no other", async () => {
    const { t, task, execution } = await started({ pages: 10 });
    const requestId = "0f0f0f0f-dead";
    during = iteration => (iteration === 5 ? new Promise(() => undefined) : Promise.resolve());
    void t.invoke(t.eventFor(execution.state), { requestId });
    await t.clock.advance(0);
    expect(runs).toEqual([1, 2, 3, 4, 5]);
    const attempts: (number | undefined)[] = [];
    during = async () => void attempts.push((await t.record(task.id))?.attempt);
    const crash = { error: "Lambda.Unknown", cause: `{"errorMessage":"RequestId: ${requestId} Error: exited"}` };
    execution.state = await t.invoke(t.eventFor(execution.state, { crash }));
    expect(execution.state).toMatchObject({ status: "continue", iteration: 5, wait: 2 });
    await t.runToEnd(task);
    expect(runs).toEqual([1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10]);
    expect(attempts).toEqual([2, 1, 1, 1, 1, 1]);
    expect(hooks).toEqual(["onDone 10"]);
    const log = await t.tasks.getLog(`${task.id}.5`);
    expect(log?.items[0]?.message).toContain("attempt 1 of iteration 5 crashed");
  });

  it("is taken over by nobody: a delivery at once waits, one after the end gets its answer", async () => {
    const { t, execution } = await started({ pages: 4 });
    const answers: object[] = [];
    const event = t.eventFor(execution.state);
    during = async iteration => {
      if (iteration === 3) {
        answers.push(await t.invoke(event));
      }
    };
    await t.step(execution);
    answers.push(await t.invoke(event));
    expect(answers).toMatchObject([
      { status: "continue", iteration: 3, wait: 30 },
      { status: "done", iteration: 4 }
    ]);
    expect(runs).toEqual([1, 2, 3, 4]);
  });

  it("tries an error again by the definition's policy", async () => {
    const { t, task, execution } = await started(
      { pages: 4 },
      { retry: { maxAttempts: 2, initialDelaySeconds: 2, jitter: "none" } }
    );
    let failures = 0;
    during = async iteration => {
      if (iteration === 2 && failures++ === 0) {
        throw new Error("Busy.");
      }
    };
    // Also a delay as short as this one is the machine's: no Lambda sleeps for an error.
    expect(await t.step(execution)).toMatchObject({ status: "continue", iteration: 2, wait: 2 });
    await t.runToEnd(task);
    expect([runs, hooks]).toEqual([[1, 2, 2, 3, 4], ["onDone 4"]]);
  });
});

describe("a wait in a burst", () => {
  it("of 4 seconds is slept in the process, a longer one is the machine's", async () => {
    for (const [seconds, steps] of [
      [4, 1],
      [5, 3]
    ] as const) {
      const { t, execution } = await started({ pages: 3, seconds });
      let invocations = 0;
      while (execution.status === "RUNNING") {
        invocations += 1;
        const step = t.step(execution);
        await t.clock.advance(2 * seconds * 1000);
        await step;
      }
      expect([seconds, invocations, execution.state.status]).toEqual([seconds, steps, "done"]);
    }
  });

  it("ends with an abort: the iteration after it is not run", async () => {
    const { t, task, execution } = await started({ pages: 3, seconds: 4 });
    const step = t.step(execution);
    await t.clock.advance(1_000);
    await t.tasks.abort({ id: task.id });
    await t.clock.advance(10_000);
    expect(await step).toMatchObject({ status: "aborted" });
    expect([runs, hooks]).toEqual([[1], ["onAbort"]]);
  });
});
