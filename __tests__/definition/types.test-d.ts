// Compiled, never run: `npm run check:types` is the test. Each `@ts-expect-error` fails when there is no error below it.
import * as z from "zod";
import {
  createContextPlugin,
  createHandler,
  createPrivateTaskDefinition,
  createTaskDefinition,
  createTaskInput,
  type Context,
  type IListTaskParams,
  type ITask,
  type ITaskBeforeTriggerParams,
  type ITaskDataInput,
  type ITaskDefinition,
  type ITaskDefinitionParams,
  type ITaskLog,
  type ITaskLogItem,
  type ITaskManagerStore,
  type ITaskOnAbortParams,
  type ITaskOnErrorParams,
  type ITaskOnMaxIterationsParams,
  type ITaskOnSuccessParams,
  type ITaskResponse,
  type ITaskResponseDoneResultOutput,
  type ITaskResponseResult,
  type ITaskRunParams,
  type ITasksContextObject,
  type ITaskTriggerParams,
  type TaskContext,
  TaskDataStatus,
  TaskLogItemType,
  TaskResponseStatus
} from "../../src/index.js";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** `exactly<Input>()(value)` compiles when the value's type is Input, and no wider or narrower one. */
function exactly<Expected>() {
  return <T>(_value: T, ..._differs: Same<T, Expected> extends true ? [] : [never]): void => undefined;
}

// ------------------------------------------------------------------ the definitions of Webiny's guide, verbatim
const myPublicTaskDefinition = createTaskDefinition({
  id: "myPublicTask",
  title: "A Task Accessible Via API",
  async run({ response }) {
    // your code here
    return response.done();
  }
});
const myPrivateTaskDefinition = createPrivateTaskDefinition({
  id: "myPrivateTask",
  title: "A Task Accessible Only Via The Code",
  async run({ response }) {
    // your code here
    return response.done();
  }
});
// Unused parameters are in the guide: a project that forbids them would have to name them otherwise.
const syncArticles = createTaskDefinition({
  id: "syncArticles",
  title: "Sync Articles",
  description: "A task which syncs Webiny articles with another system.",
  maxIterations: 1000,
  async run({ response }) {
    return response.done();
  },
  onBeforeTrigger: async ({ context, input }) => {
    exactly<TaskContext>()(context);
    exactly<Record<string, any>>()(input);
  },
  onDone: async ({ context, task }) => {
    await context.tasks.getTask(task.id);
  },
  onError: async ({ context, task }) => {
    await context.tasks.getTask(task.id);
  },
  onAbort: async ({ context, task }) => {
    await context.tasks.getTask(task.id);
  },
  onMaxIterations: async ({ context, task }) => {
    await context.tasks.getTask(task.id);
  }
});
export const handler = createHandler({ plugins: [myPublicTaskDefinition, [myPrivateTaskDefinition], syncArticles] });

// ------------------------------------------------------------------ <Context, Input, Output>
interface MyContext extends TaskContext {
  articles: { count(): number };
}
interface Input {
  page: number;
  tag?: string;
}
interface Output {
  synced: number;
}
export const typed = createTaskDefinition<MyContext, Input, Output>({
  id: "typed",
  title: "Typed",
  async run({ context, input, response, store, trigger, isAborted, isCloseToTimeout, signal }) {
    exactly<MyContext>()(context);
    exactly<Input>()(input);
    exactly<Input>()(store.getInput());
    exactly<Output | undefined>()(store.getOutput());
    exactly<number>()(context.articles.count());
    exactly<AbortSignal>()(signal);

    await store.updateInput({ page: 2 });
    await store.updateInput(({ page }) => ({ page: page + 1 }), { save: false });
    // @ts-expect-error: page is a number
    await store.updateInput({ page: "2" });
    await store.updateOutput({ synced: 1 });
    // @ts-expect-error: no such key
    await store.updateOutput({ sinced: 1 });
    await store.updateTask({ name: "Page 2", input: { page: 2 } });
    // @ts-expect-error: a status is not set by running code
    await store.updateTask({ taskStatus: "success" });

    const child = await trigger<{ of: string }>({ definition: "child", input: { of: "typed" }, delay: 5 });
    exactly<string>()(child.input.of);
    // @ts-expect-error: the parent is this task
    await trigger({ definition: "child", parent: { id: "other" } });
    const children = await store.listChildTasks<{ of: string }, Output>("child");
    exactly<Output | undefined>()((children.items[0] as (typeof children.items)[number]).output);

    if (isCloseToTimeout() || isCloseToTimeout(30)) {
      return response.continue({ page: input.page + 1 }, { seconds: 5 });
    }
    if (isAborted()) {
      return input.tag === undefined ? response.aborted() : response.abort();
    }
    // @ts-expect-error: page is a number
    response.continue({ page: "2" });
    // @ts-expect-error: one of the two
    response.continue({}, { minutes: 5 });
    // @ts-expect-error: synced is a number
    response.done("All.", { synced: "1" });
    // @ts-expect-error: synced is a number
    response.done({ synced: "1" });
    response.error(new Error("x"));
    response.error("x");
    response.error({ message: "x", code: "X", data: { a: 1 }, stack: "s" });
    // @ts-expect-error: an error has a message
    response.error({ code: "X" });
    response.continue({}, { date: new Date() });
    response.done();
    response.done("All.");
    return response.done("All.", { synced: 1 });
  },
  async onBeforeTrigger({ context, input, data }) {
    exactly<MyContext>()(context);
    exactly<Input>()(input);
    exactly<Input>()(data.input);
    exactly<string | undefined>()(data.parentId);
  },
  async onDone({ context, task }) {
    exactly<MyContext>()(context);
    exactly<Input>()(task.input);
    exactly<Output | undefined>()(task.output);
    // @ts-expect-error: the hook gets context and task
    await Promise.resolve(task.nothing);
  }
});

createTaskDefinition({
  id: "wrong",
  title: "Wrong",
  // @ts-expect-error: `run` returns what `response` gives
  async run() {
    return { done: true };
  }
});
// @ts-expect-error: `run` is required
createTaskDefinition({ id: "wrong", title: "Wrong" });
createTaskDefinition({
  id: "wrong",
  title: "Wrong",
  async run({ response }) {
    return response.done();
  },
  // @ts-expect-error: a mistyped hook
  async onDon() {}
});

// ------------------------------------------------------------------ triggering
export async function trigger(tasks: ITasksContextObject): Promise<void> {
  const params = createTaskInput<Input>({ id: "typed", input: { page: 1 } });
  const task = await tasks.trigger({ ...params, name: "Named", delay: 60, parent: { id: "parent" } });
  exactly<Input>()(task.input);
  // @ts-expect-error: page is a number
  createTaskInput<Input>({ id: "typed", input: { page: "1" } });
  const { items, meta } = await tasks.listTasks<Input, Output>({
    where: { definitionId: "typed", taskStatus_in: ["pending", "running"], createdOn_gte: "2026-01-01T00:00:00.000Z" },
    sort: ["createdOn_DESC"],
    limit: 10
  });
  exactly<Output | undefined>()((items[0] as (typeof items)[number]).output);
  exactly<string | null>()(meta.cursor);
  // @ts-expect-error: no such field
  await tasks.listTasks({ where: { colour: "red" } });
  // @ts-expect-error: no such status
  await tasks.listTasks({ where: { taskStatus: "done" } });
}

export const extended = createContextPlugin<MyContext>(context => {
  exactly<MyContext>()(context);
  context.articles = { count: () => 1 };
});

// ------------------------------------------------------------------ Webiny's names, as its task files use them
export class ClassDefinition implements ITaskDefinitionParams<Context, Input, Output> {
  id = "classDefinition";
  title = "Class Definition";
  async run({ response, input }: ITaskRunParams<Context, Input, Output>): Promise<ITaskResponseResult<Input, Output>> {
    return response.done({ synced: input.page });
  }
  async onBeforeTrigger({ input }: ITaskBeforeTriggerParams<Context, Input>): Promise<void> {
    exactly<Input>()(input);
  }
  async onDone({ task }: ITaskOnSuccessParams<Context, Input, Output>): Promise<void> {
    exactly<ITask<Input, Output>>()(task);
  }
  async onError({ task }: ITaskOnErrorParams<Context, Input, Output>): Promise<void> {
    exactly<ITask<Input, Output>>()(task);
  }
  async onAbort({ task }: ITaskOnAbortParams<Context, Input, Output>): Promise<void> {
    exactly<ITask<Input, Output>>()(task);
  }
  async onMaxIterations({ task }: ITaskOnMaxIterationsParams<Context, Input, Output>): Promise<void> {
    exactly<ITask<Input, Output>>()(task);
  }
}
createTaskDefinition(new ClassDefinition());

export function names(
  store: ITaskManagerStore<Input, Output>,
  response: ITaskResponse<Input, Output>,
  definition: ITaskDefinition,
  list: IListTaskParams,
  params: ITaskTriggerParams<Input>,
  log: ITaskLog
): void {
  exactly<ITask<Input, Output>>()(store.getTask());
  exactly<"aborted">()(response.aborted().status);
  exactly<number>()(definition.maxIterations);
  exactly<number | undefined>()(list.limit);
  exactly<string>()(params.definition);
  exactly<ITaskLogItem[]>()(log.items);
  exactly<Record<string, any>>()(null as unknown as ITaskDataInput);
  exactly<Record<string, any>>()(null as unknown as ITaskResponseDoneResultOutput);
  exactly<"running">()(TaskDataStatus.RUNNING);
  exactly<"continue">()(TaskResponseStatus.CONTINUE);
  exactly<"info">()(TaskLogItemType.INFO);
  exactly<"pending" | "running" | "failed" | "success" | "aborted">()(null as unknown as TaskDataStatus);
}

// ------------------------------------------------------------------ an input schema
const resizeImages = createTaskDefinition({
  id: "resizeImages",
  title: "Resize images",
  inputSchema: z.object({ folder: z.string(), width: z.number().default(800) }),
  async run({ input, response }) {
    exactly<string>()(input.folder);
    exactly<number>()(input.width);
    return response.continue({ width: input.width / 2 });
  },
  async onDone({ task }) {
    exactly<number>()(task.input.width);
  }
});
createTaskDefinition<TaskContext, { folder: string }, { count: number }>({
  id: "typed",
  title: "Typed",
  inputSchema: z.object({ folder: z.string() }),
  run: async ({ input, response }) => response.done({ count: input.folder.length })
});
createTaskDefinition<TaskContext, { folder: number }>({
  id: "otherwise",
  title: "Otherwise",
  // @ts-expect-error: the schema gives another type than the one named
  inputSchema: z.object({ folder: z.string() }),
  run: async ({ response }) => response.done()
});
export async function triggerBySchema(tasks: ITasksContextObject): Promise<void> {
  await tasks.trigger({ definition: resizeImages, input: { folder: "summer" } });
  await tasks.trigger({ definition: resizeImages, input: { folder: "summer", width: 5 }, delay: 3 });
  // @ts-expect-error: the folder is missing
  await tasks.trigger({ definition: resizeImages, input: { width: 5 } });
  // @ts-expect-error: the width is a number
  await tasks.trigger({ definition: resizeImages, input: { folder: "summer", width: "5" } });
}
