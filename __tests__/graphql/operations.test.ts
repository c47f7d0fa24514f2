import { createPrivateTaskDefinition, createTaskDefinition } from "../../src/index.js";
import { createTestApi } from "../helpers/createTestApi.js";

const paging = createTaskDefinition({
  id: "paging",
  title: "Page through",
  description: "Reads page by page.",
  fields: [{ fieldId: "page", type: "number" }],
  async run({ input, store, response, trigger }) {
    await store.addInfoLog({ message: `Page ${input.page}.`, data: { page: input.page } });
    if (input.child) {
      await trigger({ definition: "paging", input: { page: 9 }, name: "Child" });
    }
    return input.page < (input.pages ?? 0)
      ? response.continue({ page: input.page + 1, child: false })
      : response.done("All paged.", { pages: input.page });
  }
});
const failing = createTaskDefinition({
  id: "failing",
  title: "Fail",
  async run({ store, response }) {
    await store.addErrorLog({ message: "It went wrong.", error: new Error("No disk.") });
    return response.error(Object.assign(new Error("No disk."), { code: "DISK", data: { left: 0 } }));
  }
});
const hidden = createPrivateTaskDefinition({
  id: "hidden",
  title: "Hidden",
  async run({ response }) {
    return response.done();
  }
});
const definitions = [paging, failing, hidden];

const TASK = /* GraphQL */ `
  fragment task on WebinyBackgroundTask {
    id
    createdOn
    savedOn
    createdBy {
      id
      displayName
      type
    }
    name
    definitionId
    executionName
    input
    output
    taskStatus
    startedOn
    finishedOn
    eventResponse
    iterations
    parentId
    message
    error {
      message
      code
      data
      stack
    }
    abort {
      by {
        id
      }
      reason
    }
    execution
    attempt
    nextAt
    recent {
      startedOn
      durationMs
    }
    isPrivate
    logs {
      id
      createdOn
      createdBy {
        id
      }
      executionName
      iteration
      items {
        message
        createdOn
        type
        data
        error
      }
      task {
        id
        name
      }
    }
  }
`;
const TRIGGER = /* GraphQL */ `
  mutation ($definition: WebinyBackgroundTaskDefinitionEnum!, $input: JSON, $name: String, $delay: Number) {
    backgroundTasks {
      triggerTask(definition: $definition, input: $input, name: $name, delay: $delay) {
        data {
          ...task
        }
        error {
          message
          code
          data
          stack
        }
      }
    }
  }
  ${TASK}
`;
const GET = `query ($id: ID!) { backgroundTasks { getTask(id: $id) { data { ...task } error { message code data stack } } } } ${TASK}`;
const LIST = /* GraphQL */ `
  query (
    $where: WebinyBackgroundTaskListWhereInput
    $sort: [WebinyBackgroundTaskListSorter!]
    $limit: Int
    $after: String
    $search: String
  ) {
    backgroundTasks {
      listTasks(where: $where, sort: $sort, limit: $limit, after: $after, search: $search) {
        data {
          id
          name
          taskStatus
        }
        meta {
          cursor
          hasMoreItems
          totalCount
          totalCountIsExact
        }
        error {
          message
          code
          data
        }
      }
    }
  }
`;
const LIST_LOGS = /* GraphQL */ `
  query (
    $where: WebinyBackgroundTaskLogListWhereInput
    $sort: [WebinyBackgroundTaskLogListSorter!]
    $limit: Int
    $after: String
    $search: String
  ) {
    backgroundTasks {
      listLogs(where: $where, sort: $sort, limit: $limit, after: $after, search: $search) {
        data {
          id
          iteration
          items {
            message
            type
            error
          }
          task {
            id
            name
          }
        }
        meta {
          cursor
          hasMoreItems
          totalCount
        }
        error {
          message
          code
        }
      }
    }
  }
`;
const ABORT = `mutation ($id: ID!, $message: String) { backgroundTasks { abortTask(id: $id, message: $message) { data { id taskStatus abort { by { id } reason } } error { message code } } } }`;
const DELETE = `mutation ($id: ID!) { backgroundTasks { deleteTask(id: $id) { data error { message code } } } }`;

describe("the operations", () => {
  it("trigger a task, with every field of it, and show it again when it is done", async () => {
    const t = await createTestApi(definitions);
    const triggered = await t.ask(TRIGGER, { definition: "paging", input: { page: 1, pages: 2 }, name: "Two pages" });
    expect(triggered).toEqual({
      data: {
        id: expect.stringMatching(/^[0-9A-Z]{26}$/),
        createdOn: "2026-01-01T00:00:00.000Z",
        savedOn: "2026-01-01T00:00:00.000Z",
        createdBy: { id: "admin", displayName: "ADMIN", type: "test" },
        name: "Two pages",
        definitionId: "paging",
        executionName: "",
        input: { page: 1, pages: 2 },
        output: null,
        taskStatus: "pending",
        startedOn: null,
        finishedOn: null,
        eventResponse: { executionArn: expect.stringContaining("paging") },
        iterations: 0,
        parentId: null,
        message: null,
        error: null,
        abort: null,
        execution: 1,
        attempt: 0,
        nextAt: null,
        recent: [],
        isPrivate: false,
        logs: []
      },
      error: null
    });
    await t.runToEnd(triggered.data);
    const { data, error } = await t.ask(GET, { id: triggered.data.id });
    expect(error).toBeNull();
    expect(data).toMatchObject({
      taskStatus: "success",
      output: { pages: 2 },
      iterations: 2,
      message: "All paged.",
      startedOn: "2026-01-01T00:00:00.000Z",
      recent: [{ durationMs: 0 }, { durationMs: 0 }]
    });
    expect(data.logs.map((log: any) => [log.iteration, log.items.map((item: any) => item.message), log.task])).toEqual([
      [2, ["Page 2.", "All paged."], { id: data.id, name: "Two pages" }],
      [1, ["Page 1."], { id: data.id, name: "Two pages" }]
    ]);
  });

  it("trigger with a delay, and take null for what is left out", async () => {
    const t = await createTestApi(definitions);
    const { data } = await t.ask(TRIGGER, { definition: "paging", input: null, name: null, delay: 60 });
    expect(data).toMatchObject({ name: "Page through", input: {}, nextAt: "2026-01-01T00:01:00.000Z" });
  });

  it("list tasks: newest first, filtered, sorted, searched, page by page", async () => {
    const t = await createTestApi(definitions);
    for (const name of ["One", "Two", "Three"]) {
      await t.ask(TRIGGER, { definition: "paging", input: { page: 1 }, name });
      await t.clock.advance(1_000);
    }
    const names = async (variables: object) => {
      const { data, error } = await t.ask(LIST, variables);
      expect(error).toBeNull();
      return data.map(({ name }: { name: string }) => name);
    };
    expect(await names({})).toEqual(["Three", "Two", "One"]);
    expect(await names({ sort: ["createdOn_ASC"] })).toEqual(["One", "Two", "Three"]);
    expect(await names({ search: "t" })).toEqual(["Three", "Two"]);
    expect(await names({ where: { taskStatus: "running" } })).toEqual([]);
    expect(await names({ where: { createdOn_gte: "2026-01-01T00:00:02Z" } })).toEqual(["Three"]);
    const first = await t.ask(LIST, { limit: 2 });
    expect(first.meta).toMatchObject({ hasMoreItems: true, totalCount: 3, totalCountIsExact: true });
    expect(await names({ limit: 2, after: first.meta.cursor })).toEqual(["One"]);
  });

  it("list children, and give each its parent's id", async () => {
    const t = await createTestApi(definitions);
    const { data: parent } = await t.ask(TRIGGER, { definition: "paging", input: { page: 1, child: true } });
    await t.runToEnd(parent);
    const query = `query ($id: String) { backgroundTasks { listTasks(where: { parentId: $id }) { data { name parentId } } } }`;
    expect(await t.ask(query, { id: parent.id })).toEqual({ data: [{ name: "Child", parentId: parent.id }] });
  });

  it("list the definitions, `testingRun` first", async () => {
    const t = await createTestApi(definitions);
    const query = `{ backgroundTasks { listDefinitions { data { id title description fields inputSchema isPrivate maxIterations } error { message } } } }`;
    const { data } = await t.ask(query);
    expect(data.map(({ id }: { id: string }) => id)).toEqual(["testingRun", "paging", "failing", "hidden"]);
    expect(data[1]).toEqual({
      id: "paging",
      title: "Page through",
      description: "Reads page by page.",
      fields: [{ fieldId: "page", type: "number" }],
      inputSchema: null,
      isPrivate: false,
      maxIterations: 500
    });
  });

  it("list logs of one task or of all, with their tasks", async () => {
    const t = await createTestApi(definitions);
    const { data: task } = await t.ask(TRIGGER, { definition: "paging", input: { page: 1, pages: 3 } });
    await t.runToEnd(task);
    const { data: failed } = await t.ask(TRIGGER, { definition: "failing" });
    await t.runToEnd(failed);
    const { data, meta } = await t.ask(LIST_LOGS, { where: { task: task.id, iteration_gt: 1 } });
    expect(data.map((log: any) => log.iteration)).toEqual([3, 2]);
    expect(data[0].task).toEqual({ id: task.id, name: "Page through" });
    expect(meta).toEqual({ cursor: null, hasMoreItems: false, totalCount: 2 });
    const all = await t.ask(LIST_LOGS, { sort: ["createdOn_ASC"], limit: 2 });
    expect(all.data.map((log: any) => log.id)).toEqual([`${task.id}.1`, `${task.id}.2`]);
    const rest = await t.ask(LIST_LOGS, { sort: ["createdOn_ASC"], limit: 2, after: all.meta.cursor });
    expect(rest.data.map((log: any) => log.id)).toEqual([`${task.id}.3`, `${failed.id}.1`]);
    expect(await t.ask(LIST_LOGS, { search: "Page" })).toMatchObject({
      data: null,
      error: { code: "INVALID_ARGUMENT", message: expect.stringContaining("Logs can't be searched") }
    });
  });

  it("abort a task, in the caller's name", async () => {
    const t = await createTestApi(definitions);
    const { data } = await t.ask(TRIGGER, { definition: "paging" }, { authorization: "editor" });
    expect(await t.ask(ABORT, { id: data.id, message: "Enough." }, { authorization: "editor" })).toEqual({
      data: { id: data.id, taskStatus: "aborted", abort: { by: { id: "editor" }, reason: "Enough." } },
      error: null
    });
    expect(await t.ask(ABORT, { id: data.id })).toMatchObject({
      data: null,
      error: { code: "TASK_ABORT_ERROR", message: "Cannot abort a task that is not pending or running!" }
    });
    const { data: next } = await t.ask(TRIGGER, { definition: "paging" });
    expect((await t.ask(ABORT, { id: next.id, message: null })).data.abort.reason).toBe("Task aborted.");
  });

  it("abort a task and leave its children", async () => {
    const t = await createTestApi(definitions);
    const { data: parent } = await t.ask(TRIGGER, { definition: "paging" });
    const child = await t.tasks.trigger({ definition: "paging", parent: { id: parent.id } });
    const leaving = `mutation ($id: ID!, $children: WebinyBackgroundTaskAbortChildren) {
      backgroundTasks { abortTask(id: $id, children: $children) { data { taskStatus abort { reason children } } } }
    }`;
    expect(await t.ask(leaving, { id: parent.id, children: "leave" })).toEqual({
      data: { taskStatus: "aborted", abort: { reason: "Task aborted.", children: "leave" } }
    });
    expect((await t.tasks.getTask(child.id))?.taskStatus).toBe("pending");
    expect(await t.ask(leaving, { id: child.id, children: null })).toMatchObject({
      data: { abort: { children: "abort" } }
    });
    const { errors } = await t.send({ query: leaving, variables: { id: child.id, children: "keep" } });
    expect(errors?.[0]).toMatchObject({ extensions: { code: "INVALID_REQUEST" } });
  });

  it("delete a task", async () => {
    const t = await createTestApi(definitions);
    const { data } = await t.ask(TRIGGER, { definition: "paging" });
    expect(await t.ask(DELETE, { id: data.id })).toEqual({ data: true, error: null });
    expect(await t.ask(GET, { id: data.id })).toMatchObject({ data: null, error: { code: "NOT_FOUND" } });
    expect(await t.ask(DELETE, { id: data.id })).toMatchObject({ data: null, error: { code: "NOT_FOUND" } });
  });

  it("show a failed task's error everywhere without its stack, with debug with it", async () => {
    for (const debug of [false, true]) {
      const t = await createTestApi(definitions, { debug });
      const { data } = await t.ask(TRIGGER, { definition: "failing" });
      await t.runToEnd(data);
      const { data: task } = await t.ask(GET, { id: data.id });
      expect(task.error).toMatchObject({ code: "DISK", message: "No disk.", data: { left: 0 } });
      expect(task.output.error).toMatchObject({ code: "DISK", message: "No disk." });
      const [line] = task.logs[0].items;
      expect(line).toMatchObject({ message: "It went wrong.", type: "error", error: { message: "No disk." } });
      for (const error of [task.error, task.output.error, line.error]) {
        expect(typeof error.stack === "string").toBe(debug);
      }
    }
  });
});

describe("what lists cost", () => {
  async function stored(count: number) {
    const t = await createTestApi(definitions);
    for (let at = 0; at < count; at++) {
      const { data } = await t.ask(TRIGGER, { definition: "paging", input: { page: 1 } });
      await t.runToEnd(data);
    }
    t.storage.reset();
    return t;
  }
  const list = (limit: number, selected: string) =>
    `{ backgroundTasks { listTasks(limit: ${limit}) { data { id } ${selected} error { code message } } } }`;

  it("count only when the total is selected, in a fragment too", async () => {
    const t = await stored(12);
    await t.ask(list(5, "meta { cursor hasMoreItems }"));
    const without = t.storage.counts().requests;
    t.storage.reset();
    const { meta } = await t.ask(
      list(5, "meta { ... on WebinyBackgroundTaskMeta { ...m } }") +
        " fragment m on WebinyBackgroundTaskMeta { totalCount totalCountIsExact }"
    );
    expect(meta).toEqual({ totalCount: 12, totalCountIsExact: true });
    expect(t.storage.counts().requests).toBeGreaterThan(without);
  });

  it("read logs only when they are selected: a query for each task of the page", async () => {
    const t = await stored(8);
    await t.ask(list(8, ""));
    const without = t.storage.counts().requests;
    t.storage.reset();
    await t.ask(`{ backgroundTasks { listTasks(limit: 8) { data { logs { id } } } } }`);
    // The record of each, and its batches.
    expect(t.storage.counts().requests - without).toBe(16);
  });

  it("refuse the logs of more than 50 tasks, and of a log's own task", async () => {
    const t = await createTestApi(definitions);
    for (let at = 0; at < 51; at++) {
      await t.tasks.createTask({ definitionId: "paging", name: `Task ${at}`, input: {} });
    }
    const { data, errors } = await t.send({
      query: `{ backgroundTasks { listTasks(limit: 51) { data { id logs { id } } } } }`
    });
    expect(data.backgroundTasks.listTasks.data).toHaveLength(51);
    expect(errors?.[0]).toMatchObject({ extensions: { code: "INVALID_LIMIT" } });
    const fine = await t.send({ query: `{ backgroundTasks { listTasks(limit: 50) { data { id logs { id } } } } }` });
    expect(fine.errors).toBeUndefined();
    const { data: task } = await t.ask(TRIGGER, { definition: "paging", input: { page: 1 } });
    await t.runToEnd(task);
    const nested = await t.send({
      query: `{ backgroundTasks { getTask(id: "${task.id}") { data { logs { task { logs { id } } } } } } }`
    });
    expect(nested.errors?.[0]).toMatchObject({ extensions: { code: "INVALID_REQUEST" } });
  });
});
