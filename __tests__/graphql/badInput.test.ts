import { createTaskDefinition } from "../../src/index.js";
import { createTestApi } from "../helpers/createTestApi.js";

const work = createTaskDefinition({ id: "work", title: "Work", run: async ({ response }) => response.done() });
const TRIGGER = /* GraphQL */ `
  mutation ($input: JSON, $delay: Number, $name: String) {
    backgroundTasks {
      triggerTask(definition: work, input: $input, delay: $delay, name: $name) {
        data {
          id
          input
        }
        error {
          code
          message
          data
        }
      }
    }
  }
`;
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
        }
        meta {
          cursor
        }
        error {
          code
          message
        }
      }
    }
  }
`;
const deep = (levels: number): unknown => (levels === 0 ? 1 : { next: deep(levels - 1) });

describe("a trigger with", () => {
  it.each<[string, object, string, string]>([
    ["an input that is a list", { input: [1] }, "INVALID_INPUT", "JSON object"],
    ["an input that is a text", { input: "page" }, "INVALID_INPUT", "JSON object"],
    ["an input that is a number", { input: 5 }, "INVALID_INPUT", "JSON object"],
    ["an input that is too deep", { input: deep(201) }, "INVALID_INPUT", "200"],
    ["a negative delay", { delay: -1 }, "INVALID_DELAY", "whole number of seconds"],
    ["a fractional delay", { delay: 0.5 }, "INVALID_DELAY", "whole number of seconds"],
    ["a delay of 356 days", { delay: 356 * 86_400 }, "MAX_DELAY_ERROR", "355 days"],
    ["an empty name", { name: "" }, "INVALID_ARGUMENT", "name"],
    ["a name that is too long", { name: "x".repeat(257) }, "INVALID_ARGUMENT", "name"]
  ])("%s says so with a code, and nothing is stored", async (_, variables, code, message) => {
    const t = await createTestApi([work]);
    expect(await t.ask(TRIGGER, variables)).toMatchObject({
      data: null,
      error: { code, message: expect.stringContaining(message) }
    });
    expect((await t.tasks.listTasks()).items).toEqual([]);
    expect(t.executions.size).toBe(0);
  });

  it.each(["NaN", "Infinity", "-Infinity", '"5"', "true"])("the delay %s is refused as a request", async delay => {
    const t = await createTestApi([work]);
    const query = `mutation { backgroundTasks { triggerTask(definition: work, delay: ${delay}) { data { id } } } }`;
    expect((await t.send({ query })).errors?.[0]).toMatchObject({ extensions: { code: "INVALID_REQUEST" } });
    expect((await t.tasks.listTasks()).items).toEqual([]);
  });

  it("an input larger than 32 MiB is refused by its size, where the body may be larger", async () => {
    const t = await createTestApi([work], { http: { maxBodyBytes: 64 * 1024 * 1024 } });
    const answer = await t.ask(TRIGGER, { input: { text: "x".repeat(33 * 1024 * 1024) } });
    expect(answer).toMatchObject({ data: null, error: { code: "PAYLOAD_TOO_LARGE" } });
    expect((await t.tasks.listTasks()).items).toEqual([]);
  });

  it("__proto__ in its input is refused, and changes no prototype", async () => {
    const t = await createTestApi([work]);
    const { data } = await t.send(
      `{"query":${JSON.stringify(TRIGGER)},"variables":{"input":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}}}}}`
    );
    expect(data.backgroundTasks.triggerTask).toMatchObject({
      data: null,
      error: { code: "INVALID_INPUT", message: expect.stringContaining("__proto__") }
    });
    expect((await t.tasks.listTasks()).items).toEqual([]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe("a list with", () => {
  it.each<[string, object, string]>([
    ["limit 0", { limit: 0 }, "INVALID_LIMIT"],
    ["limit -1", { limit: -1 }, "INVALID_LIMIT"],
    ["limit 10,000", { limit: 10_000 }, "INVALID_LIMIT"],
    ["a cursor that is none", { after: "x" }, "INVALID_CURSOR"],
    ["a cursor of 10,000 characters", { after: "x".repeat(10_000) }, "INVALID_CURSOR"],
    ["an order it does not have", { sort: ["name_ASC"] }, "INVALID_SORT"],
    ["two orders", { sort: ["createdOn_ASC", "id_ASC"] }, "INVALID_SORT"],
    ["a status that is none", { where: { taskStatus: "paused" } }, "INVALID_WHERE"],
    ["101 ids", { where: { id_in: Array.from({ length: 101 }, (_, at) => `id${at}`) } }, "INVALID_WHERE"],
    ["a search of 257 characters", { search: "x".repeat(257) }, "INVALID_ARGUMENT"]
  ])("%s says so with a code", async (_, variables, code) => {
    const t = await createTestApi([work]);
    expect(await t.ask(LIST, variables)).toMatchObject({ data: null, error: { code } });
  });

  it("a cursor of another query, or of another tenant, is refused", async () => {
    const t = await createTestApi([work]);
    await t.ask(TRIGGER);
    await t.ask(TRIGGER);
    const { meta } = await t.ask(LIST, { limit: 1 });
    expect(meta.cursor).toEqual(expect.any(String));
    expect(await t.ask(LIST, { limit: 1, after: meta.cursor, search: "w" })).toMatchObject({
      error: { code: "INVALID_CURSOR" }
    });
    expect(await t.ask(LIST, { limit: 1, after: meta.cursor }, { "x-tenant": "acme" })).toMatchObject({
      error: { code: "INVALID_CURSOR" }
    });
    expect((await t.ask(LIST, { limit: 1, after: meta.cursor })).error).toBeNull();
  });

  it("an order or a filter the schema does not have is refused as a request", async () => {
    const t = await createTestApi([work]);
    for (const variables of [
      { sort: ["size_ASC"] },
      { where: { color: "red" } },
      { limit: "10" },
      { where: { createdOn_gt: "tomorrow" } }
    ]) {
      expect((await t.send({ query: LIST, variables })).errors?.[0]).toMatchObject({
        extensions: { code: "INVALID_REQUEST" }
      });
    }
  });
});

describe("an id that is", () => {
  it.each(["", "#", "a#b", "a\u0000b", "../x", "x".repeat(10_000), "T#root#L#en-US#TASK#x"])(
    "%j is not found",
    async id => {
      const t = await createTestApi([work]);
      for (const operation of ["getTask", "abortTask", "deleteTask"]) {
        const kind = operation === "getTask" ? "query" : "mutation";
        const data = operation === "deleteTask" ? "data" : "data { id }";
        const query = `${kind} ($id: ID!) { backgroundTasks { ${operation}(id: $id) { ${data} error { code } } } }`;
        expect(await t.ask(query, { id })).toEqual({ data: null, error: { code: "NOT_FOUND" } });
      }
    }
  );
});
