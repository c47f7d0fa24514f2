import { createTaskDefinition } from "../../src/index.js";
import type { TaskRunParams } from "../../src/index.js";
import { queryAll } from "../../src/storage/batches.js";
import { createTestTasks, type TestTasks } from "../helpers/createTestTasks.js";

/** Runs one iteration with this body; what the body throws is thrown here, not taken for a failed task. */
async function running(
  run: (params: TaskRunParams<any, any, any>, t: TestTasks) => Promise<void>,
  input: object = {},
  more: object = {}
) {
  const failures: unknown[] = [];
  const definition = createTaskDefinition<any, any, any>({
    id: "storing",
    title: "Storing",
    async run(params) {
      try {
        await run(params, t);
      } catch (error) {
        failures.push(error);
      }
      return params.response.done();
    },
    ...more
  });
  const t = await createTestTasks([definition]);
  const task = await t.tasks.trigger({ definition: "storing", input });
  await t.runToEnd(task);
  if (failures.length > 0) {
    throw failures[0];
  }
  return { t, task: (await t.tasks.getTask(task.id)) as any };
}

describe("the store of a running task", () => {
  it("gives current values: task, status, input, output", async () => {
    await running(
      async ({ store }) => {
        expect(store.getStatus()).toBe("running");
        expect(store.getInput()).toEqual({ page: 1 });
        expect(store.getOutput()).toBeUndefined();
        expect(store.getTask()).toMatchObject({ name: "Storing", iterations: 1, input: { page: 1 } });
        await store.updateTask({ name: "Renamed" });
        expect(store.getTask().name).toBe("Renamed");
      },
      { page: 1 }
    );
  });

  it("merges input and output at the top level, replaces lists, removes what is undefined", async () => {
    const { task } = await running(
      async ({ store }) => {
        await store.updateInput({ list: [1, 2] });
        await store.updateInput({ list: [1, 2, 3], gone: undefined });
        await store.updateInput(input => ({ count: input.count + 1 }));
        await store.updateOutput({ a: 1, b: { c: 1 } });
        await store.updateOutput({ b: { d: 2 } });
      },
      { count: 1, gone: true }
    );
    expect(task.input).toEqual({ count: 2, list: [1, 2, 3] });
    expect(task.output).toEqual({ a: 1, b: { d: 2 } });
  });

  it.each([
    ["small", 10],
    ["in slices", 5_000]
  ])(
    "keeps an output that was changed from outside meanwhile: staged changes are made again to it (%s)",
    async (_, n) => {
      const text = (seed: string) => Array.from({ length: n }, (__, at) => `${seed}${at * 7919}`).join("");
      const { task } = await running(async ({ store }, t) => {
        await store.updateOutput({ mine: text("a") }, { save: false });
        const { id } = store.getTask();
        await t.tasks.updateTask(id, { output: { theirs: text("b") }, input: { from: "outside" } });
        await store.save();
        expect(store.getOutput()).toEqual({ theirs: text("b"), mine: text("a") });
        expect(store.getInput()).toEqual({ from: "outside" });
      });
      expect(task.output).toEqual({ theirs: text("b"), mine: text("a") });
      expect(task.input).toEqual({ from: "outside" });
    }
  );

  it("stages nothing of an update that is refused in a part", async () => {
    const { task } = await running(
      async ({ store }) => {
        for (const output of [5, { text: "x".repeat(33 * 1024 * 1024) }, { nan: NaN }]) {
          const update = store.updateTask({ name: "Renamed", input: { changed: true }, output: output as object });
          await expect(update).rejects.toMatchObject({
            code: expect.stringMatching(/^(INVALID_INPUT|PAYLOAD_TOO_LARGE)$/)
          });
        }
        expect(store.getTask()).toMatchObject({ name: "Storing", input: { page: 1 } });
      },
      { page: 1 }
    );
    expect(task).toMatchObject({ name: "Storing", input: { page: 1 } });
    expect(task.output).toBeUndefined();
  });

  it("does not concatenate lists of two staged updates", async () => {
    const { task } = await running(async ({ store }) => {
      await store.updateInput({ list: [1, 2] }, { save: false });
      await store.updateInput({ list: [1, 2, 3] }, { save: false });
      await store.save();
    });
    expect(task.input).toEqual({ list: [1, 2, 3] });
  });

  it("stages with { save: false } and writes with save(), or at the end of the iteration", async () => {
    const { task } = await running(async ({ store }, t) => {
      const before = t.storage.counts().requests;
      await store.updateOutput({ a: 1 }, { save: false });
      await store.updateTask(current => ({ name: `${current.name} now` }), { save: false });
      expect(t.storage.counts().requests).toBe(before);
      expect(store.getOutput()).toEqual({ a: 1 });
      await store.save();
      expect(t.storage.counts().requests).toBe(before + 1);
      await store.save();
      expect(t.storage.counts().requests).toBe(before + 1);
      await store.updateOutput({ b: 2 }, { save: false });
    });
    expect(task).toMatchObject({ name: "Storing now", output: { a: 1, b: 2 } });
  });

  it("writes nothing when nothing changes", async () => {
    await running(
      async ({ store }, t) => {
        const before = t.storage.counts().requests;
        await store.updateInput({ page: 1 });
        await store.updateTask({ name: "Storing" });
        expect(t.storage.counts().requests).toBe(before);
      },
      { page: 1 }
    );
  });

  it("refuses to change what the engine counts with", async () => {
    await expect(running(({ store }) => store.updateTask({ iterations: 0 } as never))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "updateTask changes name, input, output; it can't change iterations."
    });
  });

  it("keeps an input that was changed from outside meanwhile, and applies its own change to it", async () => {
    const { task } = await running(
      async ({ store }, t) => {
        await t.tasks.updateTask(store.getTask().id, { input: { outside: true, count: 10 } });
        await store.updateInput(input => ({ count: input.count + 1 }));
      },
      { count: 1 }
    );
    expect(task.input).toEqual({ outside: true, count: 11 });
  });

  it("keeps all of several changes made at once", async () => {
    const { t, task } = await running(
      async ({ store }) => {
        const pages = [1, 2, 3, 4, 5];
        await Promise.all(pages.map(page => store.updateOutput({ [`page${page}`]: "x".repeat(page * 500) })));
        await Promise.all([
          ...pages.map(() => store.updateInput(({ count }) => ({ count: count + 1 }))),
          store.updateTask({ name: "Renamed" }),
          store.updateOutput({ late: true }, { save: false })
        ]);
        await store.save();
      },
      { count: 0 }
    );
    expect(Object.keys(task.output)).toEqual(["page1", "page2", "page3", "page4", "page5", "late"]);
    expect(task).toMatchObject({ name: "Renamed", input: { count: 5 } });
    const slices = [];
    for await (const { SK } of queryAll(t.underlying, {
      partition: (await t.record(task.id))!.PK,
      from: "P#",
      to: "P#~"
    })) {
      slices.push(SK);
    }
    // Of the output as it is: those of the versions before are removed.
    expect(slices).toHaveLength(1);
  });

  it("keeps the changes that come while earlier ones are being written", async () => {
    const { task } = await running(
      async ({ store }, t) => {
        const { update } = t.underlying;
        let meanwhile: Promise<unknown> | undefined;
        t.underlying.update = (...args) => {
          t.underlying.update = update;
          meanwhile = Promise.all([
            store.updateOutput({ second: true }),
            store.updateInput(({ count }) => ({ count: count + 1 })),
            store.updateTask({ name: "Second" }),
            store.updateOutput({ third: true }, { save: false })
          ]);
          return update.apply(t.underlying, args);
        };
        await Promise.all([
          store.updateInput(({ count }) => ({ count: count + 1 })),
          store.updateOutput({ first: true }),
          store.updateTask({ name: "First" })
        ]);
        await meanwhile;
      },
      { count: 0 }
    );
    expect(task).toMatchObject({ name: "Second", input: { count: 2 } });
    expect(task.output).toEqual({ first: true, second: true, third: true });
  });

  it("keeps all log lines, in their order, with data and errors", async () => {
    const { t, task } = await running(async ({ store }) => {
      await store.addInfoLog({ message: "First." });
      await store.addInfoLog({ message: "Second.", data: { page: 2 } });
      await store.addErrorLog({ message: "Third.", error: Object.assign(new Error("Odd."), { code: "ODD" }) });
    });
    const log = await t.tasks.getLatestLog(task.id);
    expect(log).toMatchObject({ task: task.id, iteration: 1, executionName: `storing_${task.id}_1` });
    expect(log.items).toMatchObject([
      { message: "First.", type: "info", createdOn: "2026-01-01T00:00:00.000Z" },
      { message: "Second.", type: "info", data: { page: 2 } },
      { message: "Third.", type: "error", error: { message: "Odd.", code: "ODD" } },
      { message: "Task done.", type: "info" }
    ]);
  });

  it("writes log lines about a second later, while run goes on, and at save()", async () => {
    await running(async ({ store }, t) => {
      const id = store.getTask().id;
      await store.addInfoLog({ message: "Soon." });
      expect((await t.tasks.listLogs({ where: { task: id } })).items).toEqual([]);
      await t.clock.advance(1_000);
      expect((await t.tasks.getLatestLog(id)).items.map(({ message }) => message)).toEqual(["Soon."]);
      await store.addInfoLog({ message: "At once." }, { save: false });
      await store.save();
      expect((await t.tasks.getLatestLog(id)).items.map(({ message }) => message)).toEqual(["Soon.", "At once."]);
    });
  });

  it("keeps the lines that come while earlier ones are being written", async () => {
    const { t, task } = await running(async ({ store }) => {
      // Large enough to be written at once; the next ones come before that is done.
      for (const n of [1, 2, 3]) {
        await store.addInfoLog({ message: `Line ${n}.`, data: { text: "x".repeat(300_000) } });
      }
    });
    const { items } = await t.tasks.getLatestLog(task.id);
    expect(items.map(({ message }) => message)).toEqual(["Line 1.", "Line 2.", "Line 3.", "Task done."]);
  });

  it("writes no line of code that goes on when its iteration is over", async () => {
    let late: Promise<void> | undefined;
    const { t, task } = await running(async ({ store }) => {
      await store.addInfoLog({ message: "In time." });
      late = goOn(store).then(() => store.save());
      async function goOn({ addInfoLog }: typeof store) {
        await new Promise(resolve => setTimeout(resolve, 200));
        await addInfoLog({ message: "Too late.", data: { text: "x".repeat(300_000) } });
      }
    });
    await late;
    const { items } = await t.tasks.getLatestLog(task.id);
    expect(items.map(({ message }) => message)).toEqual(["In time.", "Task done."]);
  });

  it("writes no log line for a definition that says so", async () => {
    const { t, task } = await running(
      ({ store }) => store.addInfoLog({ message: "Quiet." }),
      {},
      { disableDatabaseLogs: true }
    );
    expect((await t.tasks.getLatestLog(task.id)).items.map(({ message }) => message)).toEqual(["Task done."]);
  });

  it("lists children, oldest first, also by definition", async () => {
    await running(async ({ store, trigger, input }) => {
      if (input.child) {
        return;
      }
      const first = await trigger({ definition: "storing", input: { child: 1 }, name: "First child" });
      const second = await trigger({ definition: "storing", input: { child: 2 } });
      const { items } = await store.listChildTasks();
      expect(items.map(({ id }) => id)).toEqual([first.id, second.id]);
      expect(items[0]).toMatchObject({ name: "First child", parentId: store.getTask().id });
      expect((await store.listChildTasks("storing")).items).toHaveLength(2);
      expect((await store.listChildTasks("another")).items).toEqual([]);
    });
  });

  it("tells when the deadline is near: 3 minutes before, or as asked", async () => {
    await running(async ({ isCloseToTimeout }, t) => {
      expect(isCloseToTimeout()).toBe(false);
      expect(isCloseToTimeout(901)).toBe(true);
      await t.clock.advance(719_000);
      expect(isCloseToTimeout()).toBe(false);
      await t.clock.advance(2_000);
      expect(isCloseToTimeout()).toBe(true);
      expect(isCloseToTimeout(60)).toBe(false);
    });
  });
});
