import {
  createBackgroundTasks,
  createContextPlugin,
  createEventSource,
  createHandler,
  createTaskDefinition,
  createTaskInput,
  PluginsContainer,
  type TaskServicePlugin
} from "../../src/index.js";
import { createHost } from "../../src/host/createHandler.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { createTestTasks } from "../helpers/createTestTasks.js";

const nothing = createTaskDefinition({ id: "nothing", title: "Nothing", run: async ({ response }) => response.done() });
const noService: TaskServicePlugin = {
  type: "tasks.taskService",
  default: true,
  createService: () => ({ send: async () => ({ sent: true }), fetch: async () => null })
};
const inMemory = (more: object = {}) =>
  createBackgroundTasks({ storage: new MemoryStorage(), logLevel: "silent", ...more });

describe("createHandler", () => {
  it("takes nested arrays and functions, also async ones, in order", async () => {
    const order: string[] = [];
    const add = (name: string) => createContextPlugin(() => void order.push(name));
    const host = createHost({
      plugins: [
        [inMemory(), [[noService]]],
        add("first"),
        [add("second"), () => add("third")],
        async () => [add("fourth"), async () => [nothing]]
      ]
    });
    const context = await host.createContext();
    expect(order).toEqual(["first", "second", "third", "fourth"]);
    expect(context.tasks.listDefinitions().map(({ id }) => id)).toEqual(["testingRun", "nothing"]);
  });

  it("installs context.tasks by itself, and testingRun once, also when the user lists both", async () => {
    const t = await createHost({ plugins: [inMemory(), inMemory(), noService, nothing, nothing] }).createContext();
    expect(t.tasks.listDefinitions().map(({ id, isPrivate }) => [id, isPrivate])).toEqual([
      ["testingRun", false],
      ["nothing", false]
    ]);
    expect(t.tasks.getDefinition("nothing")).toBe(nothing);
    expect(t.tasks.getDefinition("unknown")).toBeNull();
  });

  it("runs testingRun to its message", async () => {
    const t = await createTestTasks([]);
    const task = await t.tasks.trigger({ definition: "testingRun" });
    await t.runToEnd(task);
    expect(await t.tasks.getTask(task.id)).toMatchObject({
      taskStatus: "success",
      message: "Task successfully finished."
    });
  });

  it("refuses two different definitions with one id at once, before one could replace the other by its name", () => {
    const other = Object.assign(
      createTaskDefinition({ id: "nothing", title: "Another", run: async ({ response }) => response.done() }),
      { name: "n" }
    );
    expect(() => createHandler({ plugins: [[Object.assign(Object.create(nothing), { name: "n" })], other] })).toThrow(
      /Two task definitions have the id "nothing"/
    );
  });

  it("refuses them at the first event when they come out of a function", async () => {
    const handler = createHandler({
      plugins: [
        nothing,
        () => createTaskDefinition({ id: "nothing", title: "Late", run: async ({ response }) => response.done() })
      ]
    });
    await expect(handler({})).rejects.toMatchObject({
      code: "INVALID_DEFINITION",
      message: expect.stringContaining('"Nothing" and "Late"')
    });
  });

  it("says what is missing: the table, the state machine, and what a value may be", async () => {
    const names = ["WEBINY_TASKS_TABLE", "DB_TABLE", "WEBINY_TASKS_STATE_MACHINE_ARN"];
    const saved = names.map(name => process.env[name]);
    names.forEach(name => delete process.env[name]);
    try {
      await expect(createHost({ plugins: [] }).createContext()).rejects.toMatchObject({
        code: "CONFIGURATION_ERROR",
        message: expect.stringContaining(
          "set the environment variable WEBINY_TASKS_TABLE (or DB_TABLE), or pass createBackgroundTasks({ tableName })"
        )
      });
      await expect(createHost({ plugins: inMemory() }).createContext()).rejects.toMatchObject({
        message: expect.stringContaining("WEBINY_TASKS_STATE_MACHINE_ARN")
      });
      await expect(
        createHost({ plugins: inMemory({ stateMachineArn: "tasks" }) }).createContext()
      ).rejects.toMatchObject({
        message: expect.stringContaining(
          'must look like arn:aws:states:<region>:<account>:stateMachine:<name>; got "tasks"'
        )
      });
    } finally {
      names.forEach((name, index) => saved[index] !== undefined && (process.env[name] = saved[index]));
    }
    expect(() => createBackgroundTasks({ retentionDays: 0 })).toThrow(
      /"retentionDays" \(WEBINY_TASKS_RETENTION_DAYS\) must be a number above 0/
    );
    expect(() => createBackgroundTasks({ logLevel: "loud" as never })).toThrow(
      /must be one of debug, info, warn, error, silent; got "loud"/
    );
    expect(() => createBackgroundTasks({ table: "x" } as never)).toThrow(/unknown option table; known are tableName/);
  });

  it("takes values from the environment", async () => {
    process.env.WEBINY_TASKS_RETENTION_DAYS = "nine";
    try {
      expect(() => createBackgroundTasks()).toThrow(
        /WEBINY_TASKS_RETENTION_DAYS\) must be a number above 0, at most 36500; got "nine"/
      );
    } finally {
      delete process.env.WEBINY_TASKS_RETENTION_DAYS;
    }
  });

  it("gives an event to the first source that can use it, and names the sources when none can", async () => {
    const source = (name: string) =>
      createEventSource({
        name,
        canUse: event => (event as { kind?: string } | null)?.kind === "ours",
        handle: async ({ event }) => ({ name, event })
      });
    const handler = createHandler({ plugins: [inMemory(), noService, source("one"), source("two")] });
    expect(await handler({ kind: "ours" })).toEqual({ name: "one", event: { kind: "ours" } });
    await expect(handler({ Records: [] })).rejects.toMatchObject({
      code: "EVENT_NOT_SUPPORTED",
      message:
        "No event source takes this event (keys: Records). There are: webiny.tasks.taskEventSource, webiny.tasks.statusEventSource, webiny.tasks.sweepEventSource, one, two, webiny.tasks.httpEventSource."
    });
    await expect(handler(null)).rejects.toMatchObject({ code: "EVENT_NOT_SUPPORTED" });
  });

  it("lets an event source trigger tasks in any tenant", async () => {
    const storage = new MemoryStorage();
    const source = createEventSource({
      name: "queue",
      canUse: () => true,
      handle: async ({ createContext }) =>
        (await createContext({ tenant: "acme", locale: "de-DE" })).tasks.trigger({ definition: "nothing" })
    });
    const host = createHost({
      plugins: [createBackgroundTasks({ storage, logLevel: "silent" }), noService, nothing, source]
    });
    const task = (await host.handle({})) as { id: string };
    expect(await (await host.createContext({ tenant: "acme", locale: "de-DE" })).tasks.getTask(task.id)).not.toBeNull();
    expect(await (await host.createContext()).tasks.getTask(task.id)).toBeNull();
    await expect(host.createContext({ tenant: "a#b", locale: "en-US" })).rejects.toMatchObject({ code: "INVALID_ID" });
  });

  it("uses the last registered default task service, and gives back what it answers", async () => {
    const sent: string[] = [];
    const service = (name: string, isDefault: boolean): TaskServicePlugin => ({
      type: "tasks.taskService",
      name,
      default: isDefault,
      createService: ({ getTenant, getLocale }) => ({
        send: async (task, delay) => {
          sent.push(`${name} ${task.taskStatus} ${delay} ${getTenant()} ${getLocale()}`);
          return { by: name };
        },
        fetch: async task => ({ of: task.id })
      })
    });
    const context = await createHost({
      plugins: [inMemory(), service("first", true), service("second", true), service("third", false), nothing]
    }).createContext();
    const task = await context.tasks.trigger({ definition: "nothing", delay: 5 });
    expect(sent).toEqual(["second pending 5 root en-US"]);
    expect(task.eventResponse).toEqual({ by: "second" });
    expect(await context.tasks.fetchServiceInfo(task.id)).toEqual({ of: task.id });
    // Without `stop` an abort is still one: the record decides.
    expect((await context.tasks.abort({ id: task.id })).taskStatus).toBe("aborted");
  });

  it("refuses a task service without createService", async () => {
    const broken = { type: "tasks.taskService", default: true };
    await expect(createHost({ plugins: [inMemory(), broken] }).createContext()).rejects.toMatchObject({
      code: "PLUGIN_ERROR"
    });
  });

  it("tries again at the next event when an async plugin failed", async () => {
    let tries = 0;
    const flaky = async () => {
      tries += 1;
      if (tries === 1) {
        throw new Error("Not yet.");
      }
      return [nothing];
    };
    const host = createHost({ plugins: [inMemory(), noService, flaky] });
    await expect(host.createContext()).rejects.toThrow("Not yet.");
    expect((await host.createContext()).tasks.getDefinition("nothing")).toBe(nothing);
  });
});

describe("events that lack fields", () => {
  it("are answered with an error that names them, and never throw", async () => {
    const t = await createTestTasks([nothing]);
    const answer = await t.invoke({ name: "background-task", payload: { webinyTaskId: "abc" } });
    expect(answer).toMatchObject({
      status: "error",
      webinyTaskId: "abc",
      error: { code: "VALIDATION_FAILED_INVALID_FIELDS", message: "Validation failed." }
    });
    const own = await t.invoke({ payload: { webinyTaskId: "abc", iteration: 3, execution: 2 } });
    expect(own).toEqual({
      webinyTaskId: "abc",
      webinyTaskDefinitionId: "",
      tenant: "",
      locale: "",
      status: "error",
      wait: 0,
      iteration: 3,
      execution: 2,
      events: 8,
      delay: -1,
      error: { code: "VALIDATION_FAILED_INVALID_FIELDS", message: "Validation failed." }
    });
    expect(t.storage.counts().requests).toBe(0);
  });
});

describe("Webiny's own state machine", () => {
  const event = (task: { id: string }, more: object = {}) => ({
    name: "background-task",
    payload: {
      webinyTaskId: task.id,
      webinyTaskDefinitionId: "paging",
      tenant: "root",
      locale: "en-US",
      delay: -1,
      endpoint: "manage",
      executionName: `paging_${task.id}_k3j4h5`,
      stateMachineId: "arn:webiny",
      ...more
    }
  });
  const paging = createTaskDefinition({
    id: "paging",
    title: "Paging",
    run: async ({ input, response }) =>
      input.page < 3
        ? response.continue({ page: input.page + 1 }, { seconds: input.page === 2 ? 7 : 0 })
        : response.done("Paged.", { pages: 3 })
  });

  it("sends no numbers: each event runs the next iteration, and the answers have Webiny's keys", async () => {
    const t = await createTestTasks([paging]);
    const task = await t.tasks.trigger({ definition: "paging", input: { page: 1 } });
    const base = { webinyTaskId: task.id, webinyTaskDefinitionId: "paging", tenant: "root", locale: "en-US" };
    expect(await t.invoke(event(task))).toEqual({ ...base, status: "continue", delay: -1 });
    expect(await t.invoke(event(task))).toEqual({ ...base, status: "continue", delay: -1, wait: 7 });
    expect(await t.invoke(event(task))).toEqual({ ...base, status: "continue", delay: -1, wait: 7 });
    await t.clock.advance(7_000);
    expect(await t.invoke(event(task))).toEqual({ ...base, status: "done", message: "Paged.", output: { pages: 3 } });
    expect(await t.tasks.getTask(task.id)).toMatchObject({
      taskStatus: "success",
      iterations: 3,
      executionName: `paging_${task.id}_k3j4h5`
    });
    expect(await t.invoke(event(task))).toEqual({
      ...base,
      status: "error",
      error: { message: "Task is already done, cannot run it again.", code: "TASK_FINISHED" }
    });
  });

  it("asks before its first wait: a positive delay answers that wait and touches nothing stored", async () => {
    const t = await createTestTasks([paging]);
    const task = await t.tasks.trigger({ definition: "paging", input: { page: 1 } });
    const before = t.storage.counts().requests;
    expect(await t.invoke(event(task, { delay: 12.5 }))).toMatchObject({ status: "continue", wait: 13, delay: -1 });
    expect(t.storage.counts().requests).toBe(before);
  });

  it("gets an error for a broken event, with Webiny's keys", async () => {
    const t = await createTestTasks([paging]);
    expect(await t.invoke({ payload: { webinyTaskId: "abc", tenant: "root" } })).toEqual({
      webinyTaskId: "abc",
      webinyTaskDefinitionId: "",
      tenant: "root",
      locale: "",
      status: "error",
      error: {
        message: "Validation failed.",
        code: "VALIDATION_FAILED_INVALID_FIELDS",
        data: {
          invalidFields: Object.fromEntries(
            ["webinyTaskDefinitionId", "locale", "endpoint", "executionName", "stateMachineId"].map(name => [
              name,
              { code: "invalid_type", message: expect.stringContaining("expected string, received undefined") }
            ])
          )
        }
      }
    });
  });
});

describe("the plugins container", () => {
  it("finds by type and name, replaces by name, and refuses what is no plugin", () => {
    const container = new PluginsContainer([{ type: "a", name: "one", version: 1 }, [{ type: "a" }]], { type: "b" });
    container.register({ type: "a", name: "one", version: 2 });
    expect(container.byType("a")).toEqual([{ type: "a", name: "one", version: 2 }, { type: "a" }]);
    expect(container.byName("one")).toEqual({ type: "a", name: "one", version: 2 });
    expect(container.oneByType("b")).toEqual({ type: "b" });
    expect(() => container.oneByType("a")).toThrow('There must be one plugin of type "a", and there are 2.');
    expect(() => container.atLeastOneByType("c")).toThrow('There are no plugins of type "c".');
    expect(() => container.register({ title: "x" })).toThrow(
      /A plugin is an object with a "type"; got an object with the keys title/
    );
    container.unregister("one");
    expect(container.byName("one")).toBeUndefined();
    expect(container.all()).toHaveLength(2);
  });
});

describe("createTaskInput", () => {
  it("gives typed trigger parameters", async () => {
    const t = await createTestTasks([nothing]);
    const params = createTaskInput<{ page: number }>({ id: "nothing", input: { page: 1 } });
    const task = await t.tasks.trigger({ ...params, delay: 1 });
    expect(task).toMatchObject({ definitionId: "nothing", input: { page: 1 } });
  });
});
