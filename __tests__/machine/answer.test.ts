import fc from "fast-check";
import { machineAnswer, startState, toAnswer, webinyAnswer, webinyStartState } from "../../src/machine/answer.js";
import type { TaskErrorResult, TaskResult } from "../../src/machine/result.js";

const base = {
  webinyTaskId: "01JABC",
  webinyTaskDefinitionId: "syncArticles",
  tenant: "root",
  locale: "en-US",
  execution: 2,
  iteration: 8
};
const goOn: TaskResult = { ...base, status: "continue", delay: -1 };
const waiting: TaskResult = { ...goOn, wait: 30 };
const failed = (message: string, more: Partial<TaskErrorResult["error"]> = {}): TaskErrorResult => ({
  ...base,
  status: "error",
  error: { message, ...more }
});
const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

describe("the answer to our machine", () => {
  it("says what to do next, and nothing of the task's data", () => {
    expect(machineAnswer({ events: 50, retryCount: 0 }, { ...waiting, input: { secret: "s" } })).toEqual({
      webinyTaskId: "01JABC",
      webinyTaskDefinitionId: "syncArticles",
      tenant: "root",
      locale: "en-US",
      status: "continue",
      wait: 30,
      iteration: 8,
      execution: 2,
      events: 59,
      delay: -1,
      error: null
    });
    expect(machineAnswer({}, { ...base, status: "done", message: "m", output: { secret: "s" } })).toMatchObject({
      status: "done",
      wait: 0,
      error: null
    });
  });

  it("carries code and message of an error, neither data nor stack", () => {
    const { error } = machineAnswer({}, failed("It broke.", { code: "BROKEN", data: { secret: "s" }, stack: "at x" }));
    expect(error).toEqual({ code: "BROKEN", message: "It broke." });
    expect(machineAnswer({}, failed("It broke.")).error).toEqual({ code: "RUN_ERROR", message: "It broke." });
  });

  it("leaves a message of 1 KB whole, and cuts a longer one with a sign of it", () => {
    const whole = "a".repeat(1024);
    expect(machineAnswer({}, failed(whole)).error?.message).toBe(whole);
    const cut = machineAnswer({}, failed(`${whole}a`)).error?.message as string;
    expect(cut).toMatch(/^a{900,1021}…$/);
  });

  it.each([
    ["ASCII", "a"],
    ["two bytes", "ü"],
    ["three bytes", "漢"],
    ["emoji", "😀"],
    ["family emoji", "👨‍👩‍👧‍👦"],
    ["quotes", '"'],
    ["backslashes", "\\"],
    ["line breaks", "\n"],
    ["control characters", "\u0001"],
    ["lone surrogates", "\ud800"],
    ["odd and even", "a😀"]
  ])("is at most 4 KB, and its message 1 KB, with long messages and codes: %s", (_, part) => {
    for (const length of [1, 500, 1023, 1024, 1025, 5_000, 300_000]) {
      const message = part.repeat(Math.ceil(length / part.length));
      const answer = machineAnswer(
        { events: 24_999, retryCount: 30 },
        {
          ...failed(message, { code: message }),
          webinyTaskId: "t".repeat(64),
          webinyTaskDefinitionId: "d".repeat(64),
          tenant: "t".repeat(64),
          locale: "l".repeat(64)
        }
      );
      expect(bytes(answer)).toBeLessThanOrEqual(4096);
      expect(bytes(answer.error?.message)).toBeLessThanOrEqual(1024 + 2);
      expect(bytes(answer.error?.code)).toBeLessThanOrEqual(128 + 2);
      expect(bytes(webinyAnswer(failed(message, { code: message, data: { message } })))).toBeLessThanOrEqual(4096);
    }
  });

  it("is cut between characters: what is left is the beginning of the message", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }), fc.nat(400), (text, times) => {
        const message = text.repeat(times + 1);
        const answered = machineAnswer({}, failed(message)).error?.message as string;
        expect(bytes(answered)).toBeLessThanOrEqual(1026);
        expect(answered === message || message.startsWith(answered.slice(0, -1))).toBe(true);
        expect(answered).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
      }),
      { numRuns: 200 }
    );
  });
});

describe("history events, counted by hand", () => {
  // Choice entered and left, Task entered, scheduled, started, succeeded, left: 7 for an iteration.
  it.each<[string, Parameters<typeof machineAnswer>[0], TaskResult, number]>([
    ["the first iteration: 1 for the start, 7 for Run and its check", { events: 1, retryCount: 0 }, goOn, 8],
    ["the second", { events: 8, retryCount: 0 }, goOn, 15],
    ["with a wait: entered and left", { events: 8, retryCount: 0 }, waiting, 17],
    ["after two failed attempts: scheduled, started, failed, twice", { events: 8, retryCount: 2 }, goOn, 21],
    ["two failed attempts and a wait", { events: 8, retryCount: 2 }, waiting, 23],
    ["an event without numbers counts from the start", {}, goOn, 8],
    ["the last one", { events: 100, retryCount: 0 }, { ...base, status: "done" }, 107],
    [
      "after a crash: Run, then Recover and its check",
      { events: 8, retryCount: 0, crash: { error: "Lambda.Unknown", cause: "" } },
      goOn,
      22
    ],
    [
      "after a crash whose Recover failed twice",
      { events: 8, retryCount: 2, crash: { error: "Lambda.Unknown", cause: "" } },
      goOn,
      28
    ],
    [
      "after a crash that used all six retries of Run",
      { events: 8, retryCount: 0, crash: { error: "Lambda.ServiceException", cause: "" } },
      goOn,
      40
    ],
    [
      "after being throttled thirty times",
      { events: 8, retryCount: 0, crash: { error: "Lambda.TooManyRequestsException", cause: "" } },
      waiting,
      114
    ]
  ])("%s", (_, event, result, expected) => {
    expect(machineAnswer(event, result).events).toBe(expected);
  });
});

describe("the answer to Webiny's machine", () => {
  const ids = { webinyTaskId: "01JABC", webinyTaskDefinitionId: "syncArticles", tenant: "root", locale: "en-US" };

  it("has its keys: a wait only when there is one", () => {
    expect(webinyAnswer(goOn)).toEqual({ ...ids, status: "continue", delay: -1 });
    expect(webinyAnswer({ ...goOn, wait: 0 })).not.toHaveProperty("wait");
    expect(webinyAnswer(waiting)).toEqual({ ...ids, status: "continue", delay: -1, wait: 30 });
    expect(webinyAnswer({ ...base, status: "done" })).toEqual({ ...ids, status: "done" });
    expect(webinyAnswer({ ...base, status: "done", message: "All." })).toEqual({
      ...ids,
      status: "done",
      message: "All."
    });
    expect(webinyAnswer({ ...base, status: "aborted" })).toEqual({ ...ids, status: "aborted" });
    expect(webinyAnswer(failed("No."))).toEqual({ ...ids, status: "error", error: { message: "No." } });
  });

  it("has the data of an error and the output while they are small, and never the stack", () => {
    expect(webinyAnswer(failed("No.", { code: "NO", data: { field: "x" }, stack: "at x" }))).toEqual({
      ...ids,
      status: "error",
      error: { message: "No.", code: "NO", data: { field: "x" } }
    });
    const text = (bytes: number) => ({ text: "x".repeat(bytes - '{"text":""}'.length) });
    for (const [bytes, there] of [
      [1024, true],
      [1025, false]
    ] as const) {
      expect("output" in webinyAnswer({ ...base, status: "done", output: text(bytes) })).toBe(there);
      expect("data" in (webinyAnswer(failed("No.", { data: text(bytes) })).error as object)).toBe(there);
    }
  });

  it("is given for its events only", () => {
    expect(toAnswer({ dialect: "webiny" }, goOn)).toEqual(webinyAnswer(goOn));
    expect(toAnswer({ dialect: "own", events: 8, retryCount: 0 }, goOn)).toMatchObject({ wait: 0, events: 15 });
  });
});

describe("what starts an execution", () => {
  const task = {
    id: "01JABC",
    definitionId: "syncArticles",
    tenant: "t1",
    locale: "de-DE",
    execution: 3,
    iteration: 9
  };

  it("is byte-equal for the same task, so that a repeated start is idempotent", () => {
    const first = JSON.stringify(startState({ ...task, delaySeconds: 60 }));
    expect(JSON.stringify(startState({ delaySeconds: 60, ...task }))).toBe(first);
    expect(first).toBe(
      '{"webinyTaskId":"01JABC","webinyTaskDefinitionId":"syncArticles","tenant":"t1","locale":"de-DE",' +
        '"status":"continue","wait":60,"iteration":9,"execution":3,"events":1,"delay":-1,"error":null}'
    );
  });

  it("is wrapped in `detail` for Webiny's machine", () => {
    expect(webinyStartState(startState({ ...task, delaySeconds: 60 }))).toEqual({
      detail: {
        webinyTaskId: "01JABC",
        webinyTaskDefinitionId: "syncArticles",
        tenant: "t1",
        locale: "de-DE",
        delay: 60
      }
    });
  });
});
