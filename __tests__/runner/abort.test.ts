import { createTaskDefinition } from "../../src/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { StorageMethod } from "../../src/storage/Storage.js";
import type { Task } from "../../src/types.js";
import { createTestTasks } from "../helpers/createTestTasks.js";
import { settle } from "../helpers/settle.js";

/** A task that runs until it is let go, and writes down what it sees. */
function blocking(more: object = {}) {
  const events: string[] = [];
  let release = () => {};
  const definition = createTaskDefinition({
    id: "blocking",
    title: "Blocking",
    async run({ response, signal, isAborted }) {
      events.push("run");
      signal.addEventListener("abort", () =>
        events.push(`signal ${String((signal.reason as { code?: string }).code)}`)
      );
      await new Promise<void>(resolve => {
        release = resolve;
      });
      events.push(`aborted ${isAborted()}`);
      return response.done("Done all the same.");
    },
    async onDone() {
      events.push("onDone");
    },
    async onAbort({ task }) {
      events.push(`onAbort ${task.taskStatus}`);
    },
    ...more
  });
  return { definition, events, release: () => release() };
}

describe("an abort", () => {
  it("of a pending task: the execution is stopped, the hook runs, and nothing runs any more", async () => {
    const { definition, events } = blocking();
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "blocking", delay: 86_400 });
    const aborted = await t.tasks.abort({ id: task.id, message: "Not needed." });
    expect(aborted).toMatchObject({
      taskStatus: "aborted",
      message: "Not needed.",
      abort: { by: { id: "system" }, reason: "Not needed." },
      finishedOn: "2026-01-01T00:00:00.000Z"
    });
    expect(t.executionOf(task).status).toBe("ABORTED");
    expect(events).toEqual(["onAbort aborted"]);
    expect((await t.invoke(t.eventFor({ ...t.executionOf(task).state, wait: 0 }))).status).toBe("aborted");
    expect(events).toEqual(["onAbort aborted"]);
    const record = await t.record(task.id);
    expect(record?.owed).toBeUndefined();
    // 90 days after its end.
    expect(record?.due).toBe(Date.parse("2026-04-01T00:00:00.000Z"));
  });

  it("in a wait: the wait ends, and the next iteration never starts", async () => {
    const { definition, events } = blocking({
      run: async ({ response }: any) => response.continue({}, { seconds: 30 * 86_400 })
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "blocking" });
    const state = await t.step(t.executionOf(task));
    await t.tasks.abort({ id: task.id });
    expect(t.executionOf(task).status).toBe("ABORTED");
    expect((await t.invoke(t.eventFor(state))).status).toBe("aborted");
    expect(events).toEqual(["onAbort aborted"]);
    expect((await t.record(task.id))?.iterations).toBe(1);
  });

  it("while run only awaits: the code knows within 5 seconds, its done does not undo the abort, and its invocation runs onAbort", async () => {
    const { definition, events, release } = blocking();
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "blocking" });
    const running = t.invoke(t.eventFor(t.executionOf(task).state));
    await t.clock.advance(1_900);
    await t.tasks.abort({ id: task.id });
    expect(events).toEqual(["run"]);
    await t.clock.advance(5_000);
    expect(events).toEqual(["run", "signal TASK_ABORTED"]);
    release();
    expect((await running).status).toBe("aborted");
    expect(events).toEqual(["run", "signal TASK_ABORTED", "aborted true", "onAbort aborted"]);
    expect(await t.tasks.getTask(task.id)).toMatchObject({ taskStatus: "aborted", message: "Task aborted." });
    const record = await t.record(task.id);
    expect([record?.owed, record?.leaseOwner]).toEqual([undefined, undefined]);
  });

  it("just before run returns: the hook runs once, whoever is faster", async () => {
    const { definition, events, release } = blocking();
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "blocking" });
    const running = t.invoke(t.eventFor(t.executionOf(task).state));
    await settle();
    const aborting = t.tasks.abort({ id: task.id });
    release();
    const [answer] = await Promise.all([running, aborting]);
    expect(["aborted", "done"]).toContain(answer.status);
    expect(events.filter(event => event.startsWith("on"))).toHaveLength(1);
  });

  it("after a late runner wrote nothing: store writes are refused with TASK_ABORTED and tell the signal at once", async () => {
    const codes: unknown[] = [];
    const { definition, events } = blocking({
      async run({ store, response, isAborted }: any) {
        await store.updateOutput({ before: true });
        await t.tasks.abort({ id: store.getTask().id });
        await store
          .updateOutput({ after: true })
          .catch((error: { code: string }) => codes.push(error.code, isAborted()));
        return response.aborted();
      }
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "blocking" });
    await t.runToEnd(task);
    expect(codes).toEqual(["TASK_ABORTED", true]);
    expect(await t.tasks.getTask(task.id)).toMatchObject({ taskStatus: "aborted", output: { before: true } });
    expect((await t.tasks.getTask(task.id))?.output).not.toHaveProperty("after");
    expect(events).toEqual(["onAbort aborted"]);
  });

  it("between settle and hook: the task has ended, so the abort is refused and the hook still runs", async () => {
    const { definition, events } = blocking({
      run: async ({ response }: any) => response.done(),
      onDone: async ({ task }: any) => {
        await t.tasks
          .abort({ id: task.id })
          .catch((error: { code: string; message: string }) => events.push(error.code, error.message));
        events.push("onDone");
      }
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "blocking" });
    await t.runToEnd(task);
    expect(events).toEqual(["TASK_ABORT_ERROR", "Cannot abort a task that is not pending or running!", "onDone"]);
    expect((await t.tasks.getTask(task.id))?.taskStatus).toBe("success");
  });

  it("reaches children and their children, and leaves finished ones alone", async () => {
    const aborted: string[] = [];
    const parent = createTaskDefinition({
      id: "parent",
      title: "Parent",
      async run({ trigger, input, response }) {
        if (!input.child) {
          const done = await trigger({ definition: "child", input: { depth: 0 } });
          const child = await trigger({ definition: "child", input: { depth: 1 } });
          return response.continue({ child: child.id, done: done.id }, { seconds: 600 });
        }
        return response.done();
      }
    });
    const child = createTaskDefinition({
      id: "child",
      title: "Child",
      async run({ input, trigger, response }) {
        if (input.depth === 0) {
          return response.done();
        }
        if (input.depth === 1) {
          await trigger({ definition: "child", input: { depth: 2 } });
        }
        return response.continue({}, { seconds: 600 });
      },
      async onAbort({ task }) {
        aborted.push(`${task.input.depth} ${task.message}`);
      }
    });
    const t = await createTestTasks([parent, child]);
    const task = await t.tasks.trigger({ definition: "parent" });
    const { iteration } = await t.step(t.executionOf(task));
    expect(iteration).toBe(2);
    const { child: childId, done: doneId } = (
      (await t.tasks.getTask(task.id)) as { input: { child: string; done: string } }
    ).input;
    await t.runToEnd({ id: doneId, definitionId: "child" });
    await t.step(t.executionOf({ id: childId, definitionId: "child" }));
    await t.tasks.abort({ id: task.id });
    expect(aborted).toEqual([`2 Parent task "${childId}" was aborted.`, `1 Parent task "${task.id}" was aborted.`]);
    expect((await t.tasks.getTask(doneId))?.taskStatus).toBe("success");
    expect([...t.executions.values()].map(({ status }) => status)).toEqual([
      "ABORTED",
      "SUCCEEDED",
      "ABORTED",
      "ABORTED"
    ]);
  });

  it("is told at the children with who made it, whoever carries it out", async () => {
    const parent = createTaskDefinition({
      id: "parent",
      title: "Parent",
      async run({ trigger, response }) {
        await trigger({ definition: "child", delay: 600 });
        return response.continue({}, { seconds: 600 });
      }
    });
    const child = createTaskDefinition({ id: "child", title: "Child", run: async ({ response }) => response.done() });
    const t = await createTestTasks([parent, child]);
    const { id } = await t.tasks.trigger({ definition: "parent" });
    const { name, state } = t.executionOf({ id, definitionId: "parent" });
    await t.invoke(t.eventFor(state));
    await t.invoke({
      source: "aws.states",
      "detail-type": "Step Functions Execution Status Change",
      detail: { name, status: "ABORTED", input: JSON.stringify(state) }
    });
    const { items } = await t.tasks.listTasks({ where: { parentId: id } });
    expect([(await t.tasks.getTask(id))?.abort, items[0]?.abort]).toMatchObject([
      { by: { id: "step-functions" }, reason: "The execution was stopped in Step Functions." },
      { by: { id: "step-functions" }, reason: `Parent task "${id}" was aborted.` }
    ]);
  });

  describe("that leaves the children", () => {
    const parent = createTaskDefinition({
      id: "parent",
      title: "Parent",
      async run({ trigger, response }) {
        await trigger({ definition: "child" });
        return response.continue({}, { seconds: 600 });
      },
      async onAbort({ task }) {
        events.push(`onAbort ${String(task.abort?.children)}`);
      }
    });
    const child = createTaskDefinition({ id: "child", title: "Child", run: async ({ response }) => response.done() });
    let events: string[] = [];

    async function withChild(options: Parameters<typeof createTestTasks>[1] = {}) {
      events = [];
      const t = await createTestTasks([parent, child], options);
      const task = await t.tasks.trigger({ definition: "parent" });
      await t.step(t.executionOf(task));
      const { items } = await t.tasks.listTasks({ where: { parentId: task.id } });
      return { t, task, first: items[0] as Task };
    }

    it("ends the task alone; its children go on, and new ones are not started", async () => {
      const { t, task, first } = await withChild();
      const aborted = await t.tasks.abort({ id: task.id, message: "Enough.", children: "leave" });
      expect(aborted).toMatchObject({
        taskStatus: "aborted",
        abort: { by: { id: "system" }, reason: "Enough.", children: "leave" }
      });
      expect(events).toEqual(["onAbort leave"]);
      expect(t.executionOf(task).status).toBe("ABORTED");
      expect((await t.record(task.id))?.owed).toBeUndefined();
      expect((await t.runToEnd(first)).status).toBe("done");
      await expect(t.tasks.trigger({ definition: "child", parent: { id: task.id } })).rejects.toMatchObject({
        code: "TASK_ABORTED"
      });
    });

    it("aborts them when it is not said, and says so", async () => {
      const { t, task, first } = await withChild();
      expect((await t.tasks.abort({ id: task.id })).abort).toMatchObject({ children: "abort" });
      expect((await t.tasks.getTask(first.id))?.taskStatus).toBe("aborted");
    });

    it.each([
      ["leave", "pending"],
      ["abort", "aborted"]
    ] as const)("keeps it when the aborter dies after its write: %s", async (children, status) => {
      const memory = new MemoryStorage();
      let isDead = false;
      const dying = new Proxy(memory, {
        get(target, name: StorageMethod) {
          const method = target[name].bind(target) as (...args: unknown[]) => Promise<unknown>;
          return async (...args: unknown[]) => {
            const answer = isDead ? undefined : await method(...args);
            isDead ||= ((answer ?? {}) as { taskStatus?: string }).taskStatus === "aborted";
            return isDead ? new Promise(() => undefined) : answer;
          };
        }
      });
      const { t, task, first } = await withChild({ underlying: dying });
      void t.tasks.abort({ id: task.id, children });
      await settle();
      const later = await createTestTasks([parent, child], { underlying: memory, clock: t.clock });
      expect(events).toEqual([]);
      await t.clock.advance(11 * 60_000);
      await later.invoke({ webinyTasks: "sweep" });
      await later.step(later.executionOf(task, 2));
      expect(events).toEqual([`onAbort ${children}`]);
      expect((await later.tasks.getTask(first.id))?.taskStatus).toBe(status);
    });
    it.each(["keep", 1, null])("refuses any other word: %s", async children => {
      const { t, task } = await withChild();
      await expect(t.tasks.abort({ id: task.id, children: children as never })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: `"children" of an abort is "abort" or "leave", got ${JSON.stringify(children)}.`
      });
      expect((await t.tasks.getTask(task.id))?.taskStatus).toBe("running");
    });
  });

  it("has a message of at most 1 KiB, which is kept whole", async () => {
    const { definition } = blocking();
    const t = await createTestTasks([definition]);
    const { id } = await t.tasks.trigger({ definition: "blocking" });
    await expect(t.tasks.abort({ id, message: "é".repeat(513) })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "The message of an abort is a text of at most 1024 bytes, got 1026 bytes."
    });
    await expect(t.tasks.abort({ id, message: 5 as never })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const message = "é".repeat(512);
    expect(await t.tasks.abort({ id, message })).toMatchObject({ message, abort: { reason: message } });
  });

  it("reaches a child that is being triggered at that moment: it is refused, and nothing of it stays", async () => {
    const { definition } = blocking({
      async run({ store, trigger, response }: any) {
        await t.tasks.abort({ id: store.getTask().id });
        await trigger({ definition: "blocking" }).catch((error: { code: string }) => codes.push(error.code));
        return response.aborted();
      }
    });
    const codes: string[] = [];
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "blocking" });
    await t.runToEnd(task);
    expect(codes).toEqual(["TASK_ABORTED"]);
    expect(t.executions.size).toBe(1);
    expect((await t.tasks.listTasks()).items.map(({ id }) => id)).toEqual([task.id]);
    expect((await t.tasks.listTasks({ where: { parentId: task.id } })).items).toEqual([]);
  });

  it("works for a task whose definition is not registered any more", async () => {
    const { definition, events } = blocking();
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "blocking" });
    const without = await createTestTasks([], { underlying: t.underlying });
    expect((await without.tasks.abort({ id: task.id })).taskStatus).toBe("aborted");
    expect(events).toEqual([]);
  });

  it("by the task itself: response.aborted() ends it with onAbort", async () => {
    const { definition, events } = blocking({ run: async ({ response }: any) => response.abort() });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "blocking" });
    expect((await t.runToEnd(task)).status).toBe("aborted");
    expect(events).toEqual(["onAbort aborted"]);
    expect((await t.tasks.getTask(task.id))?.taskStatus).toBe("aborted");
  });

  it("is refused for an unknown id and for one of another tenant", async () => {
    const { definition } = blocking();
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "blocking" });
    const other = await t.tasksOf({ tenant: "other", locale: "en-US" });
    await expect(other.abort({ id: task.id })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `Task "${task.id}" was not found!`
    });
    await expect(t.tasks.abort({ id: "a#b" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await t.tasks.getTask(task.id))?.taskStatus).toBe("pending");
  });

  it("of ten at once: one wins, the others hear that it is over, the hook runs once", async () => {
    const { definition, events } = blocking();
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "blocking" });
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => t.tasks.abort({ id: task.id })));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(events).toEqual(["onAbort aborted"]);
  });
});

describe("deleting", () => {
  it("a finished task removes its record, logs, payloads and the pointer in its parent", async () => {
    const parent = blocking({ run: async ({ response }: any) => response.continue({}, { seconds: 60 }) });
    const child = createTaskDefinition({
      id: "child",
      title: "Child",
      async run({ store, response }) {
        await store.addInfoLog({ message: "A line." });
        return response.done({ large: "x".repeat(10_000) });
      }
    });
    const t = await createTestTasks([parent.definition, child]);
    const owner = await t.tasks.trigger({ definition: "blocking" });
    const task = await t.tasks.trigger({
      definition: "child",
      input: { large: "y".repeat(10_000) },
      parent: { id: owner.id }
    });
    await t.runToEnd(task);
    const partition = `T#root#L#en-US#TASK#${task.id}`;
    expect(
      (await t.underlying.query({ partition })).items.map(({ SK }) => SK.replace(/-[0-9a-f]{8}/, "-OWNER"))
    ).toEqual(["A", "L#000000001#001#000000000000", "P#input#0#0000", "P#output#1-OWNER.1#0000"]);
    expect(await t.tasks.deleteTask(task.id)).toBe(true);
    expect((await t.underlying.query({ partition })).items).toEqual([]);
    expect((await t.tasks.listTasks({ where: { parentId: owner.id } })).items).toEqual([]);
    expect(await t.tasks.getTask(task.id)).toBeNull();
    await expect(t.tasks.deleteTask(task.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("a running task aborts it, hides it at once, and its invocation takes the last of it along", async () => {
    const { definition, events, release } = blocking();
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "blocking" });
    const running = t.invoke(t.eventFor(t.executionOf(task).state));
    await settle();
    await t.tasks.deleteTask(task.id);
    expect(await t.tasks.getTask(task.id)).toBeNull();
    expect((await t.tasks.listTasks()).items).toEqual([]);
    release();
    expect((await running).status).toBe("aborted");
    expect(events).toEqual(["run", "aborted false", "onAbort aborted"]);
    expect((await t.underlying.query({ partition: `T#root#L#en-US#TASK#${task.id}` })).items).toEqual([]);
  });
});
