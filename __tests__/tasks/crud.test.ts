import { createPrivateTaskDefinition, createTaskDefinition } from "../../src/index.js";
import type { CreateTaskInput, JsonObject, TaskDataStatus } from "../../src/index.js";
import { queryAll } from "../../src/storage/batches.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { Item, Storage, StorageMethod } from "../../src/storage/Storage.js";
import { createTestTasks, type TestTasks } from "../helpers/createTestTasks.js";

const DAY = 24 * 60 * 60;
const simple = createTaskDefinition({ id: "simple", title: "Simple", run: async ({ response }) => response.done() });
const secret = createPrivateTaskDefinition({
  id: "secret",
  title: "Secret",
  run: async ({ response }) => response.done()
});

/** Text that does not compress, the same in each run. */
const noise = (length: number, seed = 1) => {
  let text = "";
  for (let value = seed; text.length < length; value = (value * 1_103_515_245 + 12_345) % 2_147_483_648) {
    text += value.toString(36);
  }
  return text.slice(0, length);
};

/** Everything stored of a task. */
async function items(storage: Storage, id: string): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of queryAll(storage, { partition: `T#root#L#en-US#TASK#${id}`, consistent: true })) {
    found.push(item);
  }
  return found;
}
const slices = async (t: TestTasks, id: string) =>
  (await items(t.underlying, id)).map(({ SK }) => SK).filter(SK => SK.startsWith("P#"));

const pending = async (t: TestTasks, input: JsonObject = {}) =>
  t.tasks.createTask({ definitionId: "simple", name: "Mine", input });

describe("createTask", () => {
  it("stores a pending task and starts nothing", async () => {
    const t = await createTestTasks([simple]);
    const task = await t.tasks.createTask({ definitionId: "simple", name: "Mine", input: { a: [1, { b: null }] } });
    expect(task).toEqual({
      id: task.id,
      name: "Mine",
      definitionId: "simple",
      taskStatus: "pending",
      executionName: "",
      input: { a: [1, { b: null }] },
      createdOn: "2026-01-01T00:00:00.000Z",
      savedOn: "2026-01-01T00:00:00.000Z",
      createdBy: { id: "system", displayName: "System", type: "system" },
      iterations: 0,
      execution: 0,
      attempt: 0,
      usage: { transitions: 0, invocations: 0, gbSeconds: 0, readUnits: 0, writeUnits: 4 },
      recent: []
    });
    expect(task.id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(await t.tasks.getTask(task.id)).toEqual(task);
    expect([t.executions.size, t.log]).toEqual([0, []]);
  });

  it("of an unknown definition is refused, and nothing is stored", async () => {
    const t = await createTestTasks([simple]);
    await expect(t.tasks.createTask({ definitionId: "nobody", name: "Mine", input: {} })).rejects.toMatchObject({
      code: "TASK_DEFINITION_ERROR",
      message: "There is no task definition.",
      data: { id: "nobody" }
    });
    expect(t.storage.counts().requests).toBe(0);
  });

  it.each<[string, Partial<Record<keyof CreateTaskInput, unknown>>, string]>([
    ["a list as input", { input: [] }, "INVALID_INPUT"],
    ["a name that is empty", { name: "" }, "INVALID_ARGUMENT"],
    ["a parent that is no id", { parentId: "a#b" }, "INVALID_ID"]
  ])("with %s is refused, and nothing is stored", async (_, more, code) => {
    const t = await createTestTasks([simple]);
    const input = { definitionId: "simple", name: "Mine", input: {}, ...more } as CreateTaskInput;
    await expect(t.tasks.createTask(input)).rejects.toMatchObject({ code });
    expect(t.storage.counts().writeUnits).toBe(0);
  });
});

describe("updateTask", () => {
  it("replaces what it is given and leaves the rest", async () => {
    const t = await createTestTasks([simple]);
    const task = await pending(t, { a: 1, b: 2 });
    await t.clock.advance(1_000);
    const changed = await t.tasks.updateTask(task.id, { input: { b: 3 }, output: { c: 4 } });
    expect(changed).toEqual({ ...task, input: { b: 3 }, output: { c: 4 }, savedOn: "2026-01-01T00:00:01.000Z" });
    await t.tasks.updateTask(task.id, { name: "Renamed", output: {} });
    expect(await t.tasks.getTask(task.id)).toEqual({ ...changed, name: "Renamed", output: {} });
  });

  const road: Record<TaskDataStatus, TaskDataStatus[]> = {
    pending: [],
    running: ["running"],
    success: ["running", "success"],
    failed: ["failed"],
    aborted: ["aborted"]
  };
  const allowed: Record<TaskDataStatus, string> = {
    pending: "running, failed, aborted",
    running: "success, failed, aborted",
    success: "nothing: it has ended",
    failed: "nothing: it has ended",
    aborted: "nothing: it has ended"
  };
  const all = Object.keys(road) as TaskDataStatus[];
  it.each(all.flatMap(from => all.map(to => [from, to] as const)))(
    "changes a status from %s to %s if it may",
    async (from, to) => {
      const t = await createTestTasks([simple]);
      const { id } = await pending(t);
      for (const taskStatus of road[from]) {
        await t.tasks.updateTask(id, { taskStatus });
      }
      const before = await t.tasks.getTask(id);
      const change = t.tasks.updateTask(id, { taskStatus: to, name: "Changed" });
      if (from === to || allowed[from].split(", ").includes(to)) {
        expect(await change).toMatchObject({ taskStatus: to, name: "Changed" });
        expect((await t.tasks.listTasks({ where: { taskStatus: to } })).items.map(task => task.id)).toEqual([id]);
        expect((await t.tasks.getTask(id))?.finishedOn).toBe(
          ["success", "failed", "aborted"].includes(to) ? "2026-01-01T00:00:00.000Z" : undefined
        );
      } else {
        await expect(change).rejects.toMatchObject({
          code: "INVALID_STATUS_CHANGE",
          message: `A ${from} task can't become "${to}"; it can become ${allowed[from]}.`,
          data: { from, to }
        });
        expect(await t.tasks.getTask(id)).toEqual(before);
      }
    }
  );

  it("refuses a status there is not", async () => {
    const t = await createTestTasks([simple]);
    const { id } = await pending(t);
    await expect(t.tasks.updateTask(id, { taskStatus: "done" as never })).rejects.toMatchObject({
      code: "INVALID_STATUS_CHANGE"
    });
  });

  it.each(["id", "iterations", "execution", "definitionId", "createdOn", "parentId", "message", "error", "rev"])(
    "refuses to change %s, and changes nothing",
    async field => {
      const t = await createTestTasks([simple]);
      const task = await pending(t);
      await expect(t.tasks.updateTask(task.id, { name: "New", [field]: 5 })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: `updateTask changes name, taskStatus, input, output; it can't change ${field}.`,
        data: { refused: [field] }
      });
      expect(await t.tasks.getTask(task.id)).toEqual(task);
    }
  );

  it("of an unknown or a deleted task is NOT_FOUND", async () => {
    const t = await createTestTasks([simple]);
    const { id } = await pending(t);
    await t.tasks.deleteTask(id);
    for (const unknown of [id, "nobody"]) {
      await expect(t.tasks.updateTask(unknown, { name: "New" })).rejects.toMatchObject({
        code: "NOT_FOUND",
        message: `Task "${unknown}" was not found!`
      });
    }
    expect(await items(t.underlying, id)).toEqual([]);
  });

  it("keeps both of two changes at one time, to different fields", async () => {
    const t = await createTestTasks([simple]);
    const { id } = await pending(t, { old: true });
    await Promise.all([
      t.tasks.updateTask(id, { input: { a: 1 } }),
      t.tasks.updateTask(id, { output: { b: 2 } }),
      t.tasks.updateTask(id, { taskStatus: "running" }),
      t.tasks.updateTask(id, { name: "New" })
    ]);
    expect(await t.tasks.getTask(id)).toMatchObject({
      name: "New",
      taskStatus: "running",
      input: { a: 1 },
      output: { b: 2 }
    });
  });

  it("puts large inputs and outputs into slices, and removes the slices before, also after a lost race", async () => {
    const t = await createTestTasks([simple]);
    const { id } = await pending(t);
    const first = { text: noise(500_000) };
    await t.tasks.updateTask(id, { input: first, output: first });
    const before = await slices(t, id);
    expect((await t.tasks.getTask(id))?.input).toEqual(first);
    const rivals = [2, 3, 4].map(seed => ({ text: noise(500_000, seed) }));
    await Promise.all(rivals.map(input => t.tasks.updateTask(id, { input, output: input })));
    const task = await t.tasks.getTask(id);
    expect(rivals.map(({ text }) => text === task?.input.text).filter(Boolean)).toEqual([true]);
    expect(task?.output?.text === task?.input.text).toBe(true);
    const after = await slices(t, id);
    expect(after).toHaveLength(before.length);
    expect(after.filter(key => before.includes(key))).toEqual([]);
    await t.tasks.updateTask(id, { input: {}, output: {} });
    expect(await slices(t, id)).toEqual([]);
  });

  it("leaves nothing behind when it is refused by a subscriber", async () => {
    const t = await createTestTasks([simple]);
    const task = await pending(t);
    t.tasks.onTaskBeforeUpdate.subscribe(() => {
      throw new Error("Not allowed.");
    });
    await expect(t.tasks.updateTask(task.id, { input: { text: noise(500_000) } })).rejects.toThrow("Not allowed.");
    expect(await slices(t, task.id)).toEqual([]);
    expect(await t.tasks.getTask(task.id)).toEqual(task);
  });
});

describe("deleteTask", () => {
  it("removes the task with its logs, payloads and the pointer of its parent", async () => {
    const t = await createTestTasks([simple]);
    const parent = await pending(t);
    const input = { text: noise(500_000) };
    const task = await t.tasks.createTask({ definitionId: "simple", name: "Child", input, parentId: parent.id });
    await t.tasks.createLog(task, { executionName: "e", iteration: 1 });
    expect((await items(t.underlying, task.id)).length).toBeGreaterThan(2);
    expect(await t.tasks.deleteTask(task.id)).toBe(true);
    expect(await items(t.underlying, task.id)).toEqual([]);
    expect((await items(t.underlying, parent.id)).map(({ SK }) => SK)).toEqual(["A"]);
    expect(await t.tasks.getTask(task.id)).toBeNull();
    await expect(t.tasks.deleteTask(task.id)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `Task "${task.id}" was not found!`
    });
  });

  it("stops the execution of an active one", async () => {
    const t = await createTestTasks([simple]);
    const task = await t.tasks.trigger({ definition: "simple", delay: 60 });
    expect(await t.tasks.deleteTask(task.id)).toBe(true);
    expect(t.executionOf(task).status).toBe("ABORTED");
    expect(await items(t.underlying, task.id)).toEqual([]);
  });
});

describe("topics", () => {
  it("are published around create, trigger, update and delete, in order, with their payloads", async () => {
    const t = await createTestTasks([simple]);
    const heard: unknown[] = [];
    const names = [
      "BeforeCreate",
      "AfterCreate",
      "BeforeUpdate",
      "AfterUpdate",
      "BeforeDelete",
      "AfterDelete"
    ] as const;
    for (const name of names) {
      t.tasks[`onTask${name}`].subscribe(async (payload: JsonObject) => {
        await Promise.resolve();
        const stored = (await t.tasks.listTasks()).items.map(({ name: of }) => of);
        heard.push([name, payload, stored]);
      });
    }
    const input = { definitionId: "simple", name: "Mine", input: { a: 1 } };
    const created = await t.tasks.createTask(input);
    const updated = await t.tasks.updateTask(created.id, { name: "New" });
    await t.tasks.deleteTask(created.id);
    const triggered = await t.tasks.trigger({ definition: "simple", input: { b: 2 } });
    const data = { name: "Simple", definitionId: "simple", input: { b: 2 } };
    expect(heard).toEqual([
      ["BeforeCreate", { input }, []],
      ["AfterCreate", { input, task: created }, ["Mine"]],
      ["BeforeUpdate", { input: { name: "New" }, original: created }, ["Mine"]],
      ["AfterUpdate", { input: { name: "New" }, task: updated }, ["New"]],
      ["BeforeDelete", { task: updated }, ["New"]],
      ["AfterDelete", { task: updated }, []],
      ["BeforeCreate", { input: data }, []],
      ["AfterCreate", { input: data, task: triggered }, ["Simple"]]
    ]);
  });

  it("call their subscribers one after the other, and none after it unsubscribed", async () => {
    const t = await createTestTasks([simple]);
    const heard: string[] = [];
    const unsubscribe = t.tasks.onTaskAfterCreate.subscribe(async () => {
      await new Promise(resolve => setImmediate(resolve));
      heard.push("first");
    });
    t.tasks.onTaskAfterCreate.subscribe(() => void heard.push("second"));
    await pending(t);
    unsubscribe();
    unsubscribe();
    await pending(t);
    expect(heard).toEqual(["first", "second", "second"]);
  });

  it.each<["BeforeCreate" | "BeforeUpdate" | "BeforeDelete", (t: TestTasks, id: string) => Promise<unknown>]>([
    ["BeforeCreate", t => pending(t)],
    ["BeforeCreate", t => t.tasks.trigger({ definition: "simple" })],
    ["BeforeUpdate", (t, id) => t.tasks.updateTask(id, { name: "New" })],
    ["BeforeDelete", (t, id) => t.tasks.deleteTask(id)]
  ])("a throw in %s cancels: nothing changes, nothing starts, later subscribers hear nothing", async (name, change) => {
    const t = await createTestTasks([simple]);
    const task = await pending(t);
    const heard: string[] = [];
    t.tasks[`onTask${name}`].subscribe(async () => {
      throw new Error("No.");
    });
    t.tasks[`onTask${name}`].subscribe(() => void heard.push("later"));
    await expect(change(t, task.id)).rejects.toThrow("No.");
    expect((await t.tasks.listTasks()).items).toEqual([task]);
    expect([t.executions.size, heard]).toEqual([0, []]);
  });
});

describe("getDefinition, listDefinitions, fetchServiceInfo", () => {
  it("give definitions in the order registered, testingRun first, private ones too", async () => {
    const t = await createTestTasks([secret, simple]);
    expect(t.tasks.listDefinitions().map(({ id, isPrivate }) => [id, isPrivate])).toEqual([
      ["testingRun", false],
      ["secret", true],
      ["simple", false]
    ]);
    expect(t.tasks.getDefinition("secret")).toBe(secret);
    expect([t.tasks.getDefinition("nobody"), t.tasks.getDefinition("__proto__")]).toEqual([null, null]);
  });

  it("give what the service says of an execution, by task and by id, and null where it knows none", async () => {
    const t = await createTestTasks([simple]);
    const task = await t.tasks.trigger({ definition: "simple" });
    const info = (status: string) => ({
      executionArn: `arn:simple_${task.id}_1`,
      name: `simple_${task.id}_1`,
      status
    });
    expect(await t.tasks.fetchServiceInfo(task.id)).toEqual(info("RUNNING"));
    await t.runToEnd(task);
    expect(await t.tasks.fetchServiceInfo(task)).toEqual(info("SUCCEEDED"));
    expect(await t.tasks.fetchServiceInfo((await pending(t)).id)).toBeNull();
    await expect(t.tasks.fetchServiceInfo("nobody")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("trigger", () => {
  it("takes the definition's title as name, an empty input and no delay, unless told", async () => {
    const t = await createTestTasks([simple]);
    expect(await t.tasks.trigger({ definition: "simple" })).toMatchObject({ name: "Simple", input: {}, execution: 1 });
    const later = await t.tasks.trigger({ definition: "simple", name: "Mine", input: { a: 1 }, delay: 90 });
    expect(later).toMatchObject({ name: "Mine", input: { a: 1 }, nextAt: "2026-01-01T00:01:30.000Z" });
    expect(t.executionOf(later).state).toMatchObject({ status: "continue", wait: 90, iteration: 1 });
  });

  it.each<[string, object, string, string]>([
    ["an unknown definition", { definition: "nobody" }, "TASK_DEFINITION_ERROR", "Task definition was not found!"],
    ["no definition", { definition: undefined }, "TASK_DEFINITION_ERROR", "Task definition was not found!"],
    [
      "a delay below 0",
      { delay: -1 },
      "INVALID_DELAY",
      "The delay must be a whole number of seconds, 0 or more; got -1."
    ],
    [
      "a part of a second",
      { delay: 1.5 },
      "INVALID_DELAY",
      "The delay must be a whole number of seconds, 0 or more; got 1.5."
    ],
    [
      "NaN as delay",
      { delay: NaN },
      "INVALID_DELAY",
      "The delay must be a whole number of seconds, 0 or more; got NaN."
    ],
    [
      "an endless delay",
      { delay: Infinity },
      "INVALID_DELAY",
      "The delay must be a whole number of seconds, 0 or more; got Infinity."
    ],
    [
      "a text as delay",
      { delay: "5" },
      "INVALID_DELAY",
      "The delay must be a whole number of seconds, 0 or more; got string."
    ],
    ["a delay over 355 days", { delay: 355 * DAY + 1 }, "MAX_DELAY_ERROR", "The maximum delay for a task is 355 days."],
    [
      "an empty name",
      { name: "" },
      "INVALID_ARGUMENT",
      "The name of a task must be a text of 1 to 256 bytes, got 0 bytes."
    ],
    [
      "a name of 257 bytes",
      { name: "é".repeat(128) + "x" },
      "INVALID_ARGUMENT",
      "The name of a task must be a text of 1 to 256 bytes, got 257 bytes."
    ],
    [
      "a number as name",
      { name: 5 },
      "INVALID_ARGUMENT",
      "The name of a task must be a text of 1 to 256 bytes, got number."
    ],
    ["an input that is no object", { input: "x" }, "INVALID_INPUT", "The input must be a JSON object, got a string."]
  ])("refuses %s: nothing stored, nothing started, no hook called", async (_, more, code, message) => {
    const called: string[] = [];
    const hooked = createTaskDefinition({
      id: "hooked",
      title: "Hooked",
      run: async ({ response }) => response.done(),
      onBeforeTrigger: async () => void called.push("onBeforeTrigger")
    });
    const t = await createTestTasks([hooked]);
    await expect(t.tasks.trigger({ definition: "hooked", ...more })).rejects.toMatchObject({ code, message });
    expect([t.storage.counts().requests, t.executions.size, called]).toEqual([0, 0, []]);
  });

  it("takes a delay of just 355 days and a name of just 256 bytes", async () => {
    const t = await createTestTasks([simple]);
    const task = await t.tasks.trigger({ definition: "simple", delay: 355 * DAY, name: "é".repeat(128) });
    expect([task.nextAt, task.name.length]).toEqual(["2026-12-22T00:00:00.000Z", 128]);
  });

  it("refuses a parent that is unknown, deleted or aborted, and leaves nothing of the child", async () => {
    const storage = new MemoryStorage();
    const t = await createTestTasks([simple], { underlying: storage });
    const aborted = await t.tasks.trigger({ definition: "simple" });
    await t.tasks.abort({ id: aborted.id });
    const deleted = await pending(t);
    await t.tasks.deleteTask(deleted.id);
    const input = { text: noise(500_000) };
    for (const [id, error] of [
      ["nobody", { code: "NOT_FOUND", message: 'Task "nobody" was not found!' }],
      [deleted.id, { code: "NOT_FOUND", message: `Task "${deleted.id}" was not found!` }],
      [
        aborted.id,
        { code: "TASK_ABORTED", message: `The task "${aborted.id}" was aborted: no child of it is started.` }
      ]
    ] as const) {
      await expect(t.tasks.trigger({ definition: "simple", input, parent: { id } })).rejects.toMatchObject(error);
      const child = { definitionId: "simple", name: "Child", input, parentId: id };
      await expect(t.tasks.createTask(child)).rejects.toMatchObject(error);
      expect((await items(storage, id)).filter(({ SK }) => SK.startsWith("C#"))).toEqual([]);
    }
    expect((await t.tasks.listTasks()).items.map(({ id }) => id)).toEqual([aborted.id]);
    expect(t.executions.size).toBe(1);
  });

  it("leaves nothing of a task whose execution could not be started: no record, pointer or payload", async () => {
    const written = new Set<string>();
    const storage = new MemoryStorage();
    const underlying: Storage = new Proxy(storage, {
      get:
        (target, name: StorageMethod) =>
        (first: Item, ...rest: never[]) => {
          if (name === "put") {
            written.add(first.PK);
          }
          return (target[name] as (...all: unknown[]) => unknown)(first, ...rest);
        }
    });
    const t = await createTestTasks([simple], { underlying });
    const parent = await pending(t);
    t.service.send = async () => {
      throw new Error("Step Functions is down.");
    };
    await expect(
      t.tasks.trigger({ definition: "simple", input: { text: noise(500_000) }, parent: { id: parent.id } })
    ).rejects.toMatchObject({
      code: "TRIGGER_STEP_FUNCTION_ERROR",
      message: 'The execution of the task "simple" could not be started: Step Functions is down.',
      data: { definitionId: "simple" },
      cause: expect.objectContaining({ message: "Step Functions is down." })
    });
    expect(written.size).toBe(2);
    const left = await Promise.all([...written].map(partition => storage.query({ partition })));
    expect(left.flatMap(page => page.items).map(({ PK, SK }) => [PK, SK])).toEqual([
      [`T#root#L#en-US#TASK#${parent.id}`, "A"]
    ]);
  });

  it("keeps and returns a task whose execution did start although the start threw", async () => {
    const t = await createTestTasks([simple]);
    const { send } = t.service;
    t.service.send = async (task, delay) => {
      await send(task, delay);
      await t.step(t.executionOf(task));
      throw new Error("The answer got lost.");
    };
    const task = await t.tasks.trigger({ definition: "simple", input: { a: 1 } });
    expect(task).toMatchObject({ taskStatus: "success", iterations: 1, input: { a: 1 } });
    expect(await t.tasks.getTask(task.id)).toEqual(task);
  });
});
