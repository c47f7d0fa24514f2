import fc from "fast-check";
import { parseTaskEvent } from "../../src/machine/event.js";
import { isTaskEvent } from "../../src/machine/isTaskEvent.js";
import { createHandler } from "../../src/index.js";

const common = {
  webinyTaskId: "01JABC",
  webinyTaskDefinitionId: "syncArticles",
  tenant: "root",
  locale: "en-US",
  endpoint: "manage",
  executionName: "syncArticles_01JABC_1",
  stateMachineId: "arn:aws:states:us-east-1:000000000000:stateMachine:tasks"
};
const numbers = {
  executionArn: "arn:aws:states:us-east-1:000000000000:execution:tasks:syncArticles_01JABC_1",
  execution: 1,
  iteration: 7,
  events: 50,
  retryCount: 0
};
const ours = { name: "background-task", payload: { ...common, delay: -1, ...numbers } };
const webinys = { name: "background-task", payload: { ...common, delay: -1 } };

function without(payload: object, ...fields: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(payload).filter(([name]) => !fields.includes(name)));
}
function invalidFields(event: unknown): string[] {
  const { error } = parseTaskEvent(event);
  return Object.keys((error?.data.invalidFields ?? {}) as object).sort();
}

describe("a valid event", () => {
  it("of our machine is taken with its numbers", () => {
    expect(parseTaskEvent(ours)).toEqual({ event: { dialect: "own", ...ours.payload } });
  });

  it("of our machine says what crashed", () => {
    const crash = { error: "Lambda.Unknown", cause: "RequestId: abc Error: Runtime exited" };
    expect(parseTaskEvent({ payload: { ...ours.payload, crash } }).event).toMatchObject({ dialect: "own", crash });
  });

  it("of Webiny's machine is taken without numbers", () => {
    const { event, error } = parseTaskEvent(webinys);
    expect(error).toBeUndefined();
    expect(event).toEqual({ dialect: "webiny", ...webinys.payload });
  });

  it("of Webiny's machine may ask for its first wait, or say nothing of one", () => {
    expect(parseTaskEvent({ payload: { ...common, delay: 60 } }).event.delay).toBe(60);
    expect(parseTaskEvent({ payload: common }).event.delay).toBe(-1);
  });

  it("may carry more than is known, which is dropped", () => {
    const { event, error } = parseTaskEvent({ ...ours, payload: { ...ours.payload, more: 1 }, version: 2 });
    expect(error).toBeUndefined();
    expect(event).not.toHaveProperty("more");
  });
});

describe("a broken event", () => {
  it.each(Object.keys(ours.payload).filter(field => field !== "delay"))(
    "of our machine without %s names exactly that",
    field => {
      expect(invalidFields({ payload: without(ours.payload, field) })).toEqual([field]);
    }
  );

  it.each(Object.keys(common))("of Webiny's machine without %s names exactly that", field => {
    expect(invalidFields({ payload: without(webinys.payload, field) })).toEqual([field]);
  });

  it("names every missing field", () => {
    expect(invalidFields({ payload: without(ours.payload, "tenant", "locale", "events") })).toEqual([
      "events",
      "locale",
      "tenant"
    ]);
    expect(invalidFields({ payload: { webinyTaskId: "01JABC" } })).toEqual([
      "endpoint",
      "executionName",
      "locale",
      "stateMachineId",
      "tenant",
      "webinyTaskDefinitionId"
    ]);
  });

  it("is ours while one of our fields is there, so that our machine gets the keys it reads", () => {
    for (const field of ["executionArn", "execution", "iteration", "events", "retryCount"]) {
      const missing = Object.keys(numbers).filter(name => name !== field);
      const { event } = parseTaskEvent({ payload: without(ours.payload, ...missing) });
      expect([field, event.dialect]).toEqual([field, "own"]);
      expect(invalidFields({ payload: without(ours.payload, ...missing) })).toEqual(missing.sort());
    }
  });

  it.each([
    ["iteration", 0],
    ["iteration", 1.5],
    ["iteration", "1"],
    ["iteration", null],
    ["execution", -1],
    ["events", 0],
    ["retryCount", -1],
    ["delay", "0"],
    ["tenant", "root#other"],
    ["tenant", ""],
    ["tenant", { id: "root" }],
    ["locale", "en/US"],
    ["webinyTaskId", "a".repeat(65)],
    ["webinyTaskId", ["01JABC"]],
    ["executionArn", ""],
    ["endpoint", 5]
  ])("with %s %p names that field, and no other", (field, value) => {
    expect(invalidFields({ payload: { ...ours.payload, [field]: value } })).toEqual([field]);
  });

  it("with half a crash names the half", () => {
    expect(invalidFields({ payload: { ...ours.payload, crash: { error: "E" } } })).toEqual(["crash.cause"]);
    expect(invalidFields({ payload: { ...ours.payload, crash: "E" } })).toEqual(["crash"]);
  });

  it("keeps the fields that could be read", () => {
    const { event, error } = parseTaskEvent({ payload: { ...ours.payload, tenant: "#", iteration: "7" } });
    expect(error).toMatchObject({ code: "VALIDATION_FAILED_INVALID_FIELDS", message: "Validation failed." });
    expect(event).toEqual({ dialect: "own", ...without(ours.payload, "tenant", "iteration") });
  });

  it.each([
    [null],
    [undefined],
    [""],
    ["payload"],
    [0],
    [NaN],
    [[]],
    [[{ payload: {} }]],
    [true],
    [{}],
    [{ payload: null }],
    [{ payload: "text" }],
    [{ payload: 5 }],
    [{ payload: [] }],
    [{ payload: [1, 2] }],
    [JSON.parse('{"payload":{"__proto__":{"tenant":"root"},"constructor":1,"toString":null,"hasOwnProperty":2}}')],
    [{ payload: Object.create(null) as unknown }]
  ])("never throws: %p", event => {
    expect(parseTaskEvent(event).error).toMatchObject({ code: "VALIDATION_FAILED_INVALID_FIELDS" });
  });

  it("never throws, also when reading it does", () => {
    const hostile = () => {
      throw new Error("hostile");
    };
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const throwing = new Proxy(ours.payload, { get: hostile, ownKeys: hostile });
    const getter = Object.defineProperty({}, "payload", { get: hostile, enumerable: true });
    for (const event of [getter, throwing, revoked.proxy, { payload: throwing }, { payload: revoked.proxy }]) {
      expect(invalidFields(event)).toHaveLength(7);
    }
  });

  it("never throws, whatever comes, and names only fields there are", () => {
    const known = [...Object.keys(ours.payload), "crash", "crash.error", "crash.cause"];
    const field = fc.constantFrom(...known);
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withNullPrototype: true }),
        fc.dictionary(field, fc.anything()),
        (event, some) => {
          expect(parseTaskEvent(event).error).toMatchObject({ code: "VALIDATION_FAILED_INVALID_FIELDS" });
          for (const payload of [some, { ...ours.payload, ...some }]) {
            const fields = invalidFields({ payload });
            expect(known).toEqual(expect.arrayContaining(fields));
          }
        }
      ),
      { numRuns: 300 }
    );
  });

  it("does not take a field from a prototype", () => {
    const payload = JSON.parse(
      JSON.stringify(without(ours.payload, "tenant")).replace("{", '{"__proto__":{"tenant":"other"},')
    ) as object;
    expect(invalidFields({ payload })).toEqual(["tenant"]);
    expect(parseTaskEvent({ payload }).event.tenant).toBeUndefined();
  });
});

describe("the handler", () => {
  const handler = createHandler({ plugins: [] });

  it("answers a broken event of Webiny's machine with its keys, empty where nothing could be read", async () => {
    expect(await handler({ payload: without(webinys.payload, "tenant", "locale") })).toEqual({
      status: "error",
      webinyTaskId: "01JABC",
      webinyTaskDefinitionId: "syncArticles",
      tenant: "",
      locale: "",
      error: {
        message: "Validation failed.",
        code: "VALIDATION_FAILED_INVALID_FIELDS",
        data: { invalidFields: { tenant: expect.any(Object), locale: expect.any(Object) } }
      }
    });
  });

  it("says of an event that is nobody's what it is", async () => {
    await expect(handler({ Records: [] })).rejects.toMatchObject({ code: "EVENT_NOT_SUPPORTED" });
  });
});

describe("isTaskEvent", () => {
  it("takes an event with payload.webinyTaskId, whatever that is", () => {
    expect(
      [ours, webinys, { payload: { webinyTaskId: null } }, { payload: { webinyTaskId: "" } }].map(isTaskEvent)
    ).toEqual([true, true, true, true]);
  });

  it("takes nothing else", () => {
    for (const event of [
      null,
      undefined,
      "webinyTaskId",
      5,
      [],
      {},
      { webinyTaskId: "1" },
      { payload: null },
      { payload: {} }
    ]) {
      expect(isTaskEvent(event)).toBe(false);
    }
  });
});
