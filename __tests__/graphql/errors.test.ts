import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { createGraphQLSchemaPlugin, createTaskDefinition } from "../../src/index.js";
import { TasksError } from "../../src/errors.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { createTestApi } from "../helpers/createTestApi.js";

const TRIGGER = `mutation { backgroundTasks { triggerTask(definition: guarded) { data { id } error { message code data stack } } } }`;

/** The answer to a trigger whose `onBeforeTrigger` throws this, and what the log got. */
async function triggerThrowing(thrown: unknown, debug = false) {
  const logged: string[] = [];
  const spy = jest.spyOn(process.stderr, "write").mockImplementation(line => {
    logged.push(String(line));
    return true;
  });
  try {
    const guarded = createTaskDefinition({
      id: "guarded",
      title: "Guarded",
      run: async ({ response }) => response.done(),
      async onBeforeTrigger() {
        throw thrown;
      }
    });
    const t = await createTestApi([guarded], { debug, logLevel: "error" });
    return { answer: await t.ask(TRIGGER), logged };
  } finally {
    spy.mockRestore();
  }
}

describe("an error in an answer", () => {
  it("that has a code was made for the caller: message, code and data are shown, nothing is logged", async () => {
    const error = Object.assign(new Error("Only on Mondays."), { code: "NOT_TODAY", data: { today: "Friday" } });
    expect(await triggerThrowing(error)).toEqual({
      answer: {
        data: null,
        error: { message: "Only on Mondays.", code: "NOT_TODAY", data: { today: "Friday" }, stack: null }
      },
      logged: []
    });
  });

  it.each<[string, unknown]>([
    ["has no code", new Error("password=hunter2")],
    ["is a text", "password=hunter2"],
    [
      "is Node's own",
      Object.assign(new Error("connect ECONNREFUSED 10.0.0.7:5432 hunter2"), {
        code: "ECONNREFUSED",
        errno: -111,
        syscall: "connect"
      })
    ],
    ["is an argument error of Node", Object.assign(new TypeError("hunter2"), { code: "ERR_INVALID_ARG_TYPE" })],
    ["is the AWS SDK's", new ConditionalCheckFailedException({ message: "hunter2", $metadata: {} })],
    [
      "tells of the server's inside",
      new TasksError("STORAGE_ERROR", "The table hunter2 is throttled.", { tableName: "hunter2" })
    ]
  ])("that %s is masked, with an id that is in the log", async (_, thrown) => {
    const { answer, logged } = await triggerThrowing(thrown);
    expect(JSON.stringify(answer)).not.toContain("hunter2");
    expect(answer.error.stack).toBeNull();
    const { id } = answer.error.data;
    expect(answer.error.message).toBe(
      `The server could not carry out the request. Its log says why under the id ${id}.`
    );
    expect(answer.error.code).toBe(thrown instanceof TasksError ? "STORAGE_ERROR" : "INTERNAL_ERROR");
    expect(logged).toHaveLength(1);
    expect(JSON.parse(logged[0]!)).toMatchObject({ level: "error", message: "A request failed", id });
    expect(logged[0]).toContain("hunter2");
  });

  it("is shown whole with debug", async () => {
    const { answer } = await triggerThrowing(new Error("password=hunter2"), true);
    expect(answer.error).toMatchObject({
      message: "password=hunter2",
      stack: expect.stringContaining("errors.test.ts")
    });
  });

  it("whose data is no JSON still is an answer", async () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const { answer } = await triggerThrowing(Object.assign(new Error("Round."), { code: "ROUND", data: cycle }));
    expect(answer.error).toMatchObject({ message: "Round.", code: "ROUND", data: { notShown: "It is not JSON." } });
  });

  it("out of a resolver of the user is treated in the same way", async () => {
    const spy = jest.spyOn(process.stderr, "write").mockReturnValue(true);
    const field = (thrown: unknown) =>
      createGraphQLSchemaPlugin({
        typeDefs: "extend type Query { broken: String }",
        resolvers: {
          Query: {
            broken: () => {
              throw thrown;
            }
          }
        }
      });
    const masked = await createTestApi([field(new Error("hunter2"))], { logLevel: "error" });
    const { data, errors } = await masked.send({ query: "{ broken }" });
    expect(data).toEqual({ broken: null });
    expect(errors).toMatchObject([
      { path: ["broken"], extensions: { code: "INTERNAL_ERROR", data: { id: expect.any(String) } } }
    ]);
    expect(JSON.stringify(errors)).not.toContain("hunter2");
    expect(spy.mock.calls.flat().join()).toContain("hunter2");
    const shown = await createTestApi([field(Object.assign(new Error("Sold out."), { code: "SOLD_OUT" }))]);
    expect((await shown.send({ query: "{ broken }" })).errors).toMatchObject([
      { message: "Sold out.", extensions: { code: "SOLD_OUT" } }
    ]);
    spy.mockRestore();
  });

  it("of the storage in a query is masked too, and the next query works", async () => {
    class Failing extends MemoryStorage {
      broken = false;
      override query(...args: Parameters<MemoryStorage["query"]>) {
        return this.broken ? Promise.reject(new TasksError("STORAGE_ERROR", "hunter2")) : super.query(...args);
      }
    }
    const underlying = new Failing();
    const t = await createTestApi([], { underlying });
    const list = "{ backgroundTasks { listTasks { data { id } error { code message } } } }";
    underlying.broken = true;
    const { data, error } = await t.ask(list);
    expect([data, error.code]).toEqual([null, "STORAGE_ERROR"]);
    expect(error.message).not.toContain("hunter2");
    underlying.broken = false;
    expect(await t.ask(list)).toEqual({ data: [], error: null });
  });
});
