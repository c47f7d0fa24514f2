import { graphql } from "graphql";
import { buildSchema } from "../../src/graphql/buildSchema.js";
import {
  createBackgroundTaskContext,
  createBackgroundTasks,
  createPrivateTaskDefinition,
  createTaskDefinition
} from "../../src/index.js";
import { registerBackgroundTaskHandler } from "../../src/host/webiny/index.js";
import { startLocal } from "../../src/local/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { createHandlerAws } from "./createHandlerAws.js";
import { createWebinyProject, MACHINE, type ProjectContext } from "./createWebinyProject.js";

const ACME = { tenant: "acme", locale: "de-DE" };
const JANE = { id: "jane", displayName: "JANE", type: "admin" };

/** What code sees of Webiny's context at some moment. */
function seenBy({ tenancy, cms, i18n, security }: ProjectContext) {
  return {
    tenant: tenancy.getCurrentTenant().id,
    locale: cms.getLocale().code,
    contentLocale: i18n.content?.code,
    identity: security.getIdentity()?.id,
    authorization: security.authorization
  };
}

function createPaging() {
  const seen: [string, ReturnType<typeof seenBy>][] = [];
  const see = (where: string, context: ProjectContext) => seen.push([where, seenBy(context)]);
  const paging = createTaskDefinition<ProjectContext, { page: number }, { pages: number }>({
    id: "paging",
    title: "Paging",
    async run({ context, input, response }) {
      see(`run ${input.page}`, context);
      return input.page < 2
        ? response.continue({ page: input.page + 1 }, { seconds: 6.5 })
        : response.done("Paged.", { pages: 2 });
    },
    onBeforeTrigger: async ({ context }) => void see("onBeforeTrigger", context),
    onDone: async ({ context }) => void see("onDone", context),
    onAbort: async ({ context }) => void see("onAbort", context)
  });
  return { paging, seen };
}

const trigger = (context: ProjectContext) => context.tasks.trigger({ definition: "paging", input: { page: 1 } });

describe("a task in Webiny's host, on Webiny's state machine", () => {
  it("runs from trigger to end: two iterations with a wait, in its tenant and locale, as its creator", async () => {
    const { paging, seen } = createPaging();
    const project = createWebinyProject([paging]);
    const task = await project.request(trigger);
    const ids = { webinyTaskId: task.id, webinyTaskDefinitionId: "paging", ...ACME };
    const name = `paging_${task.id}_1`;
    expect(project.requests).toEqual([
      ["StartExecution", { stateMachineArn: MACHINE, name, input: JSON.stringify({ detail: { ...ids, delay: 0 } }) }]
    ]);

    const execution = await project.runToEnd(task);
    expect(execution.answers).toEqual([
      { ...ids, status: "continue", delay: -1, wait: 7 },
      { ...ids, status: "done", message: "Paged.", output: { pages: 2 } }
    ]);
    const inside = { ...ACME, contentLocale: "de-DE", identity: "jane", authorization: false };
    expect(seen).toEqual([
      ["onBeforeTrigger", { ...inside, contentLocale: undefined, authorization: true }],
      ["run 1", inside],
      ["run 2", inside],
      ["onDone", inside]
    ]);
    // Off only while the task's code ran.
    expect(project.contexts.map(({ security }) => security.authorization)).toEqual([true, true, true]);

    const stored = await project.request(({ tasks }) => tasks.getTask(task.id));
    expect(stored).toMatchObject({
      taskStatus: "success",
      iterations: 2,
      executionName: name,
      createdBy: JANE,
      output: { pages: 2 }
    });
    expect(await project.request(({ tasks }) => tasks.getTask(task.id), { locale: "en-US" })).toBeNull();
    expect(await project.request(({ tasks }) => tasks.getTask(task.id), { tenant: "root" })).toBeNull();
  });

  it("hands tenant, locale and endpoint to Webiny's plugins as headers", async () => {
    const { paging } = createPaging();
    const project = createWebinyProject([paging]);
    const execution = project.executionOf(await project.request(trigger));
    await project.step(execution);
    expect(project.handlerAws.calls.headers.at(-1)).toEqual({
      "x-tenant": "acme",
      "x-webiny-cms-endpoint": "manage",
      "x-webiny-cms-locale": "de-DE",
      "x-i18n-locale": "default:de-DE;content:de-DE;",
      "accept-language": "de-DE"
    });
  });

  it("is one of the system where nobody is signed in", async () => {
    const { paging, seen } = createPaging();
    const project = createWebinyProject([paging]);
    const task = await project.request(trigger, { user: null });
    expect(task.createdBy).toEqual({ id: "system", displayName: "System", type: "system" });
    expect((await project.runToEnd(task)).status).toBe("SUCCEEDED");
    expect(seen.map(([where, { identity }]) => [where, identity])).toEqual([
      ["onBeforeTrigger", undefined],
      ["run 1", "system"],
      ["run 2", "system"],
      ["onDone", "system"]
    ]);
  });

  it("starts after its delay, which Webiny's machine asks the Lambda for", async () => {
    const { paging, seen } = createPaging();
    const project = createWebinyProject([paging]);
    const task = await project.request(({ tasks }) =>
      tasks.trigger({ definition: "paging", input: { page: 2 }, delay: 3600 })
    );
    const execution = project.executionOf(task);
    expect(execution.input.detail.delay).toBe(3600);
    await project.step(execution);
    expect(execution.answers).toMatchObject([{ status: "continue", wait: 3600, delay: -1 }]);
    expect(seen.map(([where]) => where)).toEqual(["onBeforeTrigger"]);
    await project.step(execution);
    expect(execution.status).toBe("SUCCEEDED");
  });

  it("is aborted while it waits: the execution is stopped, and onAbort runs with authorization off", async () => {
    const { paging, seen } = createPaging();
    const project = createWebinyProject([paging]);
    const task = await project.request(trigger);
    const execution = project.executionOf(task);
    await project.step(execution);
    const aborted = await project.request(({ tasks }) => tasks.abort({ id: task.id, message: "Enough." }));
    expect(aborted).toMatchObject({ taskStatus: "aborted", iterations: 1 });
    expect(execution.status).toBe("ABORTED");
    expect(project.requests.at(-1)).toEqual([
      "StopExecution",
      {
        executionArn: expect.stringMatching(`:execution:webiny-background-tasks:paging_${task.id}_1$`),
        error: "TaskAborted",
        cause: "Enough."
      }
    ]);
    expect(seen.at(-1)).toEqual(["onAbort", { ...ACME, identity: "jane", authorization: false }]);
    // A delivery that was on its way already.
    expect(await project.invoke(project.eventOf(execution))).toMatchObject({ status: "aborted" });
    expect(seen.map(([where]) => where)).toEqual(["onBeforeTrigger", "run 1", "onAbort"]);
  });

  it("is deleted, and its execution answered that it is not there", async () => {
    const { paging, seen } = createPaging();
    const project = createWebinyProject([paging]);
    const task = await project.request(trigger);
    expect(await project.request(({ tasks }) => tasks.deleteTask(task.id))).toBe(true);
    expect(await project.request(({ tasks }) => tasks.getTask(task.id))).toBeNull();
    expect(await project.invoke(project.eventOf(project.executionOf(task)))).toMatchObject({
      status: "error",
      error: { code: "TASK_NOT_FOUND" }
    });
    expect(seen.map(([where]) => where)).toEqual(["onBeforeTrigger", "onAbort"]);
  });

  it("stays running when its Lambda dies, until an execution is started for it again", async () => {
    const underlying = new MemoryStorage();
    const { paging } = createPaging();
    const project = createWebinyProject([paging], { underlying });
    const task = await project.request(trigger);
    const execution = project.executionOf(task);
    await project.step(execution);
    const update = underlying.update.bind(underlying);
    underlying.update = async (...params) => {
      underlying.update = update;
      await update(...params);
      throw Object.assign(new Error("The connection is lost."), { code: "STORAGE_ERROR" });
    };
    await project.step(execution);
    expect(execution.status).toBe("FAILED");
    const stored = await project.request(({ tasks }) => tasks.getTask(task.id));
    expect(stored).toMatchObject({ taskStatus: "running", iterations: 2 });

    // The lease of the invocation that died has to run out first: 15 minutes and a margin.
    project.start("by-hand", { detail: { ...execution.input.detail } });
    const again = project.executions.get("by-hand")!;
    await project.step(again);
    expect(again.answers).toMatchObject([{ status: "continue", wait: 30 }]);
    await project.clock.advance(960_000);
    await project.step(again);
    expect(again.answers.at(-1)).toMatchObject({ status: "done", output: { pages: 2 } });
  });

  it("runs the next iteration for an event that is delivered twice: without numbers nothing tells them apart", async () => {
    const runs: number[] = [];
    const counting = createTaskDefinition<ProjectContext, { n: number }>({
      id: "counting",
      title: "Counting",
      async run({ input, response }) {
        runs.push(input.n);
        return response.continue({ n: input.n + 1 });
      }
    });
    const project = createWebinyProject([counting]);
    const task = await project.request(({ tasks }) => tasks.trigger({ definition: "counting", input: { n: 1 } }));
    const event = project.eventOf(project.executionOf(task));
    await project.invoke(event);
    const before = project.storage.counts().requests;
    await project.invoke(event);
    expect(runs).toEqual([1, 2]);
    // To know which iteration is the next one, the record is read.
    expect(project.storage.counts().requests - before).toBe(3);
  });
});

describe("a task in Webiny's host, on our state machine", () => {
  it("runs with numbers from trigger to end", async () => {
    const { paging, seen } = createPaging();
    const project = createWebinyProject([paging], { dialect: "own" });
    const task = await project.request(trigger);
    const execution = await project.runToEnd(task);
    expect(execution.input).toMatchObject({ webinyTaskId: task.id, ...ACME, iteration: 1, execution: 1, wait: 0 });
    expect(execution.answers).toMatchObject([
      { status: "continue", wait: 7, iteration: 2, error: null },
      { status: "done", wait: 0, iteration: 2, error: null }
    ]);
    expect(seen.map(([where]) => where)).toEqual(["onBeforeTrigger", "run 1", "run 2", "onDone"]);
  });

  it("goes on after a crash: the error names the request, and Recover frees its lease", async () => {
    const underlying = new MemoryStorage();
    const { paging, seen } = createPaging();
    const project = createWebinyProject([paging], { underlying, dialect: "own" });
    const task = await project.request(trigger);
    const execution = project.executionOf(task);
    const update = underlying.update.bind(underlying);
    underlying.update = async (...params) => {
      underlying.update = update;
      await update(...params);
      throw Object.assign(new Error("The connection is lost."), { code: "STORAGE_ERROR" });
    };
    await project.step(execution);
    // At once, not when the lease has run out.
    expect(execution.answers).toMatchObject([{ status: "continue", iteration: 1, wait: 2 }]);
    await project.runToEnd(task);
    expect(execution.status).toBe("SUCCEEDED");
    expect(seen.map(([where]) => where)).toEqual(["onBeforeTrigger", "run 1", "run 2", "onDone"]);
  });

  it("goes on there when it was started on Webiny's, and ends there when it was aborted", async () => {
    const underlying = new MemoryStorage();
    const { paging } = createPaging();
    const before = createWebinyProject([paging], { underlying });
    const going = await before.request(trigger);
    const stopped = await before.request(trigger);
    const after = createWebinyProject([paging], { underlying, dialect: "own" });
    for (const task of [going, stopped]) {
      const { name, input } = before.executionOf(task);
      after.start(name, input);
      await after.step(after.executionOf(task));
    }
    await after.request(({ tasks }) => tasks.abort({ id: stopped.id }));
    // Looked for on the new machine, so the old one goes on waiting.
    after.executionOf(stopped).status = "RUNNING";
    expect((await after.runToEnd(stopped)).answers.map(({ status }) => status)).toEqual(["continue", "aborted"]);
    expect((await after.runToEnd(going)).answers.map(({ status }) => status)).toEqual(["continue", "done"]);
  });

  it("answers a delivery that comes twice what the first one answered", async () => {
    const { paging, seen } = createPaging();
    const project = createWebinyProject([paging], { dialect: "own" });
    const event = project.eventOf(project.executionOf(await project.request(trigger)));
    const answers = [await project.invoke(event), await project.invoke(event)];
    expect(answers).toMatchObject([{ iteration: 2 }, { iteration: 2 }]);
    expect(seen.map(([where]) => where)).toEqual(["onBeforeTrigger", "run 1"]);
  });
});

describe("events", () => {
  it("that are not a task's go to the next source handler", async () => {
    const project = createWebinyProject([]);
    project.handlerAws.registry.register({
      name: "rest",
      canUse: () => true,
      handle: async ({ event }) => ({ rest: event })
    });
    for (const event of [null, 5, "text", {}, { payload: null }, { payload: {} }, { Records: [] }]) {
      expect(await project.invoke(event)).toEqual({ rest: event });
    }
    expect(project.handlerAws.calls.headers).toEqual([]);
  });

  it.each([
    ["webinyTaskDefinitionId", undefined],
    ["tenant", undefined],
    ["locale", undefined],
    ["endpoint", undefined],
    ["executionName", undefined],
    ["stateMachineId", undefined],
    ["endpoint", "manage\nx-tenant: root"],
    ["tenant", 5],
    ["locale", "de-DE\r\n"],
    ["locale", ""],
    ["delay", "soon"],
    ["webinyTaskId", "a#b"]
  ])("with a broken %s are answered with an error, without Webiny's plugins", async (field, value) => {
    const { paging, seen } = createPaging();
    const project = createWebinyProject([paging]);
    const execution = project.executionOf(await project.request(trigger));
    const { headers } = project.handlerAws.calls;
    const before = [headers.length, project.storage.counts().requests];
    expect(await project.invoke(project.eventOf(execution, { [field]: value }))).toMatchObject({
      status: "error",
      error: {
        code: "VALIDATION_FAILED_INVALID_FIELDS",
        message: "Validation failed.",
        data: { invalidFields: { [field]: { message: expect.any(String) } } }
      }
    });
    expect([headers.length, project.storage.counts().requests]).toEqual(before);
    expect(seen.map(([where]) => where)).toEqual(["onBeforeTrigger"]);
  });

  it("of a project's own raw event handler are its own: it gets none of ours", async () => {
    const { paging } = createPaging();
    const project = createWebinyProject([
      paging,
      createHandlerAws().createRawEventHandler(async () => {
        throw new Error("Not mine.");
      })
    ]);
    const task = await project.request(trigger);
    expect((await project.runToEnd(task)).status).toBe("SUCCEEDED");
  });
});

describe("the parts of a project", () => {
  it("may be without our plugins: the error says what to add", async () => {
    const { paging } = createPaging();
    const stored = createWebinyProject([paging]);
    const event = stored.eventOf(stored.executionOf(await stored.request(trigger)));
    const project = createWebinyProject([paging], { installed: () => [] });
    await expect(project.invoke(event)).rejects.toMatchObject({
      code: "PLUGIN_ERROR",
      message: "The context has no background tasks: add createBackgroundTasks() to the plugins."
    });
  });

  it.each(["registry", "createRawHandler", "createRawEventHandler"])("may lack %s: said at once", name => {
    const { registry, createRawHandler, createRawEventHandler } = createHandlerAws();
    const given = { registry, createRawHandler, createRawEventHandler, [name]: undefined };
    const missing = name === "registry" ? "registry.register" : name;
    expect(() => registerBackgroundTaskHandler(given as never)).toThrow(
      new RegExp(
        `takes registry, createRawHandler and createRawEventHandler of @webiny/handler-aws; not there: ${missing}\\.$`
      )
    );
    expect(() => registerBackgroundTaskHandler(undefined as never)).toThrow(
      /not there: registry.register, createRawHandler, createRawEventHandler\.$/
    );
  });

  it("may list our plugins before Webiny's", async () => {
    const { paging, seen } = createPaging();
    const underlying = new MemoryStorage();
    const project = createWebinyProject([paging], { underlying, order: "ours first" });
    const task = await project.request(trigger);
    await project.runToEnd(task);
    expect(seen.map(([where, { tenant, locale }]) => [where, tenant, locale])).toEqual(
      ["onBeforeTrigger", "run 1", "run 2", "onDone"].map(where => [where, "acme", "de-DE"])
    );
    const usual = createWebinyProject([paging], { underlying });
    expect(await usual.request(({ tasks }) => tasks.getTask(task.id))).toMatchObject({ taskStatus: "success" });
  });

  it.each(["context", "lambdaContext"])(
    "may hand over Lambda's context as %s: its deadline is the task's",
    async name => {
      const close: boolean[] = [];
      const watching = createTaskDefinition({
        id: "watching",
        title: "Watching",
        async run({ isCloseToTimeout, response }) {
          close.push(isCloseToTimeout());
          return response.done();
        }
      });
      const project = createWebinyProject([watching]);
      const task = await project.request(({ tasks }) => tasks.trigger({ definition: "watching" }));
      let source: any;
      const register = (handler: any) => (source = handler);
      registerBackgroundTaskHandler({ ...project.handlerAws, registry: { register } });
      const plugins = { all: () => project.plugins };
      const lambdaContext = { awsRequestId: "request-1", getRemainingTimeInMillis: () => 60_000 };
      const event = project.eventOf(project.executionOf(task));
      expect(await source.handle({ params: { plugins }, event, [name]: lambdaContext })).toMatchObject({
        status: "done"
      });
      expect(close).toEqual([true]);
    }
  );

  it("may be registered twice", async () => {
    const { paging, seen } = createPaging();
    const project = createWebinyProject([paging]);
    registerBackgroundTaskHandler(project.handlerAws);
    await project.runToEnd(await project.request(trigger));
    expect(seen.map(([where]) => where)).toEqual(["onBeforeTrigger", "run 1", "run 2", "onDone"]);
  });

  it("may come from two copies of the package", async () => {
    const other: { index?: typeof import("../../src/index.js") } = {};
    await jest.isolateModulesAsync(async () => {
      other.index = await import("../../src/index.js");
    });
    expect(other.index!.createBackgroundTasks).not.toBe(createBackgroundTasks);
    const { paging } = createPaging();
    const project = createWebinyProject([paging], {
      installed: options => other.index!.createBackgroundTasks(options)
    });
    const execution = await project.runToEnd(await project.request(trigger));
    expect(execution.answers.at(-1)).toMatchObject({ status: "done", output: { pages: 2 } });
  });

  it.each(["before", "after"])(
    "may register definitions in context plugins %s ours, others for every tenant",
    async when => {
      const ran: string[] = [];
      const ofTenant = (tenant: string) =>
        createTaskDefinition<ProjectContext>({
          id: "greet",
          title: `Greet ${tenant}`,
          async run({ response }) {
            ran.push(tenant);
            return response.done();
          }
        });
      const definitions: Record<string, unknown> = { acme: ofTenant("acme"), root: ofTenant("root") };
      const registering = {
        type: "context",
        apply: async (context: ProjectContext) =>
          context.plugins.register(definitions[context.tenancy.getCurrentTenant().id])
      };
      const project = createWebinyProject(when === "after" ? [registering] : [], {
        installed: options => [when === "before" ? registering : [], createBackgroundTasks(options)]
      });
      const greet = (context: ProjectContext) => context.tasks.trigger({ definition: "greet" });
      const inAcme = await project.request(greet);
      const inRoot = await project.request(greet, { tenant: "root", locale: "en-US" });
      expect([inAcme.name, inRoot.name]).toEqual(["Greet acme", "Greet root"]);
      await project.runToEnd(inRoot);
      await project.runToEnd(inAcme);
      expect(ran).toEqual(["root", "acme"]);
    }
  );
});

describe("Webiny's own plugins", () => {
  it.each(["answers", "throws"] as const)(
    "that fail before the task (the host %s) make a crash, and nothing is stored",
    async onError => {
      let broken = false;
      const { paging, seen } = createPaging();
      const failing = {
        type: "context",
        apply: async () => {
          if (broken) {
            throw new Error("Elasticsearch is down.");
          }
        }
      };
      const project = createWebinyProject([paging, failing], { dialect: "own" });
      const task = await project.request(trigger);
      const event = project.eventOf(project.executionOf(task));
      project.handlerAws.calls.onError = onError;
      const before = project.storage.counts().requests;
      broken = true;
      await expect(project.invoke(event)).rejects.toMatchObject({
        code: "PLUGIN_ERROR",
        message: expect.stringMatching(
          new RegExp(`^Webiny's plugins did not let the task "${task.id}" run: .*Elasticsearch is down\\.`)
        )
      });
      expect(project.storage.counts().requests).toBe(before);
      broken = false;
      expect((await project.runToEnd(task)).status).toBe("SUCCEEDED");
      expect(seen.map(([where]) => where)).toEqual(["onBeforeTrigger", "run 1", "run 2", "onDone"]);
    }
  );

  it.each(["answers", "throws"] as const)(
    "that fail after the iteration (the host %s) don't change its answer",
    async onError => {
      const { paging, seen } = createPaging();
      const project = createWebinyProject([paging], { logLevel: "error" });
      const task = await project.request(trigger);
      project.handlerAws.calls.onError = onError;
      project.handlerAws.calls.afterwards = () => {
        throw new Error("Events could not be published.");
      };
      const logged = jest.spyOn(process.stderr, "write").mockReturnValue(true);
      const execution = await project.runToEnd(task);
      const lines = logged.mock.calls.map(([line]) => line as string);
      logged.mockRestore();
      expect(execution.answers).toMatchObject([{ status: "continue" }, { status: "done" }]);
      expect(seen.map(([where]) => where)).toEqual(["onBeforeTrigger", "run 1", "run 2", "onDone"]);
      // What the host keeps to itself it logs itself.
      expect(lines.filter(line => line.includes("Events could not be published."))).toHaveLength(
        onError === "throws" ? 2 : 0
      );
    }
  );

  it.each([
    ["a tenant that is gone", { tenant: "gone" }, "PLUGIN_ERROR"],
    ["a locale that is gone", { locale: "hr-HR" }, "SCOPE_MISMATCH"]
  ])("keep a task of %s from running in another one", async (_, scope, code) => {
    const { paging, seen } = createPaging();
    const project = createWebinyProject([paging]);
    const execution = project.executionOf(await project.request(trigger));
    const before = project.storage.counts().requests;
    await expect(project.invoke(project.eventOf(execution, scope))).rejects.toMatchObject({ code });
    expect(project.storage.counts().requests).toBe(before);
    expect(seen.map(([where]) => where)).toEqual(["onBeforeTrigger"]);
  });
});

describe("the ARN of the state machine, by function", () => {
  it("is asked for once, when it is needed, whatever number of requests there are", async () => {
    let asked = 0;
    const { paging } = createPaging();
    const project = createWebinyProject([paging], {
      stateMachineArn: async () => {
        asked += 1;
        return MACHINE;
      }
    });
    await project.request(({ tasks }) => tasks.listTasks());
    expect(asked).toBe(0);
    const [task] = await Promise.all([project.request(trigger), project.request(trigger)]);
    await project.runToEnd(task);
    await project.request(({ tasks }) => tasks.fetchServiceInfo(task.id));
    expect(asked).toBe(1);
    expect(project.requests.map(([kind, input]) => [kind, input.stateMachineArn ?? input.executionArn])).toEqual([
      ["StartExecution", MACHINE],
      ["StartExecution", MACHINE],
      ["DescribeExecution", `${MACHINE.replace("stateMachine", "execution")}:paging_${task.id}_1`]
    ]);
  });

  it("is asked for again after a failure, and after a wrong answer; no task is left behind", async () => {
    const answers = [new Error("Throttled."), undefined, "arn:aws:lambda:x", MACHINE];
    const { paging } = createPaging();
    const project = createWebinyProject([paging], {
      stateMachineArn: (): string => {
        const answer = answers.shift();
        if (answer instanceof Error) {
          throw answer;
        }
        return answer as string;
      }
    });
    for (const reason of [
      /The state machine could not be found: Throttled\.$/,
      /"stateMachineArn" \(WEBINY_TASKS_STATE_MACHINE_ARN\) must look like .*; got "undefined"\.$/,
      /must look like .*; got "arn:aws:lambda:x"\.$/
    ]) {
      await expect(project.request(trigger)).rejects.toMatchObject({
        code: "TRIGGER_STEP_FUNCTION_ERROR",
        message: expect.stringMatching(reason)
      });
    }
    expect((await project.request(({ tasks }) => tasks.listTasks())).items).toEqual([]);
    expect((await project.request(trigger)).taskStatus).toBe("pending");
    expect(answers).toEqual([]);
  });
});

describe("the dialect of the state machine", () => {
  it("is an option or an environment variable, and checked", async () => {
    expect(() => createBackgroundTasks({ stateMachineDialect: "theirs" as never })).toThrow(
      '"stateMachineDialect" (WEBINY_TASKS_STATE_MACHINE_DIALECT) must be one of own, webiny; got "theirs"'
    );
    const { paging } = createPaging();
    process.env.WEBINY_TASKS_STATE_MACHINE_DIALECT = "webiny";
    try {
      const project = createWebinyProject([paging], {
        installed: ({ stateMachineDialect: _, ...options }) => createBackgroundTasks(options)
      });
      const task = await project.request(trigger);
      expect(project.executionOf(task).input).toEqual({ detail: expect.objectContaining({ webinyTaskId: task.id }) });
      process.env.WEBINY_TASKS_STATE_MACHINE_DIALECT = "";
      expect(() => createBackgroundTasks()).toThrow(/must be one of own, webiny; got ""/);
    } finally {
      delete process.env.WEBINY_TASKS_STATE_MACHINE_DIALECT;
    }
  });
});

describe("the local runtime", () => {
  it("runs the same plugins on our state machine, whatever machine they are for", async () => {
    const { paging } = createPaging();
    const short = createTaskDefinition({
      id: "short",
      title: "Short",
      run: async ({ response }) => response.done("Here.")
    });
    const options = { stateMachineDialect: "webiny", stateMachineArn: () => MACHINE } as const;
    const local = await startLocal({ plugins: [createBackgroundTasks(options), paging, short], logLevel: "silent" });
    try {
      const { id } = await local.tasks.trigger({ definition: "short" });
      expect(await local.waitFor(id, { timeoutMs: 20_000 })).toMatchObject({ taskStatus: "success", message: "Here." });
    } finally {
      await local.stop();
    }
  });
});

describe("the GraphQL API in Webiny's host", () => {
  const hidden = createPrivateTaskDefinition({
    id: "hidden",
    title: "Hidden",
    run: async ({ response }) => response.done()
  });
  const ask = (project: ReturnType<typeof createWebinyProject>, source: string, user: string) =>
    project.request(
      async context => {
        const parts = context.plugins.byType<{ schema: { typeDefs: string } }>("graphql-schema");
        const schema = buildSchema(parts.map(part => part.schema));
        return graphql({
          schema,
          source: `{ backgroundTasks { ${source} } }`.replace(/^{(?=.*(trigger|abort|delete)Task)/, "mutation {"),
          contextValue: context
        });
      },
      { user }
    );

  it("triggers, shows, aborts and deletes with Webiny's permissions and identity", async () => {
    const { paging } = createPaging();
    const project = createWebinyProject([paging, hidden]);
    const created: any = await ask(
      project,
      `triggerTask(definition: paging, input: { page: 1 }) { data { id createdBy { id } } error { code } }`,
      "jane"
    );
    const { data, error } = created.data.backgroundTasks.triggerTask;
    expect([data.createdBy, error]).toEqual([{ id: "jane" }, null]);
    const shown = `getTask(id: "${data.id}") { data { taskStatus } error { code } }`;
    const answers = {
      joe: { data: { taskStatus: "pending" }, error: null },
      jim: { data: null, error: { code: "NOT_AUTHORIZED" } }
    };
    for (const [user, getTask] of Object.entries(answers)) {
      expect(await ask(project, shown, user)).toEqual({ data: { backgroundTasks: { getTask } } });
    }
    const abort = `abortTask(id: "${data.id}") { data { taskStatus } error { code } }`;
    expect(await ask(project, abort, "joe")).toMatchObject({
      data: { backgroundTasks: { abortTask: { error: { code: "NOT_AUTHORIZED" } } } }
    });
    expect(await ask(project, abort, "jane")).toMatchObject({
      data: { backgroundTasks: { abortTask: { data: { taskStatus: "aborted" }, error: null } } }
    });
    expect(project.executionOf(data).status).toBe("ABORTED");
    expect(await ask(project, `deleteTask(id: "${data.id}") { data }`, "jane")).toEqual({
      data: { backgroundTasks: { deleteTask: { data: true } } }
    });
    const refused: any = await ask(project, `triggerTask(definition: hidden) { data { id } }`, "jane");
    expect(refused.errors[0].message).toMatch(/"hidden" does not exist in "WebinyBackgroundTaskDefinitionEnum"/);
  });

  it("is not there with createBackgroundTaskContext alone", async () => {
    const project = createWebinyProject([], { installed: options => createBackgroundTaskContext(options) });
    expect(await project.request(async ({ plugins }) => plugins.byType("graphql-schema"))).toEqual([]);
  });
});
