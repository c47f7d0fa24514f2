import path from "node:path";
import ts from "typescript";
import * as tasks from "../src/index.js";
import type { JsonObject, LambdaHandler, TaskContext, TaskDefinitionPlugin } from "../src/index.js";
import type { Host } from "../src/host/createHandler.js";
import { createTestTasks, type TestTasks } from "./helpers/createTestTasks.js";

/** What the document "How to Define a Background Task" shows, to the letter. */
const SEED = `
import { createTaskDefinition } from "@webiny/tasks";
const myPublicTaskDefinition = createTaskDefinition({
id: "myPublicTask",
title: "A Task Accessible Via API",
async run({response}) {
// your code here
return response.done();
}
});
import { createPrivateTaskDefinition } from "@webiny/tasks";
const myPrivateTaskDefinition = createPrivateTaskDefinition({
id: "myPrivateTask",
title: "A Task Accessible Only Via The Code",
async run({response}) {
// your code here
return response.done();
}
});
const syncArticles = createTaskDefinition({
id: "syncArticles",
title: "Sync Articles",
description: "A task which syncs Webiny articles with another system.",
// optional when defined via the createTaskDefinition or createPrivateTaskDefinition method
// default value is 500
maxIterations: 1000,
async run({response}) {
// your code which syncs articles with another system
return response.done();
},
onBeforeTrigger: async({context, input}) => {
// check if articles are already syncing
// if yes, throw an error
},
onDone: async({context, task}) => {
// notify another system that articles are synced
},
onError: async({context, task}) => {
// notify another system that articles are not synced due to an error
},
onAbort: async({context, task}) => {
// notify another system that articles are not synced due to user aborting the task
},
onMaxIterations: async({context, task}) => {
// notify another system that articles are not synced due to reaching max iterations of the task
},
});
`;
const REGISTERING = `
export const handler = createHandler({
plugins: [
// ...rest of plugins
syncArticles
]
});
`;
/** What the document leaves to the reader: the import of createHandler, and the three constants made visible to this test. */
const AROUND = `
import { createHandler } from "@webiny/tasks";
export { myPublicTaskDefinition, myPrivateTaskDefinition, syncArticles };
`;
const TASK_FILE = AROUND + SEED + REGISTERING;

interface TaskFile {
  myPublicTaskDefinition: TaskDefinitionPlugin;
  myPrivateTaskDefinition: TaskDefinitionPlugin;
  syncArticles: TaskDefinitionPlugin;
  handler: LambdaHandler;
}

/** Runs the text as the module it is. */
function load(text: string): TaskFile {
  // Imports come first in a module, wherever they are written.
  const imports = /^import .*$/gm;
  const { outputText } = ts.transpileModule([...(text.match(imports) ?? []), text.replace(imports, "")].join("\n"), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 }
  });
  const exported = {};
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  new Function("exports", "require", outputText)(exported, (name: string) => {
    expect(name).toBe("@webiny/tasks");
    return tasks;
  });
  return exported as TaskFile;
}

/** What the TypeScript compiler has against the text as a file beside this one. */
function typeErrors(text: string): string[] {
  const file = path.join(__dirname, "seedTaskFile.ts");
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: ["node"],
    paths: { "@webiny/tasks": [path.join(__dirname, "../src/index.ts")] }
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = name => name === file || fileExists(name);
  host.getSourceFile = (name, version) =>
    name === file ? ts.createSourceFile(name, text, version) : getSourceFile(name, version);
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(file))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

describe("the definitions of the seed document", () => {
  it("compile under strict TypeScript, and a mistake in them does not", () => {
    expect(typeErrors(TASK_FILE)).toEqual([]);
    expect(typeErrors(TASK_FILE.replace("onDone:", "onDoen:"))).toContainEqual(
      expect.stringContaining("'onDoen' does not exist in type 'TaskDefinitionParams<")
    );
  }, 60_000);

  it("say what the document says: public, private, 1000 and 500 iterations", () => {
    const { myPublicTaskDefinition, myPrivateTaskDefinition, syncArticles } = load(TASK_FILE);
    const { id, title, description, isPrivate, maxIterations } = syncArticles;
    expect({ id, title, description, isPrivate, maxIterations }).toEqual({
      id: "syncArticles",
      title: "Sync Articles",
      description: "A task which syncs Webiny articles with another system.",
      isPrivate: false,
      maxIterations: 1000
    });
    expect([myPublicTaskDefinition.isPrivate, myPublicTaskDefinition.maxIterations]).toEqual([false, 500]);
    expect([myPrivateTaskDefinition.isPrivate, myPrivateTaskDefinition.maxIterations]).toEqual([true, 500]);
  });

  it("run to success, public and private alike", async () => {
    const { myPublicTaskDefinition, myPrivateTaskDefinition, syncArticles } = load(TASK_FILE);
    const t = await createTestTasks([myPublicTaskDefinition, myPrivateTaskDefinition, syncArticles]);
    for (const definition of ["myPublicTask", "myPrivateTask", "syncArticles"]) {
      const task = await t.tasks.trigger({ definition });
      expect(task.taskStatus).toBe("pending");
      expect(await t.runToEnd(task)).toMatchObject({ status: "done", error: null });
      expect(await t.tasks.getTask(task.id)).toMatchObject({
        definitionId: definition,
        taskStatus: "success",
        iterations: 1
      });
      expect((await t.tasks.getLatestLog(task.id)).items.map(({ message }) => message)).toEqual(["Task done."]);
    }
  });

  it("run through the handler the document exports", async () => {
    const { handler } = load(TASK_FILE);
    const t = await createTestTasks([]);
    const task = await triggerIn(handler, t, { definition: "syncArticles" });
    const { state } = t.executionOf(task);
    expect(await handler(t.eventFor(state))).toEqual({ ...state, status: "done", events: 8 });
    expect(await t.tasks.getTask(task.id)).toMatchObject({ taskStatus: "success", name: "Sync Articles" });
  });
});

/** Points the handler at the storage, service and clock of the test, as the local runtime does, and triggers there. */
async function triggerIn(handler: LambdaHandler, t: TestTasks, params: { definition: string }) {
  const host = (handler as unknown as Record<symbol, Host>)[Symbol.for("@webiny/tasks:host")]!;
  host.override({ storage: t.storage, service: t.service, clock: t.clock, logLevel: "silent" });
  return (await host.createContext()).tasks.trigger(params);
}

describe("the hooks of the seed document", () => {
  /** What another system is told. */
  const told: unknown[] = [];
  beforeEach(() => (told.length = 0));

  type Input = { page?: number };
  type Output = { pages: number };
  // The same definition with code where the document has comments.
  const syncArticles = tasks.createTaskDefinition<TaskContext, Input, Output>({
    id: "syncArticles",
    title: "Sync Articles",
    description: "A task which syncs Webiny articles with another system.",
    maxIterations: 3,
    async run({ response, input }) {
      if (input.page === 1) {
        return response.done("Articles synced.", { pages: 1 });
      }
      return input.page === 2 ? response.error("The other system is down.") : response.continue({});
    },
    onBeforeTrigger: async ({ context, input }) => {
      const running = await context.tasks.listTasks({
        where: { definitionId: "syncArticles", taskStatus_in: ["pending", "running"] }
      });
      if (running.items.length > 0) {
        throw new Error("Articles are already syncing.");
      }
      told.push(["onBeforeTrigger", input]);
    },
    onDone: async ({ context, task }) => {
      told.push(["onDone", task.taskStatus, task.output, await storedStatus(context, task.id)]);
    },
    onError: async ({ context, task }) => {
      told.push(["onError", task.taskStatus, task.error?.message, await storedStatus(context, task.id)]);
    },
    onAbort: async ({ context, task }) => {
      told.push(["onAbort", task.taskStatus, task.abort?.reason, await storedStatus(context, task.id)]);
    },
    onMaxIterations: async ({ context, task }) => {
      told.push(["onMaxIterations", task.taskStatus, task.iterations, await storedStatus(context, task.id)]);
    }
  });
  const storedStatus = async (context: TaskContext, id: string) => (await context.tasks.getTask(id))?.taskStatus;

  async function run(input: JsonObject) {
    const t = await createTestTasks([syncArticles]);
    const task = await t.tasks.trigger({ definition: "syncArticles", input });
    return { t, task, state: await t.runToEnd(task) };
  }

  it("onBeforeTrigger cancels a second sync while one is running, and nothing of it is left", async () => {
    const t = await createTestTasks([syncArticles]);
    const first = await t.tasks.trigger({ definition: "syncArticles", input: { page: 1 } });
    await expect(t.tasks.trigger({ definition: "syncArticles" })).rejects.toThrow("Articles are already syncing.");
    expect((await t.tasks.listTasks()).items.map(({ id }) => id)).toEqual([first.id]);
    expect(t.executions.size).toBe(1);
    await t.runToEnd(first);
    await t.tasks.trigger({ definition: "syncArticles", input: { page: 2 } });
    expect(told).toEqual([
      ["onBeforeTrigger", { page: 1 }],
      ["onDone", "success", { pages: 1 }, "success"],
      ["onBeforeTrigger", { page: 2 }]
    ]);
  });

  it("onDone gets the finished task", async () => {
    const { state } = await run({ page: 1 });
    expect(state.status).toBe("done");
    expect(told).toEqual([
      ["onBeforeTrigger", { page: 1 }],
      ["onDone", "success", { pages: 1 }, "success"]
    ]);
  });

  it("onError gets the failed task", async () => {
    const { state } = await run({ page: 2 });
    expect(state).toMatchObject({ status: "error", error: { message: "The other system is down." } });
    expect(told.slice(1)).toEqual([["onError", "failed", "The other system is down.", "failed"]]);
  });

  it("onAbort gets the aborted task and why", async () => {
    const t = await createTestTasks([syncArticles]);
    const task = await t.tasks.trigger({ definition: "syncArticles" });
    await t.tasks.abort({ id: task.id, message: "Wrong articles." });
    expect(told.slice(1)).toEqual([["onAbort", "aborted", "Wrong articles.", "aborted"]]);
  });

  it("onMaxIterations runs when the iterations are used up, then onError", async () => {
    const { state } = await run({});
    expect(state).toMatchObject({ status: "error", error: { message: "Task reached max iterations." } });
    expect(told.slice(1)).toEqual([
      ["onMaxIterations", "failed", 3, "failed"],
      ["onError", "failed", "Task reached max iterations.", "failed"]
    ]);
  });

  it("get exactly the parameters of the document", async () => {
    const calls: string[] = [];
    const note =
      (name: string) =>
      async (params: object): Promise<void> =>
        void calls.push(`${name} ${Object.keys(params).sort().join(" ")}`);
    const hooked = tasks.createTaskDefinition({
      id: "hooked",
      title: "Hooked",
      maxIterations: 1,
      run: async ({ input, response }) =>
        input.end === "done" ? response.done() : input.end === "error" ? response.error("No.") : response.continue({}),
      onBeforeTrigger: note("onBeforeTrigger"),
      onDone: note("onDone"),
      onError: note("onError"),
      onAbort: note("onAbort"),
      onMaxIterations: note("onMaxIterations")
    });
    const t = await createTestTasks([hooked]);
    for (const end of ["done", "error", "never"]) {
      await t.runToEnd(await t.tasks.trigger({ definition: "hooked", input: { end } }));
    }
    await t.tasks.abort({ id: (await t.tasks.trigger({ definition: "hooked", input: {} })).id });
    expect(calls).toEqual([
      "onBeforeTrigger context data input",
      "onDone context task",
      "onBeforeTrigger context data input",
      "onError context task",
      "onBeforeTrigger context data input",
      "onMaxIterations context task",
      "onError context task",
      "onBeforeTrigger context data input",
      "onAbort context task"
    ]);
  });
});
