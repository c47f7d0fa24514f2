import { randomBytes } from "node:crypto";
import { createTaskDefinition, type TaskRunParams } from "../../src/index.js";
import { startLocal } from "../../src/local/index.js";
import { fitsWhileRunning } from "../../src/storage/placePayload.js";
import { itemSize } from "../../src/storage/itemSize.js";
import type { Task, TaskUsage } from "../../src/types.js";
import { createTestTasks, type TestTasks } from "../helpers/createTestTasks.js";

const noise = (bytes: number) => randomBytes(bytes).toString("base64");
const page = async ({ input, response }: TaskRunParams) =>
  input.page < input.pages
    ? response.continue({ page: input.page + 1 }, { seconds: input.seconds ?? 0 })
    : response.done();
const paging = createTaskDefinition({ id: "paging", title: "Sync articles", run: page });
const bursting = createTaskDefinition({ id: "bursting", title: "Sync articles", burst: true, run: page });

async function usageOf(t: TestTasks, id: string): Promise<TaskUsage> {
  return (await t.tasks.getTask(id))?.usage as TaskUsage;
}

/** What one task used, and what the storage billed meanwhile. */
async function runOne(t: TestTasks, definition: string, input: object = {}, delay = 0) {
  t.storage.reset();
  const task = await t.tasks.trigger({ definition, input, delay });
  const readInTrigger = t.storage.counts().readUnits;
  await t.runToEnd(task);
  const { writeUnits, readUnits } = t.storage.counts();
  const usage = await usageOf(t, task.id);
  return { task, usage, billed: { writeUnits, readUnits: readUnits - readInTrigger } };
}

describe("what a task has used", () => {
  it("is to the unit what the storage billed, from the trigger to the end", async () => {
    const definitions = [
      paging,
      bursting,
      createTaskDefinition({
        id: "logging",
        title: "Logging",
        async run(params) {
          await params.store.addInfoLog({ message: "Page done." });
          await params.store.updateOutput({ page: params.input.page });
          return page(params);
        }
      }),
      createTaskDefinition({
        id: "hooked",
        title: "Hooked",
        run: page,
        onDone: async () => {}
      }),
      createTaskDefinition({
        id: "failing",
        title: "Failing",
        run: async ({ response }) => response.error("No."),
        onError: async () => {}
      })
    ];
    for (const { id } of definitions) {
      const t = await createTestTasks(definitions);
      const { usage, billed } = await runOne(t, id, { page: 1, pages: 12, text: noise(50) });
      expect([id, usage]).toEqual([id, expect.objectContaining(billed)]);
    }
  });

  it("bills slices with their removal, also those of the trigger, and each reading of them", async () => {
    const large = createTaskDefinition({
      id: "large",
      title: "Large",
      run: async ({ input, response }) =>
        input.page < 4 ? response.continue({ page: input.page + 1, text: noise(300_000) }) : response.done()
    });
    const t = await createTestTasks([large]);
    const { task, usage, billed } = await runOne(t, "large", { page: 1, text: noise(500_000) });
    const { items } = await t.underlying.query({ partition: `T#root#L#en-US#TASK#${task.id}`, from: "P#", to: "P#~" });
    const left = items.reduce((sum, item) => sum + Math.ceil(itemSize(item) / 1_024), 0);
    const readAtTheEnd = items.reduce((sum, item) => sum + Math.ceil(itemSize(item) / 4_096), 0);
    expect(left).toBeGreaterThan(290);
    expect(usage).toMatchObject({
      writeUnits: billed.writeUnits + left,
      readUnits: billed.readUnits - readAtTheEnd
    });
  });

  it("counts transitions and invocations: 2 and 1 an iteration, 1 more for a wait, 2 for the end", async () => {
    const t = await createTestTasks([paging, bursting]);
    const plain = await runOne(t, "paging", { page: 1, pages: 20 });
    expect(plain.usage).toMatchObject({ transitions: 2 * 20 + 2, invocations: 20 });
    const waiting = await runOne(t, "paging", { page: 1, pages: 20, seconds: 60 }, 60);
    expect(waiting.usage).toMatchObject({ transitions: 3 * 20 + 2, invocations: 20 });
    const burst = await runOne(t, "bursting", { page: 1, pages: 20 });
    expect(burst.usage).toMatchObject({ transitions: 2 + 2, invocations: 1, writeUnits: 4 + 5 + 19 + 7 });
  });

  it("counts the milliseconds of the Lambda times its memory, waits of the machine left out", async () => {
    process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE = "512";
    try {
      const slow = createTaskDefinition({
        id: "slow",
        title: "Slow",
        async run(params) {
          await t.clock.advance(1_500);
          return page(params);
        }
      });
      const t: TestTasks = await createTestTasks([slow]);
      const { usage } = await runOne(t, "slow", { page: 1, pages: 4, seconds: 60 });
      expect(usage.gbSeconds).toBe(4 * 1.5 * 0.5);
    } finally {
      delete process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE;
    }
  });

  it("bills a child for itself, and the parent for the pointer to it", async () => {
    const parent = createTaskDefinition({
      id: "parent",
      title: "Parent",
      async run({ trigger, response }) {
        await trigger({ definition: "paging", input: { page: 1, pages: 1 } });
        return response.done();
      }
    });
    const t = await createTestTasks([parent, paging]);
    const { task, usage, billed } = await runOne(t, "parent");
    const child = (await t.tasks.listTasks({ where: { parentId: task.id } })).items[0];
    expect(child?.usage).toEqual({ transitions: 0, invocations: 0, gbSeconds: 0, readUnits: 0, writeUnits: 4 });
    expect(usage).toMatchObject({ writeUnits: billed.writeUnits - 4, readUnits: billed.readUnits });
  });

  it("goes on through an attempt that failed and an invocation that was lost, with the dead one's time", async () => {
    let runs = 0;
    const trouble = createTaskDefinition({
      id: "trouble",
      title: "Trouble",
      retry: { maxAttempts: 2, initialDelaySeconds: 10, jitter: "none" },
      async run({ response }) {
        runs += 1;
        if (runs === 1) {
          throw new Error("No.");
        }
        return runs === 2 ? new Promise<never>(() => {}) : response.done();
      }
    });
    const t = await createTestTasks([trouble]);
    const task = await t.tasks.trigger({ definition: "trouble" });
    const execution = t.executionOf(task);
    await t.step(execution);
    await t.clock.advance(10_000);
    execution.state.wait = 0;
    void t.invoke(t.eventFor(execution.state), { requestId: "dead-1" });
    await t.clock.advance(20_000);
    const crash = { error: "Sandbox.Timedout", cause: "RequestId: dead-1 Error: Task timed out" };
    execution.state = await t.invoke(t.eventFor(execution.state, { crash }));
    await t.runToEnd(task);
    // Run failed; Wait, Run lost, Recover; Wait, Run, and the end; CheckStatus before each Run and before the end.
    expect(await usageOf(t, task.id)).toMatchObject({ transitions: 2 + 3 + 1 + 3 + 2, invocations: 4, gbSeconds: 20 });
  });

  it("is kept by an abort, which is no part of it, with the time of the invocation it hit", async () => {
    const busy = createTaskDefinition({
      id: "busy",
      title: "Busy",
      async run({ response }) {
        await t.tasks.abort({ id: task.id });
        await t.clock.advance(4_000);
        return response.continue({});
      }
    });
    const t: TestTasks = await createTestTasks([busy]);
    const task = await t.tasks.trigger({ definition: "busy" });
    await t.step(t.executionOf(task));
    const { usage, taskStatus } = (await t.tasks.getTask(task.id)) as Task;
    expect(taskStatus).toBe("aborted");
    // Trigger, claim, settle that was refused, lease given back.
    expect(usage).toMatchObject({ transitions: 2, invocations: 1, gbSeconds: 4, writeUnits: 4 + 5 + 1 + 1 });
  });

  it("never lets a record that holds its input grow over a write unit", async () => {
    const t = await createTestTasks([paging]);
    const task = await t.tasks.trigger({ definition: "paging", input: { page: 1, pages: 9 } });
    await t.step(t.executionOf(task));
    const record = await t.record(task.id);
    if (record === null) {
      throw new Error("The task is not stored.");
    }
    let text = "";
    while (fitsWhileRunning({ ...record, input: `${text}x` })) {
      text += "x";
    }
    const recent = Array.from({ length: 32 }, (_, at) => (at % 2 === 0 ? 1_234_567_891 : 899_999));
    const used = { uT: 987_654, uI: 987_653, uM: 123_456_789_012, uR: 987_651, uW: 987_657 };
    const lease = {
      idle: 99,
      leaseOwner: "x".repeat(36),
      leaseUntil: 1_767_225_612_345,
      nextAt: 1_767_225_612_345,
      attempt: 2,
      failedAttempts: 98
    };
    expect(
      itemSize({ ...record, ...used, ...lease, recent, iterations: 499, nextIteration: 499, rev: 998, input: text })
    ).toBeLessThanOrEqual(1_024);
  });
});

describe("on the local endpoints", () => {
  it("transitions and invocations are those the endpoints counted", async () => {
    const local = await startLocal({ plugins: [paging] });
    try {
      const before = local.counts();
      const { id } = await local.tasks.trigger({
        definition: "paging",
        input: { page: 1, pages: 3, seconds: 1 },
        delay: 1
      });
      const { usage } = await local.waitFor(id);
      const after = local.counts();
      expect({ transitions: usage.transitions, invocations: usage.invocations }).toEqual({
        transitions: after.transitions - before.transitions,
        invocations: after.invocations - before.invocations
      });
      expect(usage.transitions).toBe(3 * 3 + 2);
      expect(usage.gbSeconds).toBeLessThan(1);
    } finally {
      await local.stop();
    }
  });
});
