import { tasksResolvers } from "../../src/graphql/resolvers.js";
import { createPrivateTaskDefinition, createTaskDefinition } from "../../src/index.js";
import { CALLERS, createTestApi } from "../helpers/createTestApi.js";

const seen: unknown[] = [];
const open = createTaskDefinition<any>({
  id: "open",
  title: "Open",
  async run({ context, response, store, trigger, input }) {
    seen.push([context.security.getIdentity().id, await context.security.getPermissions("tasks")]);
    await store.addInfoLog({ message: "Seen." });
    if (input.child) {
      await trigger({ definition: input.child, name: "Child" });
    }
    return response.done();
  },
  async onDone({ context }) {
    seen.push([context.security.getIdentity()?.id, await context.security.getPermissions("tasks")]);
  }
});
const secret = createPrivateTaskDefinition({
  id: "secret",
  title: "Secret",
  async run({ response, store, trigger }) {
    await store.addInfoLog({ message: "Secret." });
    await trigger({ definition: "open", name: "Child of a secret" });
    return response.done();
  }
});

/** Everything an operation may be asked of, for a task of a public definition and one of a private. */
async function world() {
  const t = await createTestApi([open, secret]);
  const [shown, hidden] = [
    await t.tasks.trigger({ definition: "open", name: "Shown" }),
    await t.tasks.trigger({ definition: "secret", name: "Hidden" })
  ];
  for (const task of [shown, hidden]) {
    await t.runToEnd(task);
  }
  const [shownActive, hiddenActive] = [
    await t.tasks.trigger({ definition: "open", name: "Shown, active" }),
    await t.tasks.trigger({ definition: "secret", name: "Hidden, active" })
  ];
  return { t, shown, hidden, shownActive, hiddenActive };
}
type World = Awaited<ReturnType<typeof world>>;

const OPERATIONS: [string, "r" | "w" | "d", (w: World, isPrivate: boolean) => string][] = [
  [
    "getTask",
    "r",
    (w, p) =>
      `{ backgroundTasks { getTask(id: "${p ? w.hidden.id : w.shown.id}") { data { name } error { code message } } } }`
  ],
  [
    "listTasks",
    "r",
    (w, p) =>
      `{ backgroundTasks { listTasks(where: { id: "${p ? w.hidden.id : w.shown.id}" }) { data { name } error { code } } } }`
  ],
  [
    "listLogs",
    "r",
    (w, p) =>
      `{ backgroundTasks { listLogs(where: { task: "${p ? w.hidden.id : w.shown.id}" }) { data { id } error { code } } } }`
  ],
  ["listDefinitions", "r", () => `{ backgroundTasks { listDefinitions { data { id } error { code } } } }`],
  [
    "triggerTask",
    "w",
    () => `mutation { backgroundTasks { triggerTask(definition: open) { data { name } error { code } } } }`
  ],
  [
    "abortTask",
    "w",
    (w, p) =>
      `mutation { backgroundTasks { abortTask(id: "${p ? w.hiddenActive.id : w.shownActive.id}") { data { name } error { code message } } } }`
  ],
  [
    "deleteTask",
    "d",
    (w, p) =>
      `mutation { backgroundTasks { deleteTask(id: "${p ? w.hidden.id : w.shown.id}") { data error { code message } } } }`
  ]
];

const may = (caller: string, operation: "r" | "w" | "d") =>
  (CALLERS[caller] ?? []).some(
    ({ name, rwd }) => ["tasks", "*"].includes(name) && (rwd === undefined || rwd.includes(operation))
  );
const seesPrivate = (caller: string, operation: "r" | "w" | "d") =>
  (CALLERS[caller] ?? []).some(
    permission => permission.private && (permission.rwd === undefined || permission.rwd.includes(operation))
  );

describe.each(Object.keys(CALLERS))("%s", caller => {
  it.each(OPERATIONS)("%s", async (name, operation, query) => {
    for (const isPrivate of [false, true]) {
      const w = await world();
      const answer = await w.t.ask(query(w, isPrivate), {}, { authorization: caller });
      if (!may(caller, operation)) {
        expect(answer).toMatchObject({ data: null, error: { code: "NOT_AUTHORIZED" } });
        continue;
      }
      const isThere = !isPrivate || seesPrivate(caller, operation);
      switch (name) {
        case "listTasks":
        case "listLogs":
          expect(answer.error).toBeNull();
          expect(answer.data).toHaveLength(isThere ? 1 : 0);
          break;
        case "listDefinitions":
          expect(answer.data.map(({ id }: { id: string }) => id)).toEqual(
            seesPrivate(caller, "r") ? ["testingRun", "open", "secret"] : ["testingRun", "open"]
          );
          break;
        case "triggerTask":
          expect(answer).toMatchObject({ data: { name: "Open" }, error: null });
          break;
        default:
          expect(answer.error?.code ?? null).toBe(isThere ? null : "NOT_FOUND");
      }
      // What was refused, or was not there, is as it was.
      if (isPrivate && !isThere) {
        expect((await w.t.tasks.getTask(w.hidden.id))?.taskStatus).toBe("success");
        expect((await w.t.tasks.getTask(w.hiddenActive.id))?.taskStatus).toBe("pending");
      }
    }
  });
});

describe("a private task", () => {
  it("answers as one that does not exist, to the letter", async () => {
    const { t, hidden } = await world();
    const reader = { authorization: "reader" };
    const query =
      "query ($id: ID!) { backgroundTasks { getTask(id: $id) { data { id } error { code message data stack } } } }";
    const [there, absent] = [
      await t.ask(query, { id: hidden.id }, reader),
      await t.ask(query, { id: "X".repeat(26) }, reader)
    ];
    expect(JSON.stringify(there)).toBe(JSON.stringify(absent).replaceAll("X".repeat(26), hidden.id));
  });

  it("can't be triggered from outside by anybody; its definition is as one that does not exist", async () => {
    const t = await createTestApi([open, secret]);
    const trigger = (id: string) => `mutation { backgroundTasks { triggerTask(definition: ${id}) { data { id } } } }`;
    const byVariable =
      "mutation ($d: WebinyBackgroundTaskDefinitionEnum!) { backgroundTasks { triggerTask(definition: $d) { data { id } } } }";
    for (const authorization of ["admin", "everything"]) {
      for (const [there, absent] of [
        [
          await t.send({ query: trigger("secret") }, { authorization }),
          await t.send({ query: trigger("absent") }, { authorization })
        ],
        [
          await t.send({ query: byVariable, variables: { d: "secret" } }, { authorization }),
          await t.send({ query: byVariable, variables: { d: "absent" } }, { authorization })
        ]
      ] as const) {
        expect(there.errors?.[0]).toMatchObject({ extensions: { code: "INVALID_REQUEST" } });
        expect(JSON.stringify(there.errors).replaceAll("secret", "absent")).toBe(JSON.stringify(absent.errors));
      }
    }
    // Also where a schema is older than the definitions.
    const context = await t.host.createContext({
      tenant: "root",
      locale: "en-US",
      permissions: [{ name: "tasks", private: true } as { name: string }]
    });
    const resolve = tasksResolvers.WebinyBackgroundTaskMutation.triggerTask;
    const [there, absent] = [
      await resolve(undefined, { definition: "secret" }, context),
      await resolve(undefined, { definition: "absent" }, context)
    ];
    expect(there).toMatchObject({ data: null, error: { code: "TASK_DEFINITION_ERROR", data: { id: "secret" } } });
    expect(JSON.stringify(there).replaceAll("secret", "absent")).toBe(JSON.stringify(absent));
    expect((await t.tasks.listTasks()).items).toEqual([]);
  });

  it("is not counted, not listed under a status, and not found by its children", async () => {
    const { t, hidden } = await world();
    const list = async (args: string, authorization: string) =>
      t.ask(
        `{ backgroundTasks { listTasks(${args}) { data { name parentId } meta { totalCount hasMoreItems } error { code } } } }`,
        {},
        { authorization }
      );
    expect(await list("limit: 1", "reader")).toMatchObject({ meta: { totalCount: 3, hasMoreItems: true } });
    expect(await list("limit: 1", "auditor")).toMatchObject({ meta: { totalCount: 5 } });
    const pending = await list(`where: { taskStatus: "pending" }`, "reader");
    expect(pending.data.map(({ name }: { name: string }) => name)).toEqual(["Shown, active", "Child of a secret"]);
    expect(await list(`where: { definitionId: "secret" }`, "reader")).toMatchObject({ data: [] });
    // The child of a private task is public, its parent is not told.
    expect(pending.data[1].parentId).toBeNull();
    expect((await list(`where: { parentId: "${hidden.id}" }`, "reader")).data).toEqual([]);
    expect((await list(`where: { parentId_in: ["${hidden.id}"] }`, "reader")).data).toEqual([]);
    expect((await list(`where: { parentId: "${hidden.id}" }`, "auditor")).data).toEqual([
      { name: "Child of a secret", parentId: hidden.id }
    ]);
  });

  it("is not found through cursors of somebody who sees more", async () => {
    const { t } = await world();
    const query =
      "query ($after: String) { backgroundTasks { listTasks(limit: 1, after: $after) { data { name } meta { cursor } error { code } } } }";
    const { meta } = await t.ask(query, {}, { authorization: "auditor" });
    expect(await t.ask(query, { after: meta.cursor }, { authorization: "reader" })).toMatchObject({
      data: null,
      error: { code: "INVALID_CURSOR" }
    });
  });
});

describe("context.security", () => {
  it("gives the permissions of the name that is asked for, and those for every name", async () => {
    const t = await createTestApi([]);
    const { security } = (await t.host.createContext({
      tenant: "root",
      locale: "en-US",
      permissions: [{ name: "tasks" }, { name: "articles" }, { name: "*" }]
    })) as any;
    expect(await security.getPermissions("tasks")).toEqual([{ name: "tasks" }, { name: "*" }]);
    expect(await security.getPermissions("users")).toEqual([{ name: "*" }]);
    expect(await security.withoutAuthorization(() => security.getPermissions("users"))).toEqual([{ name: "*" }]);
  });
});

describe("the runner", () => {
  it("acts as the task's creator with authorization off, and nobody else does", async () => {
    seen.length = 0;
    const t = await createTestApi([open, secret]);
    const { data } = await t.ask(
      "mutation { backgroundTasks { triggerTask(definition: open) { data { id definitionId createdBy { id } } } } }",
      {},
      { authorization: "trigger" }
    );
    expect(data.createdBy).toEqual({ id: "trigger" });
    await t.runToEnd(data);
    expect(seen).toEqual([
      ["trigger", [{ name: "*" }]],
      ["trigger", [{ name: "*" }]]
    ]);
    // The caller's own request has the caller's permissions, also after hooks ran in one of theirs.
    expect(
      await t.ask("{ backgroundTasks { listTasks { data { id } error { code } } } }", {}, { authorization: "trigger" })
    ).toMatchObject({ error: { code: "NOT_AUTHORIZED" } });
  });
});

describe("tenants", () => {
  const names = "{ backgroundTasks { listTasks { data { name } error { code } } } }";
  const trigger =
    "mutation ($name: String) { backgroundTasks { triggerTask(definition: open, name: $name) { data { id } } } }";

  it("see their own tasks only, by the headers for tenant and locale", async () => {
    const t = await createTestApi([open]);
    const worlds = [
      {},
      { "x-tenant": "acme" },
      { "x-tenant": "acme", "x-webiny-cms-locale": "de-DE" },
      { "x-i18n-locale": "default:en-US;content:fr-FR;" }
    ] as Record<string, string>[];
    for (const [at, headers] of worlds.entries()) {
      await t.ask(trigger, { name: `World ${at}` }, headers);
    }
    for (const [at, headers] of worlds.entries()) {
      expect((await t.ask(names, {}, { authorization: "reader", ...headers })).data).toEqual([{ name: `World ${at}` }]);
    }
  });

  it("can be chosen only where the identity may: 403 otherwise", async () => {
    const t = await createTestApi([open]);
    const { status, errors } = await t.send({ query: names }, { authorization: "reader", "x-tenant": "umbrella" });
    expect([status, errors]).toEqual([
      403,
      [{ message: 'Not authorized for the tenant "umbrella".', extensions: { code: "NOT_AUTHORIZED" } }]
    ]);
    expect((await t.send({ query: names }, { "x-tenant": "umbrella" })).status).toBe(200);
  });
});
