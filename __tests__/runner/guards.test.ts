import { createTaskDefinition, type TaskDefinitionParams } from "../../src/index.js";
import { createTestTasks, type TestTasks } from "../helpers/createTestTasks.js";

/** Only state transitions cost something, a cent each, so that dollars can be counted on the fingers. */
const CENT_A_TRANSITION = {
  millionTransitions: 10_000,
  millionInvocations: 0,
  gbSecond: 0,
  millionReadUnits: 0,
  millionWriteUnits: 0
};

/** Runs one task of such a definition to its end. */
async function ended(more: Partial<TaskDefinitionParams>, input: object = {}, prices: object = CENT_A_TRANSITION) {
  const failed: string[] = [];
  const definition = createTaskDefinition({
    id: "looping",
    title: "Looping",
    run: async ({ response }) => response.continue({}),
    onError: async ({ task }) => void failed.push(task.error?.code ?? ""),
    ...more
  });
  const t = await createTestTasks([definition], { prices });
  const task = await t.tasks.trigger({ definition: "looping", input });
  await t.runToEnd(task);
  return {
    t,
    failed,
    task: (await t.tasks.getTask(task.id)) as NonNullable<Awaited<ReturnType<TestTasks["tasks"]["getTask"]>>>
  };
}

describe("a budget in dollars", () => {
  it("fails a task that has used it up, with what it used, and runs onError", async () => {
    const { task, failed } = await ended({ budget: { dollars: 0.2 } });
    expect(task).toMatchObject({
      taskStatus: "failed",
      // Two cents an iteration: after the tenth it is used up, after the eleventh it is over.
      iterations: 11,
      error: { code: "BUDGET_EXCEEDED", data: { id: "looping", dollars: 0.22, budget: 0.2 } },
      message: expect.stringMatching(
        /^The task has used \$0\.220 \(prices of us-east-1, \d{4}-\d\d\); the budget of "looping" is \$0\.2\. Raise/
      )
    });
    expect(failed).toEqual(["BUDGET_EXCEEDED"]);
    expect(task.usage.transitions).toBe(2 * 11 + 2);
  });

  it("ends attempts, too, before the code is called again, and is not tried again itself", async () => {
    let calls = 0;
    const { task } = await ended({
      budget: { dollars: 0.1 },
      retry: { maxAttempts: 100, initialDelaySeconds: 5, jitter: "none" },
      async run() {
        calls += 1;
        throw new Error("No.");
      }
    });
    // The first attempt costs two cents, those after a wait three each: 2, 5, 8, 11.
    expect([calls, task.error?.code, task.usage.transitions]).toEqual([3, "BUDGET_EXCEEDED", 11 + 2]);
  });

  it("ends a burst between two of its iterations", async () => {
    const { task } = await ended(
      { budget: { dollars: 0.3 }, burst: true },
      {},
      { ...CENT_A_TRANSITION, millionTransitions: 0, millionWriteUnits: 10_000 }
    );
    // A cent a write unit: 4 for the trigger, 5 for the first claim, 1 for each iteration that follows. 22 are over 30.
    expect([task.error?.code, task.iterations]).toEqual(["BUDGET_EXCEEDED", 23]);
    expect(task.usage.invocations).toBe(1);
  });

  it("is no matter to a task that ends in time, nor to one without", async () => {
    const run: TaskDefinitionParams["run"] = async ({ store, response }) =>
      store.getTask().iterations < 20 ? response.continue({}) : response.done();
    expect((await ended({ budget: { dollars: 0.4 }, run })).task.taskStatus).toBe("success");
    expect((await ended({ run })).task.taskStatus).toBe("success");
  });
});

describe("a budget in seconds", () => {
  it("fails the task instead of a wait that would go over it", async () => {
    const { task, t } = await ended({
      budget: { seconds: 3_600 },
      run: async ({ response }) => response.continue({}, { seconds: 1_000 })
    });
    expect(task).toMatchObject({
      iterations: 4,
      error: {
        code: "BUDGET_EXCEEDED",
        message:
          'The task would have run for 4000 s after its next wait; the budget of "looping" is 3600 s. Raise "budget.seconds", or find out what it waits for.'
      }
    });
    // It was not waited for.
    expect(t.clock.now() - Date.parse(task.createdOn)).toBe(3_000_000);
  });

  it("keeps what the last iteration changed", async () => {
    const { task } = await ended({
      budget: { seconds: 10 },
      run: async ({ response }) => response.continue({ at: 1 }, { seconds: 60 })
    });
    expect([task.error?.code, task.input]).toEqual(["BUDGET_EXCEEDED", { at: 1 }]);
  });

  it("ends a burst, too", async () => {
    const looping = createTaskDefinition({
      id: "looping",
      title: "Looping",
      burst: true,
      budget: { seconds: 10 },
      async run({ response }) {
        await t.clock.advance(1_000);
        return response.continue({});
      }
    });
    const t: TestTasks = await createTestTasks([looping]);
    const triggered = await t.tasks.trigger({ definition: "looping" });
    await t.runToEnd(triggered);
    const task = await t.tasks.getTask(triggered.id);
    expect([task?.error?.code, task?.iterations, task?.usage.invocations]).toEqual(["BUDGET_EXCEEDED", 11, 1]);
  });

  it("counts from the first iteration, not from the trigger", async () => {
    const once = createTaskDefinition({
      id: "once",
      title: "Once",
      budget: { seconds: 60 },
      run: async ({ response }) => response.done()
    });
    const t = await createTestTasks([once]);
    const task = await t.tasks.trigger({ definition: "once", delay: 3_600 });
    expect((await t.runToEnd(task)).status).toBe("done");
  });
});

describe("noProgressIterations", () => {
  const calm: Partial<TaskDefinitionParams> = { noProgressIterations: 5 };

  it("fails a task that does nothing so often, after each other", async () => {
    const { task, failed } = await ended(calm);
    expect(task).toMatchObject({
      taskStatus: "failed",
      iterations: 5,
      error: {
        code: "NO_PROGRESS",
        message:
          '5 iterations of the task changed neither its input nor its output, logged nothing and triggered nothing. If that is right, raise "noProgressIterations" of "looping".'
      }
    });
    expect(failed).toEqual(["NO_PROGRESS"]);
  });

  it.each<[string, TaskDefinitionParams["run"]]>([
    ["changes the input", async ({ store, response }) => response.continue({ at: store.getTask().iterations })],
    [
      "saves an output",
      async ({ store, response }) => {
        await store.updateOutput({ at: store.getTask().iterations });
        return response.continue({});
      }
    ],
    [
      "logs",
      async ({ store, response }) => {
        await store.addInfoLog({ message: "Still at it." });
        return response.continue({});
      }
    ],
    [
      "triggers a child",
      async ({ trigger, response }) => {
        await trigger({ definition: "testingRun" });
        return response.continue({});
      }
    ]
  ])("begins to count anew when an iteration %s", async (_, act) => {
    const { task } = await ended({
      ...calm,
      run: params =>
        params.store.getTask().iterations === 4 ? act(params) : Promise.resolve(params.response.continue({}))
    });
    expect([task.iterations, task.error?.code]).toEqual([9, "NO_PROGRESS"]);
  });

  it("takes a log call for progress also where logs are not stored", async () => {
    const { task } = await ended({
      ...calm,
      disableDatabaseLogs: true,
      maxIterations: 20,
      async run({ store, response }) {
        await store.addInfoLog({ message: "Still at it." });
        return response.continue({});
      }
    });
    expect(task.error?.code).toBe("MAX_ITERATIONS");
  });

  it("counts in bursts", async () => {
    const { task } = await ended({ ...calm, burst: true });
    expect([task.iterations, task.error?.code]).toEqual([5, "NO_PROGRESS"]);
  });

  it("is not counted where it is not asked for", async () => {
    const { task, t } = await ended({ maxIterations: 40 });
    expect(task.error?.code).toBe("MAX_ITERATIONS");
    expect(await t.record(task.id)).not.toHaveProperty("idle");
  });
});

describe("a definition", () => {
  it.each([
    [{ budget: 5 }, /"budget" must be an object with dollars, seconds or both, got 5/],
    [{ budget: {} }, /"budget" must be an object with dollars, seconds or both/],
    [{ budget: { dollars: 0 } }, /"budget.dollars" must be a number above 0, got 0/],
    [{ budget: { seconds: "60" } }, /"budget.seconds" must be a number above 0, got "60"/],
    [{ budget: { euros: 1 } }, /unknown option "budget.euros"; known are dollars, seconds/],
    [{ noProgressIterations: 1 }, /"noProgressIterations" must be at least 2, got 1/],
    [{ noProgressIterations: 2.5 }, /"noProgressIterations" must be a positive whole number, at most 10000, got 2.5/],
    [{ noProgressIterations: 10_001 }, /at most 10000, got 10001/]
  ])("with %j is refused", (more, message) => {
    expect(() =>
      createTaskDefinition({ id: "looping", title: "Looping", run: async () => undefined, ...more } as never)
    ).toThrow(expect.objectContaining({ code: "INVALID_DEFINITION", message: expect.stringMatching(message) }));
  });
});
