// Compiled, never run: `npm run check:types` is the test. Each `@ts-expect-error` fails when there is no error below it.
import { z } from "zod";
import { createTasksClient, type JsonObject, type Task, type TaskLog } from "../../src/client/index.js";
import { createPrivateTaskDefinition, createTaskDefinition, type TaskContext } from "../../src/index.js";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function exactly<Expected>() {
  return <T>(_value: T, ..._differs: Same<T, Expected> extends true ? [] : [never]): void => undefined;
}

interface SyncInput {
  page: number;
  dry?: boolean;
}
interface MyContext extends TaskContext {
  articles: { list(): string[] };
}
export const definitions = {
  syncArticles: createTaskDefinition<MyContext, SyncInput, { articles: number }>({
    id: "syncArticles",
    title: "Sync articles",
    run: async ({ response }) => response.done({ articles: 1 })
  }),
  resizeImages: createPrivateTaskDefinition<TaskContext, { folder?: string }, { images: string[] }>({
    id: "resizeImages",
    title: "Resize images",
    run: async ({ response }) => response.done({ images: [] })
  }),
  checked: createTaskDefinition({
    id: "checked",
    title: "Checked",
    inputSchema: z.object({ folder: z.string(), width: z.number().default(800) }),
    run: async ({ response }) => response.done()
  }),
  plain: createTaskDefinition({ id: "plain", title: "Plain", run: async ({ response }) => response.done() })
};

export async function typed(): Promise<void> {
  const client = createTasksClient<typeof definitions>({ url: "http://127.0.0.1:4000/graphql" });
  const task = await client.trigger({ definition: "syncArticles", input: { page: 1 }, name: "Nightly", delay: 60 });
  exactly<number>()(task.input.page);
  exactly<number | undefined>()(task.output?.articles);
  exactly<"syncArticles">()(task.definitionId);
  const asTask = (one: Task<SyncInput, { articles: number }>) => one.output?.articles;
  asTask(task);
  // Every key of its input may be missing, so the input may be, too.
  await client.trigger({ definition: "resizeImages" });
  await client.trigger({ definition: "plain", input: { anything: [1] } });
  // What has a default may be left out, and is there afterwards.
  const checked = await client.trigger({ definition: "checked", input: { folder: "summer" } });
  exactly<number>()(checked.input.width);
  // @ts-expect-error: it has no default
  await client.trigger({ definition: "checked", input: { width: 1 } });
  // @ts-expect-error: the input is required
  await client.trigger({ definition: "syncArticles" });
  // @ts-expect-error: of the wrong type
  await client.trigger({ definition: "syncArticles", input: { page: "1" } });
  // @ts-expect-error: unknown key
  await client.trigger({ definition: "resizeImages", input: { folders: "a" } });
  // @ts-expect-error: unknown id
  await client.trigger({ definition: "syncArticle", input: { page: 1 } });

  const found = await client.getTask<"resizeImages">("id");
  exactly<string[] | undefined>()(found?.output?.images);
  const any = await client.getTask("id");
  if (any?.definitionId === "syncArticles") {
    exactly<number>()(any.input.page);
  }
  const ended = await client.waitFor<"syncArticles">("id", { onUpdate: ({ input }) => exactly<number>()(input.page) });
  exactly<number | undefined>()(ended.output?.articles);
  for await (const one of client.listTasks<"resizeImages">({ where: { definitionId: "resizeImages" } })) {
    exactly<string[] | undefined>()(one.output?.images);
  }
  for await (const log of client.listLogs({ where: { task: "id" } })) {
    exactly<TaskLog>()(log);
  }
  for await (const { meta } of client.listTasks().pages({ count: true })) {
    exactly<number>()(meta.totalCount);
  }
  for await (const { meta } of client.listTasks().pages()) {
    // @ts-expect-error: not counted
    meta.totalCount.toFixed();
  }
  // @ts-expect-error: no such status
  client.listTasks({ where: { taskStatus: "done" } });
}

export async function untyped(): Promise<void> {
  const client = createTasksClient({
    url: "http://127.0.0.1:4000/graphql",
    headers: async () => ({ authorization: "x" }),
    fetch
  });
  const task = await client.trigger({ definition: "whatever", input: { page: 1 } });
  exactly<JsonObject>()(task.input);
  exactly<"whatever">()(task.definitionId);
  await client.trigger({ definition: "whatever" });
  // @ts-expect-error: an input is an object
  await client.trigger({ definition: "whatever", input: 1 });
  // @ts-expect-error: as is a URL needed
  createTasksClient({});
}
