import { createTaskDefinition, NonRetryableError, type RetryPolicy } from "../../src/index.js";
import { createTestTasks } from "../helpers/createTestTasks.js";

const policy: RetryPolicy = { maxAttempts: 3, initialDelaySeconds: 10, jitter: "none" };

/** A task whose `run` does these things, one after the other. */
async function working(retry: RetryPolicy | undefined, ...attempts: ((params: any) => any)[]) {
  const hooks: string[] = [];
  const runs: number[] = [];
  const definition = createTaskDefinition({
    id: "working",
    title: "Working",
    retry,
    async run(params) {
      runs.push(params.store.getTask().iterations);
      return attempts[Math.min(runs.length, attempts.length) - 1]!(params);
    },
    onDone: async () => void hooks.push("onDone"),
    onError: async ({ task }) => void hooks.push(`onError ${task.error?.code}`)
  });
  const t = await createTestTasks([definition]);
  const task = await t.tasks.trigger({ definition: "working", input: { page: 1 } });
  return { t, task, execution: t.executionOf(task), hooks, runs };
}
const fails =
  (code = "BUSY", more: object = {}) =>
  () => {
    throw Object.assign(new Error("The shop is busy."), { code, ...more });
  };
const done = ({ response }: any) => response.done();

describe("an iteration that ends in an error", () => {
  it("fails the task at once without a policy", async () => {
    const { t, execution, hooks } = await working(undefined, fails(), done);
    expect((await t.step(execution)).status).toBe("error");
    expect(hooks).toEqual(["onError BUSY"]);
  });

  it("is run again with it, after delays that the machine waits, and the task can still be done", async () => {
    const { t, task, execution, hooks, runs } = await working(
      policy,
      fails(),
      ({ response }) => response.error("Still busy."),
      done
    );
    expect(await t.step(execution)).toMatchObject({ status: "continue", iteration: 1, wait: 10, error: null });
    expect(await t.tasks.getTask(task.id)).toMatchObject({
      taskStatus: "running",
      iterations: 1,
      failedAttempts: 1,
      attempt: 0,
      nextAt: "2026-01-01T00:00:10.000Z"
    });
    expect(await t.step(execution)).toMatchObject({ status: "continue", iteration: 1, wait: 20 });
    expect((await t.tasks.getTask(task.id))?.failedAttempts).toBe(2);
    expect(await t.step(execution)).toMatchObject({ status: "done" });
    expect([runs, hooks]).toEqual([[1, 1, 1], ["onDone"]]);
    expect(t.clock.now() - Date.parse(task.createdOn)).toBe(30_000);
  });

  it("fails the task with the last error when the attempts are used up; onError runs once", async () => {
    const { t, task, execution, hooks, runs } = await working(policy, fails("A"), fails("B"), fails("C"), done);
    await t.runToEnd(task);
    expect(execution.status).toBe("FAILED");
    expect(await t.tasks.getTask(task.id)).toMatchObject({ taskStatus: "failed", error: { code: "C" } });
    expect([runs.length, hooks]).toEqual([3, ["onError C"]]);
  });

  it("counts the attempts of each iteration for itself", async () => {
    const go = ({ input, response }: any) => response.continue({ page: input.page + 1 });
    const { t, task, runs } = await working(policy, fails(), fails(), go, fails(), fails(), done);
    expect((await t.runToEnd(task)).status).toBe("done");
    expect(runs).toEqual([1, 1, 1, 2, 2, 2]);
    expect(await t.tasks.getTask(task.id)).toMatchObject({ taskStatus: "success", iterations: 2, input: { page: 2 } });
  });

  it("leaves a line in the log for each, in order with the attempt's own", async () => {
    const { t, task } = await working(
      policy,
      async ({ store }) => {
        await store.addInfoLog({ message: "First attempt." });
        await store.save();
        await t0.clock.advance(5);
        fails()();
      },
      async ({ store, response }) => {
        await store.addInfoLog({ message: "Second attempt." });
        return response.done("Sold.");
      }
    ).then(made => {
      t0 = made.t;
      return made;
    });
    await t.runToEnd(task);
    const { items } = await t.tasks.getLatestLog(task.id);
    expect(items.map(({ message, type }) => [message, type])).toEqual([
      ["First attempt.", "info"],
      ["Attempt 1 of iteration 1 failed: The shop is busy. It is tried again in 10 s.", "error"],
      ["Second attempt.", "info"],
      ["Sold.", "info"]
    ]);
    expect(items[1]?.error).toMatchObject({ code: "BUSY", message: "The shop is busy." });
  });
  let t0: Awaited<ReturnType<typeof createTestTasks>>;

  it("drops what the attempt staged, and keeps what it saved", async () => {
    const { t, task } = await working(
      policy,
      async ({ store }) => {
        await store.updateInput({ saved: true });
        await store.updateInput({ staged: true }, { save: false });
        await store.updateOutput({ staged: true }, { save: false });
        fails()();
      },
      ({ input, response }) => response.done({ seen: input })
    );
    await t.runToEnd(task);
    expect((await t.tasks.getTask(task.id))?.output).toEqual({ seen: { page: 1, saved: true } });
  });

  it("costs a request more than a plain one, for the line in the log", async () => {
    const { t, execution } = await working({ ...policy, maxAttempts: 9 }, fails());
    await t.step(execution);
    t.storage.reset();
    await t.step(execution);
    expect(t.storage.counts()).toMatchObject({ requests: 3, readUnits: 0 });
  });
});

describe("what is tried again", () => {
  it.each<[string, RetryPolicy, (params: any) => any, boolean]>([
    ["an error the policy wants", { ...policy, retryable: ({ code }) => code === "BUSY" }, fails("BUSY"), true],
    [
      "an error the policy does not want",
      { ...policy, retryable: ({ code }) => code === "BUSY" },
      fails("GONE"),
      false
    ],
    [
      "an error that says of itself that it may",
      { ...policy, retryable: () => false },
      fails("X", { retryable: true }),
      true
    ],
    ["an error that says of itself that it may not", policy, fails("X", { retryable: false }), false],
    [
      "a NonRetryableError, thrown",
      policy,
      () => {
        throw new NonRetryableError("The folder was deleted.", { code: "GONE", data: { folder: 1 } });
      },
      false
    ],
    ["a NonRetryableError, returned", policy, ({ response }) => response.error(new NonRetryableError("Gone.")), false],
    ["a plain error, returned", policy, ({ response }) => response.error(new Error("Busy.")), true],
    ["a result that is none", policy, () => ({ ok: true }), false],
    [
      "a result that is too large",
      policy,
      ({ response }) => response.done({ text: "x".repeat(33 * 1024 * 1024) }),
      false
    ]
  ])("%s", async (_, retry, attempt, again) => {
    const { t, execution } = await working(retry, attempt, done);
    expect((await t.step(execution)).status).toBe(again ? "continue" : "error");
  });

  it("waits a random part of the delay unless told otherwise, never over the maximum", async () => {
    const random = jest.spyOn(Math, "random").mockReturnValue(0.5);
    const { t, execution } = await working({ maxAttempts: 100, initialDelaySeconds: 10, maxDelaySeconds: 25 }, fails());
    const waits: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      waits.push((await t.step(execution)).wait);
    }
    random.mockRestore();
    expect(waits).toEqual([5, 10, 13, 13]);
  });

  it("goes on in a fresh execution when the old one is full", async () => {
    const { t, task, execution, runs } = await working(policy, fails(), done);
    expect((await t.step(execution, { events: 22_000 })).status).toBe("handover");
    expect((await t.record(task.id))?.nextIteration).toBe(1);
    const next = t.executionOf(task, 2);
    while (next.status === "RUNNING") {
      await t.step(next);
    }
    expect([next.state.status, runs]).toEqual(["done", [1, 1]]);
  });

  it("is not run after an abort in the delay", async () => {
    const { t, task, execution, runs, hooks } = await working(policy, fails(), done);
    await t.step(execution);
    await t.tasks.abort({ id: task.id });
    await t.clock.advance(60_000);
    expect((await t.invoke(t.eventFor(execution.state))).status).toBe("aborted");
    expect([runs.length, hooks]).toEqual([1, []]);
  });

  it("keeps its own count beside lost invocations", async () => {
    const { t, task, execution } = await working(policy, fails(), fails(), done);
    await t.step(execution);
    const crash = { error: "Lambda.Unknown", cause: "{}" };
    await t.clock.advance(10_000);
    execution.state = await t.invoke(t.eventFor(execution.state, { crash }));
    expect(await t.tasks.getTask(task.id)).toMatchObject({ failedAttempts: 1, attempt: 1 });
    expect((await t.runToEnd(task)).status).toBe("done");
  });

  it("counts no lost invocation when the Lambda died after it had settled the attempt", async () => {
    const { t, task, execution } = await working(policy, fails(), done);
    const requestId = "0f0f0f0f-1111-2222-3333-444444444444";
    await t.invoke(t.eventFor(execution.state), { requestId });
    const crash = {
      error: "Lambda.Unknown",
      cause: `{"errorMessage":"RequestId: ${requestId} Error: Runtime exited"}`
    };
    expect(await t.invoke(t.eventFor(execution.state, { crash }))).toMatchObject({
      status: "continue",
      iteration: 1,
      wait: 10
    });
    expect(await t.tasks.getTask(task.id)).toMatchObject({ failedAttempts: 1, attempt: 0 });
  });

  it("ends with INVOCATION_LOST when the Lambda can't be started any more: never an endless loop", async () => {
    const { t, task, execution } = await working(policy, fails());
    await t.step(execution);
    const crash = { error: "Lambda.Unknown", cause: '{"errorMessage":"RequestId: another"}' };
    for (let attempt = 0; attempt < 3; attempt++) {
      await t.clock.advance(60_000);
      execution.state = await t.invoke(t.eventFor(execution.state, { crash }));
    }
    expect(await t.tasks.getTask(task.id)).toMatchObject({ taskStatus: "failed", error: { code: "INVOCATION_LOST" } });
  });
});

describe("a policy that is not valid", () => {
  it.each<[unknown, string]>([
    [5, '"retry" must be an object with maxAttempts, got 5'],
    [{}, '"retry.maxAttempts" must be a whole number from 2 to 100, got nothing'],
    [{ maxAttempts: 1 }, '"retry.maxAttempts" must be a whole number from 2 to 100, got 1'],
    [{ maxAttempts: 101 }, "from 2 to 100, got 101"],
    [{ maxAttempts: 3, initialDelaySeconds: -1 }, '"retry.initialDelaySeconds" must be a number of seconds'],
    [{ maxAttempts: 3, maxDelaySeconds: 86_401 }, "a day at most, got 86401"],
    [{ maxAttempts: 3, backoffRate: 0.5 }, '"retry.backoffRate" must be a number from 1 to 100'],
    [{ maxAttempts: 3, backoffRate: NaN }, '"retry.backoffRate"'],
    [{ maxAttempts: 3, jitter: "some" }, '"retry.jitter" must be "full" or "none", got "some"'],
    [{ maxAttempts: 3, retryable: true }, '"retry.retryable" must be a function'],
    [{ maxAttempts: 3, attempts: 5 }, 'unknown option "retry.attempts"; known are maxAttempts']
  ])("%j is named", (retry, fault) => {
    expect(() =>
      createTaskDefinition({
        id: "wrong",
        title: "Wrong",
        retry: retry as RetryPolicy,
        run: async ({ response }) => response.done()
      })
    ).toThrow(fault);
  });
});
