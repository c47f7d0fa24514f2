import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  StartExecutionCommand,
  StopExecutionCommand,
  UpdateStateMachineCommand
} from "@aws-sdk/client-sfn";
import { LambdaError, type LocalLambda } from "../../src/local/LocalLambda.js";
import {
  createTestStepFunctions,
  machineWith,
  startInput,
  stopAll,
  type TestOptions
} from "./createTestStepFunctions.js";
import { ManualClock, settle } from "./ManualClock.js";

afterEach(stopAll);

interface RunnerEvent {
  name: string;
  payload: Record<string, unknown> & {
    iteration: number;
    retryCount: number;
    crash?: { error: string; cause: string };
  };
}

/** A function that answers what the test says, and remembers what it was asked. */
function fakeRunner(
  answer: (payload: RunnerEvent["payload"], call: number) => object | string | number | boolean | null
) {
  const calls: RunnerEvent["payload"][] = [];
  const handler = ({ payload }: RunnerEvent) => {
    calls.push(payload);
    return answer(payload, calls.length);
  };
  return { calls, handler };
}

const next = (payload: RunnerEvent["payload"], more: object = {}) =>
  startInput({ iteration: payload.iteration + 1, ...more });

/** A function that fails as told, attempt by attempt, and then answers. */
function failing(errors: (string | undefined)[]): { function: LocalLambda; events: unknown[] } {
  const events: unknown[] = [];
  return {
    events,
    function: {
      functionName: "runner",
      async invoke(event) {
        events.push(event);
        const errorType = errors.shift();
        if (errorType !== undefined) {
          throw new LambdaError({ errorType, errorMessage: `message of ${errorType}` });
        }
        return { payload: startInput({ status: "done" }) };
      },
      async stop() {}
    }
  };
}

async function typesOf(test: Awaited<ReturnType<typeof createTestStepFunctions>>, executionArn: string) {
  const { events } = await test.client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
  return (events ?? []).map(({ type }) => type);
}

describe("the library's own machine", () => {
  test("runs iterations until the runner says done, with the event the contract promises", async () => {
    const { calls, handler } = fakeRunner((payload, call) => next(payload, { status: call < 3 ? "continue" : "done" }));
    const test = await createTestStepFunctions({ handler, overHttp: true });
    const arn = await test.create();
    const executionArn = await test.start(arn, startInput(), "fake_task1_1");
    expect(await test.ended(executionArn)).toMatchObject({
      status: "SUCCEEDED",
      name: "fake_task1_1",
      stateMachineArn: arn,
      input: JSON.stringify(startInput()),
      output: JSON.stringify(startInput({ status: "done", iteration: 4 }))
    });
    expect(calls.map(({ iteration }) => iteration)).toEqual([1, 2, 3]);
    expect(calls[0]).toEqual({
      webinyTaskId: "task1",
      webinyTaskDefinitionId: "fake",
      tenant: "root",
      locale: "en-US",
      delay: -1,
      endpoint: "manage",
      executionName: "fake_task1_1",
      executionArn: "arn:aws:states:us-east-1:000000000000:execution:tasks:fake_task1_1",
      stateMachineId: "arn:aws:states:us-east-1:000000000000:stateMachine:tasks",
      execution: 1,
      iteration: 1,
      events: 1,
      retryCount: 0
    });
    // Start, CheckStatus, three times Run and CheckStatus, Succeed, end: 1 + 2 + 3 × 7 + 2 + 1.
    expect(test.endpoint.counts()).toEqual({ started: 1, ended: 1, transitions: 8, events: 27 });
  });

  test("waits a delay of 355 days to the second, without invoking anything", async () => {
    const { calls, handler } = fakeRunner(payload => next(payload, { status: "done" }));
    const test = await createTestStepFunctions({ handler });
    const seconds = 355 * 24 * 60 * 60;
    const executionArn = await test.start(await test.create(), startInput({ wait: seconds }));
    await test.clock.advance(seconds * 1_000 - 1);
    expect(calls).toHaveLength(0);
    await test.clock.advance(1);
    expect(await test.ended(executionArn)).toMatchObject({ status: "SUCCEEDED" });
    expect(calls).toHaveLength(1);
    expect(await typesOf(test, executionArn)).toEqual([
      "ExecutionStarted",
      "ChoiceStateEntered",
      "ChoiceStateExited",
      "WaitStateEntered",
      "WaitStateExited",
      "TaskStateEntered",
      "TaskScheduled",
      "TaskStarted",
      "TaskSucceeded",
      "TaskStateExited",
      "ChoiceStateEntered",
      "ChoiceStateExited",
      "SucceedStateEntered",
      "SucceedStateExited",
      "ExecutionSucceeded"
    ]);
  }, 60_000);

  test("a wait between iterations costs two events and one transition more", async () => {
    const { handler } = fakeRunner((payload, call) =>
      call === 1 ? next(payload, { wait: 60 }) : next(payload, { status: "done" })
    );
    const test = await createTestStepFunctions({ handler });
    const executionArn = await test.start(await test.create(), startInput());
    await test.clock.advance(59_999);
    expect(await test.describe(executionArn)).toMatchObject({ status: "RUNNING" });
    await test.clock.advance(1);
    expect(await test.ended(executionArn)).toMatchObject({ status: "SUCCEEDED" });
    expect(test.endpoint.counts()).toMatchObject({ transitions: 7, events: 1 + 2 + 7 + 2 + 7 + 2 + 1 });
  });

  test("a crash goes to Recover, which is told Lambda's error and cause", async () => {
    const { calls, handler } = fakeRunner(payload => {
      if (payload.crash === undefined && payload.iteration === 1) {
        throw new RangeError("out of range");
      }
      return next(payload, { status: payload.crash ? "continue" : "done" });
    });
    const test = await createTestStepFunctions({ handler });
    expect(await test.ended(await test.start(await test.create(), startInput()))).toMatchObject({
      status: "SUCCEEDED"
    });
    expect(calls).toHaveLength(3);
    expect(calls[1]?.crash?.error).toBe("RangeError");
    expect(JSON.parse(calls[1]?.crash?.cause ?? "")).toEqual({
      errorType: "RangeError",
      errorMessage: "out of range",
      trace: expect.arrayContaining(["RangeError: out of range"])
    });
    // Start, CheckStatus, Run and Recover with a CheckStatus behind Recover only, Run with CheckStatus, Succeed, end.
    expect(test.endpoint.counts()).toMatchObject({ events: 1 + 2 + 5 + 7 + 7 + 2 + 1 });
  });

  test("is lost when Recover fails at every attempt", async () => {
    const { calls, handler } = fakeRunner(() => {
      throw new Error("always");
    });
    const test = await createTestStepFunctions({ handler });
    const executionArn = await test.start(await test.create(), startInput());
    await test.clock.advance(60 * 60 * 1_000);
    const { status, error, cause } = await test.ended(executionArn);
    expect({ status, error, message: JSON.parse(cause ?? "").errorMessage }).toEqual({
      status: "FAILED",
      error: "Error",
      message: "always"
    });
    expect(calls.map(({ retryCount }) => retryCount)).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test.each([
    ["aborted", "SUCCEEDED", undefined],
    ["handover", "SUCCEEDED", undefined],
    ["error", "FAILED", "TaskFailed"],
    ["nonsense", "FAILED", "UnknownStatus"]
  ])("ends at the status %s as %s", async (answered, status, error) => {
    const { handler } = fakeRunner(payload => next(payload, { status: answered }));
    const test = await createTestStepFunctions({ handler });
    expect(await test.ended(await test.start(await test.create(), startInput()))).toMatchObject({
      status,
      ...(error ? { error } : {})
    });
  });

  test.each([[null], [""], ["text"], [0], [false], [[]], [{}], [{ status: "contin" }]])(
    "ends with UnknownStatus when the runner answers %j",
    async garbage => {
      const test = await createTestStepFunctions({ handler: () => garbage });
      expect(await test.ended(await test.start(await test.create(), startInput()))).toMatchObject({
        status: "FAILED",
        error: "UnknownStatus"
      });
    }
  );

  test("a field that is missing is States.Runtime, which nothing catches", async () => {
    const { calls, handler } = fakeRunner(() => ({ status: "continue", wait: 0 }));
    const test = await createTestStepFunctions({ handler });
    expect(await test.ended(await test.start(await test.create(), startInput()))).toMatchObject({
      status: "FAILED",
      error: "States.Runtime"
    });
    expect(calls).toHaveLength(1);
  });

  test("an answer over 256 KiB is caught by its name and recovered", async () => {
    const { calls, handler } = fakeRunner(payload =>
      payload.crash ? next(payload, { status: "done" }) : startInput({ fill: "x".repeat(262_144) })
    );
    const test = await createTestStepFunctions({ handler });
    expect(await test.ended(await test.start(await test.create(), startInput()))).toMatchObject({
      status: "SUCCEEDED"
    });
    expect(calls[1]?.crash?.error).toBe("States.DataLimitExceeded");
  });

  test("fails from outside at the 25,000th event, quickly", async () => {
    const { calls, handler } = fakeRunner(payload => next(payload));
    const test = await createTestStepFunctions({ handler });
    const arn = await test.create();
    const before = process.hrtime.bigint();
    const executionArn = await test.start(arn, startInput());
    const execution = await test.ended(executionArn);
    const milliseconds = Number(process.hrtime.bigint() - before) / 1e6;
    expect(execution).toMatchObject({
      status: "FAILED",
      error: "States.Runtime",
      cause: "The execution reached the maximum number of history events (25000)."
    });
    // 3 + 7 × 3,570 = 24,993 events: the 3,571st iteration runs, and is not followed by another.
    expect(calls).toHaveLength(3_571);
    const { events } = await test.client.send(
      new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 3 })
    );
    expect(events?.map(({ id, type }) => `${id} ${type}`)).toEqual([
      "25000 ExecutionFailed",
      "24999 ChoiceStateEntered",
      "24998 TaskStateExited"
    ]);
    expect(test.endpoint.counts()).toEqual({ started: 1, ended: 1, transitions: 7_143, events: 25_000 });
    expect(milliseconds).toBeLessThan(10_000);
  }, 30_000);

  test("with waits it fails in the 2,778th iteration", async () => {
    const { calls, handler } = fakeRunner(payload => next(payload, { wait: 1 }));
    const test = await createTestStepFunctions({ handler });
    const executionArn = await test.start(await test.create(), startInput());
    await test.clock.advance(3_000_000);
    expect(await test.ended(executionArn)).toMatchObject({ status: "FAILED", error: "States.Runtime" });
    expect(calls).toHaveLength(2_778);
  }, 30_000);
});

describe("retries", () => {
  test("Run is tried again after throttling, each attempt with its count", async () => {
    const { function: lambda, events } = failing([
      "Lambda.TooManyRequestsException",
      "Lambda.ServiceException",
      "Lambda.TooManyRequestsException"
    ]);
    const test = await createTestStepFunctions({ function: lambda });
    const executionArn = await test.start(await test.create(), startInput());
    await test.clock.advance(10_000);
    expect(await test.ended(executionArn)).toMatchObject({ status: "SUCCEEDED" });
    expect(events.map(event => (event as RunnerEvent).payload.retryCount)).toEqual([0, 1, 2, 3]);
    expect(await typesOf(test, executionArn)).toEqual([
      "ExecutionStarted",
      "ChoiceStateEntered",
      "ChoiceStateExited",
      "TaskStateEntered",
      ...Array.from({ length: 3 }, () => ["TaskScheduled", "TaskStarted", "TaskFailed"]).flat(),
      "TaskScheduled",
      "TaskStarted",
      "TaskSucceeded",
      "TaskStateExited",
      "ChoiceStateEntered",
      "ChoiceStateExited",
      "SucceedStateEntered",
      "SucceedStateExited",
      "ExecutionSucceeded"
    ]);
    // Four states, and three retries.
    expect(test.endpoint.counts()).toMatchObject({ transitions: 7 });
  });

  test("the count begins anew when the state is entered again", async () => {
    const { function: lambda, events } = failing(["Lambda.ServiceException", "Broken", undefined]);
    const test = await createTestStepFunctions({ function: lambda });
    const definition = machineWith(
      {
        Resource: "arn:aws:states:::lambda:invoke",
        Parameters: {
          FunctionName: "arn:aws:lambda:us-east-1:000000000000:function:runner",
          Payload: {
            "count.$": "$$.State.RetryCount",
            "state.$": "$$.State.Name",
            "text.$": "States.Format('{}', $$.State.RetryCount)"
          }
        },
        Retry: [{ ErrorEquals: ["Lambda.ServiceException"] }],
        Catch: [{ ErrorEquals: ["Broken"], Next: "Work" }]
      },
      { End: { Type: "Succeed" } }
    );
    const executionArn = await test.start(await test.create(definition), {});
    await test.clock.advance(1_000);
    await test.ended(executionArn);
    expect(events).toEqual([
      { count: 0, state: "Work", text: "0" },
      { count: 1, state: "Work", text: "1" },
      { count: 0, state: "Work", text: "0" }
    ]);
  });

  test.each([
    ["doubles, up to its maximum", { IntervalSeconds: 2, MaxAttempts: 4, MaxDelaySeconds: 9 }, [0, 2, 6, 14, 23]],
    ["defaults: three attempts after 1, 2 and 4 seconds", {}, [0, 1, 3, 7]],
    ["grows by BackoffRate", { IntervalSeconds: 10, BackoffRate: 1, MaxAttempts: 2 }, [0, 10, 20]],
    [
      "full jitter takes a random part of it",
      { IntervalSeconds: 4, MaxAttempts: 2, JitterStrategy: "FULL" },
      [0, 2, 6]
    ],
    ["none with MaxAttempts 0", { MaxAttempts: 0 }, [0]]
  ])("the pause %s", async (_what, retrier, expected) => {
    const clock = new ManualClock(0);
    const seen: number[] = [];
    const handler = () => {
      seen.push(clock.now() / 1_000);
      throw new Error("no");
    };
    const test = await createTestStepFunctions({ clock, handler });
    const executionArn = await test.start(
      await test.create(machineWith({ Retry: [{ ErrorEquals: ["States.ALL"], ...retrier }] })),
      {}
    );
    await clock.advance(60_000);
    expect(seen).toEqual(expected);
    expect(await test.ended(executionArn)).toMatchObject({ status: "FAILED", error: "Error" });
  });

  test("each retrier has its own count, and the first that names the error decides", async () => {
    const { function: lambda, events } = failing(["A", "B", "A", "B", "B"]);
    const test = await createTestStepFunctions({ function: lambda });
    const Retry = [
      { ErrorEquals: ["A"], MaxAttempts: 2, IntervalSeconds: 1 },
      { ErrorEquals: ["States.TaskFailed"], MaxAttempts: 2, IntervalSeconds: 1 }
    ];
    const executionArn = await test.start(await test.create(machineWith({ Retry })), {});
    await test.clock.advance(60_000);
    expect(await test.ended(executionArn)).toMatchObject({ status: "FAILED", error: "B" });
    expect(events).toHaveLength(5);
  });
});

describe("time-outs and limits of a state", () => {
  test("TimeoutSeconds of a Task ends the wait, not the function; States.TaskFailed does not catch it", async () => {
    let finish: (() => void) | undefined;
    const test = await createTestStepFunctions({ handler: () => new Promise<void>(resolve => (finish = resolve)) });
    const definition = machineWith(
      {
        TimeoutSeconds: 5,
        Catch: [
          { ErrorEquals: ["States.TaskFailed"], Next: "End" },
          { ErrorEquals: ["States.ALL"], ResultPath: "$", Next: "Late" }
        ]
      },
      { End: { Type: "Succeed" }, Late: { Type: "Pass", ResultPath: "$.late", Result: true, End: true } }
    );
    const executionArn = await test.start(await test.create(definition), { kept: 1 });
    await test.clock.advance(4_999);
    expect(await test.describe(executionArn)).toMatchObject({ status: "RUNNING" });
    await test.clock.advance(1);
    expect(await test.ended(executionArn)).toMatchObject({
      status: "SUCCEEDED",
      output: JSON.stringify({ Error: "States.Timeout", Cause: "", late: true })
    });
    expect(await typesOf(test, executionArn)).toContain("LambdaFunctionTimedOut");
    finish?.();
  });

  test("States.TaskFailed alone neither retries nor catches a time-out", async () => {
    const test = await createTestStepFunctions({ handler: () => new Promise(() => {}) });
    const names = { ErrorEquals: ["States.TaskFailed"] };
    const definition = machineWith({ TimeoutSeconds: 5, Retry: [names], Catch: [{ ...names, Next: "End" }] });
    const executionArn = await test.start(await test.create(definition), {});
    await test.clock.advance(5_000);
    expect(await test.ended(executionArn)).toMatchObject({ status: "FAILED", error: "States.Timeout" });
  });

  test("TimeoutSeconds of the machine ends an execution also while a function runs", async () => {
    const test = await createTestStepFunctions({ handler: () => new Promise(() => {}) });
    const executionArn = await test.start(await test.create({ ...machineWith({}), TimeoutSeconds: 30 }), {});
    await test.clock.advance(29_999);
    expect(await test.describe(executionArn)).toMatchObject({ status: "RUNNING" });
    await test.clock.advance(1);
    expect(await test.describe(executionArn)).toMatchObject({ status: "TIMED_OUT" });
  });

  test("States.ALL does not catch an answer over 256 KiB", async () => {
    const test = await createTestStepFunctions({ handler: () => "x".repeat(262_143) });
    const Catch = [{ ErrorEquals: ["States.ALL"], Next: "End" }];
    expect(await test.ended(await test.start(await test.create(machineWith({ Catch })), {}))).toMatchObject({
      status: "FAILED",
      error: "States.DataLimitExceeded"
    });
  });

  test("a state's output over 256 KiB fails the execution", async () => {
    const test = await createTestStepFunctions({ handler: () => "x".repeat(200_000) });
    const executionArn = await test.start(await test.create(machineWith({ ResultPath: "$.more" })), {
      had: "y".repeat(100_000)
    });
    expect(await test.ended(executionArn)).toMatchObject({ status: "FAILED", error: "States.DataLimitExceeded" });
  });

  test("an execution ends after a year, in a wait or between two", async () => {
    const test = await createTestStepFunctions();
    const year = 365 * 24 * 60 * 60;
    const waits = machineWith(
      {},
      {
        End: { Type: "Wait", Seconds: Math.floor(year / 2), Next: "Again" },
        Again: { Type: "Wait", Seconds: year, Next: "Last" },
        Last: { Type: "Succeed" }
      }
    );
    const executionArn = await test.start(await test.create(waits), {});
    await test.clock.advance(year * 1_000 - 1);
    expect(await test.describe(executionArn)).toMatchObject({ status: "RUNNING" });
    await test.clock.advance(1);
    expect(await test.ended(executionArn)).toMatchObject({ status: "TIMED_OUT" });
    expect(test.clock.sleeping).toBe(0);
  }, 60_000);

  test("an endless loop of Choice and Pass ends at the limit of events too", async () => {
    const test = await createTestStepFunctions();
    const definition = {
      StartAt: "Pass",
      States: {
        Pass: { Type: "Pass", Next: "Choose" },
        Choose: { Type: "Choice", Choices: [{ Variable: "$.go", BooleanEquals: true, Next: "Pass" }], Default: "End" },
        End: { Type: "Succeed" }
      }
    };
    const executionArn = await test.start(await test.create(definition), { go: true });
    expect(await test.ended(executionArn)).toMatchObject({ status: "FAILED", error: "States.Runtime" });
    expect(test.endpoint.counts().events).toBe(25_000);
  });

  test.each([
    ["1.5", { seconds: 1.5 }],
    ["-1", { seconds: -1 }],
    ["text", { seconds: "1" }]
  ])("a wait of %s seconds is States.Runtime", async (_what, input) => {
    const test = await createTestStepFunctions();
    const definition = { StartAt: "Wait", States: { Wait: { Type: "Wait", SecondsPath: "$.seconds", End: true } } };
    expect(await test.ended(await test.start(await test.create(definition), input))).toMatchObject({
      status: "FAILED",
      error: "States.Runtime"
    });
  });

  test("a wait until a time needs a Z", async () => {
    const test = await createTestStepFunctions({ clock: new ManualClock(Date.parse("2026-01-01T00:00:00Z")) });
    const arn = await test.create({
      StartAt: "Wait",
      States: { Wait: { Type: "Wait", TimestampPath: "$.at", End: true } }
    });
    const good = await test.start(arn, { at: "2026-01-01T00:01:00Z" });
    expect(await test.ended(await test.start(arn, { at: "2026-01-01T00:01:00+02:00" }))).toMatchObject({
      error: "States.Runtime"
    });
    await test.clock.advance(59_999);
    expect(await test.describe(good)).toMatchObject({ status: "RUNNING" });
    await test.clock.advance(1);
    expect(await test.ended(good)).toMatchObject({
      status: "SUCCEEDED",
      output: JSON.stringify({ at: "2026-01-01T00:01:00Z" })
    });
  });

  test("what the interpreter gets wrong is put right: falsy results, causes by function, start time", async () => {
    const test = await createTestStepFunctions({ clock: new ManualClock(0) });
    const definition = {
      StartAt: "Zero",
      States: {
        Zero: { Type: "Pass", Result: 0, ResultPath: "$.zero", Next: "Time" },
        Time: { Type: "Pass", Parameters: { "zero.$": "$.zero", "at.$": "$$.Execution.StartTime" }, Next: "Fail" },
        Fail: { Type: "Fail", Error: "Wrong", CausePath: "States.JsonToString($)" }
      }
    };
    expect(await test.ended(await test.start(await test.create(definition), {}))).toMatchObject({
      status: "FAILED",
      error: "Wrong",
      cause: JSON.stringify({ zero: 0, at: "1970-01-01T00:00:00.000Z" })
    });
  });

  test("a function that does not exist is told by AWS's name", async () => {
    const test = await createTestStepFunctions();
    const definition = machineWith({ Resource: "arn:aws:lambda:us-east-1:000000000000:function:other" });
    expect(await test.ended(await test.start(await test.create(definition), {}))).toMatchObject({
      error: "Lambda.ResourceNotFoundException"
    });
  });
});

describe("starts, stops and lists", () => {
  const waiting = { StartAt: "Wait", States: { Wait: { Type: "Wait", Seconds: 60, End: true } } };
  const passing = { StartAt: "Pass", States: { Pass: { Type: "Pass", End: true } } };

  test("a start is idempotent while the execution runs, and refused after or with another input", async () => {
    const test = await createTestStepFunctions();
    const stateMachineArn = await test.create(waiting);
    const start = (input: string) =>
      test.client.send(new StartExecutionCommand({ stateMachineArn, name: "one", input }));
    const first = await start('{"a":1}');
    test.clock.jump(5_000);
    expect(await start('{"a":1}')).toMatchObject({ executionArn: first.executionArn, startDate: first.startDate });
    await expect(start('{"a":2}')).rejects.toMatchObject({ name: "ExecutionAlreadyExists" });
    await test.clock.advance(60_000);
    await test.ended(first.executionArn ?? "");
    await expect(start('{"a":1}')).rejects.toMatchObject({ name: "ExecutionAlreadyExists" });
    expect(test.endpoint.counts().started).toBe(1);
  });

  test("names, inputs and ARNs are checked", async () => {
    const test = await createTestStepFunctions();
    const stateMachineArn = await test.create(passing);
    const start = (more: object) => test.client.send(new StartExecutionCommand({ stateMachineArn, ...more }));
    for (const name of ["", "x".repeat(81), "a b", "a#b", "a:b", "a/b", "a\u0007b", "a{b"]) {
      await expect(start({ name })).rejects.toMatchObject({ name: "InvalidName" });
    }
    await start({ name: "x".repeat(80) });
    await start({ name: "a-b_c.d" });
    await expect(start({ input: "{" })).rejects.toMatchObject({ name: "InvalidExecutionInput" });
    await start({ input: JSON.stringify("x".repeat(262_142)) });
    await expect(start({ input: JSON.stringify("x".repeat(262_143)) })).rejects.toMatchObject({
      name: "InvalidExecutionInput"
    });
    await expect(start({ input: JSON.stringify("é".repeat(131_072)) })).rejects.toMatchObject({
      name: "InvalidExecutionInput"
    });
    await expect(start({ stateMachineArn: "arn:aws:states:x" })).rejects.toMatchObject({ name: "InvalidArn" });
    await expect(start({ stateMachineArn: `${stateMachineArn}x` })).rejects.toMatchObject({
      name: "StateMachineDoesNotExist"
    });
    const executionArn = `${stateMachineArn.replace("stateMachine", "execution")}:none`;
    const unknown = [
      test.client.send(new DescribeExecutionCommand({ executionArn })),
      test.client.send(new StopExecutionCommand({ executionArn })),
      test.client.send(new GetExecutionHistoryCommand({ executionArn }))
    ];
    for (const result of await Promise.allSettled(unknown)) {
      expect(result).toMatchObject({ status: "rejected", reason: { name: "ExecutionDoesNotExist" } });
    }
  });

  test("a stop ends a wait at once, is told, and may be repeated", async () => {
    const test = await createTestStepFunctions();
    const executionArn = await test.start(await test.create(waiting), {});
    await settle();
    const stop = () => test.client.send(new StopExecutionCommand({ executionArn, error: "Enough", cause: "by hand" }));
    const { stopDate } = await stop();
    expect(await test.describe(executionArn)).toMatchObject({
      status: "ABORTED",
      error: "Enough",
      cause: "by hand",
      stopDate
    });
    expect((await stop()).stopDate).toEqual(stopDate);
    await settle();
    expect(test.clock.sleeping).toBe(0);
    expect(test.events.map(({ detail }) => detail.status)).toEqual(["RUNNING", "ABORTED"]);
    expect(await typesOf(test, executionArn)).toEqual(["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"]);
  });

  test("a stop does not reach a running function, and nothing runs after it", async () => {
    let finish: ((answer: object) => void) | undefined;
    const finished: object[] = [];
    const { calls, handler } = fakeRunner(() =>
      new Promise<object>(resolve => (finish = resolve)).then(answer => finished.push(answer))
    );
    const test = await createTestStepFunctions({ handler });
    const executionArn = await test.start(await test.create(), startInput());
    await settle();
    await test.client.send(new StopExecutionCommand({ executionArn }));
    finish?.(startInput());
    await settle();
    expect(finished).toHaveLength(1);
    expect(calls).toHaveLength(1);
    expect(await test.describe(executionArn)).toMatchObject({ status: "ABORTED" });
  });

  test("status changes are told as EventBridge tells them", async () => {
    const test = await createTestStepFunctions({ clock: new ManualClock(Date.parse("2026-03-01T10:00:00.500Z")) });
    const arn = await test.create(passing);
    const executionArn = await test.start(arn, { a: 1 }, "one");
    await test.ended(executionArn);
    const detail = {
      executionArn,
      stateMachineArn: arn,
      name: "one",
      status: "RUNNING",
      startDate: 1772359200500,
      stopDate: null,
      input: '{"a":1}',
      inputDetails: { included: true },
      output: null,
      outputDetails: null,
      error: null,
      cause: null
    };
    const event = {
      version: "0",
      id: expect.any(String),
      "detail-type": "Step Functions Execution Status Change",
      source: "aws.states",
      account: "000000000000",
      time: "2026-03-01T10:00:00Z",
      region: "us-east-1",
      resources: [executionArn],
      detail
    };
    const end = { status: "SUCCEEDED", stopDate: 1772359200500, output: '{"a":1}', outputDetails: { included: true } };
    expect(test.events).toEqual([event, { ...event, detail: { ...detail, ...end } }]);
  });

  test("a handler of status changes that fails is told to the log, and harms nothing", async () => {
    const errors: unknown[] = [];
    const test = await createTestStepFunctions({
      onStatusChange: () => Promise.reject(new Error("not now")),
      logger: { error: (...line) => errors.push(line) }
    });
    await test.ended(await test.start(await test.create(passing), {}));
    expect(errors).toEqual(
      Array(2).fill([
        "The handler of a status change failed",
        { executionArn: expect.any(String), error: "Error: not now" }
      ])
    );
  });

  test("the stop ends a delivery that hangs", async () => {
    const test = await createTestStepFunctions({
      onStatusChange: (_event, signal) =>
        new Promise<void>(resolve => signal.addEventListener("abort", () => resolve()))
    });
    await test.ended(await test.start(await test.create(passing), {}));
    await test.stop();
  });

  test("lists executions newest first, page by page and by status", async () => {
    const test = await createTestStepFunctions();
    const stateMachineArn = await test.create(waiting);
    const arns: string[] = [];
    for (let index = 0; index < 5; index++) {
      arns.push(await test.start(stateMachineArn, {}, `e${index}`));
    }
    await test.client.send(new StopExecutionCommand({ executionArn: arns[1] }));
    const names = async (more: object) => {
      const { executions, nextToken } = await test.client.send(new ListExecutionsCommand({ stateMachineArn, ...more }));
      return { names: executions?.map(({ name }) => name), nextToken };
    };
    const first = await names({ maxResults: 2 });
    expect(first.names).toEqual(["e4", "e3"]);
    const second = await names({ maxResults: 2, nextToken: first.nextToken });
    expect(second.names).toEqual(["e2", "e1"]);
    expect(await names({ maxResults: 2, nextToken: second.nextToken })).toEqual({
      names: ["e0"],
      nextToken: undefined
    });
    expect((await names({ statusFilter: "ABORTED" })).names).toEqual(["e1"]);
    await expect(names({ nextToken: "made up" })).rejects.toMatchObject({ name: "InvalidToken" });
  });

  test("machines are created once, described, listed, updated and deleted", async () => {
    const test = await createTestStepFunctions({ overHttp: true });
    const arn = await test.create(waiting);
    expect(await test.create(waiting)).toBe(arn);
    await expect(test.create(passing)).rejects.toMatchObject({ name: "StateMachineAlreadyExists" });
    const describe = () => test.client.send(new DescribeStateMachineCommand({ stateMachineArn: arn }));
    expect(await describe()).toMatchObject({
      name: "tasks",
      status: "ACTIVE",
      type: "STANDARD",
      definition: JSON.stringify(waiting)
    });
    await test.create(passing, "other");
    const { stateMachines } = await test.client.send(new ListStateMachinesCommand({}));
    expect(stateMachines?.map(({ name }) => name)).toEqual(["tasks", "other"]);
    const executionArn = await test.start(arn, {});
    await test.client.send(
      new UpdateStateMachineCommand({ stateMachineArn: arn, definition: JSON.stringify(passing) })
    );
    expect((await describe()).definition).toBe(JSON.stringify(passing));
    expect(await test.describe(executionArn)).toMatchObject({ status: "RUNNING" });
    await test.client.send(new DeleteStateMachineCommand({ stateMachineArn: arn }));
    await test.client.send(new DeleteStateMachineCommand({ stateMachineArn: arn }));
    await expect(describe()).rejects.toMatchObject({ name: "StateMachineDoesNotExist" });
    expect(await test.describe(executionArn)).toMatchObject({ status: "ABORTED" });
  });

  test.each([
    ["nothing in it", {}, "StartAt"],
    ["a missing state", { StartAt: "A", States: { A: { Type: "Pass", Next: "B" } } }, "B"],
    [
      "JSONata",
      { QueryLanguage: "JSONata", StartAt: "A", States: { A: { Type: "Succeed" } } },
      "JSONPath only, not JSONata"
    ],
    [
      "variables",
      { StartAt: "A", States: { A: { Type: "Pass", Assign: { x: 1 }, End: true } } },
      "does not run Assign"
    ],
    ["a Map", { StartAt: "A", States: { A: { Type: "Map", End: true } } }, "does not run Map"],
    ["another service", machineWith({ Resource: "arn:aws:states:::sqs:sendMessage" }), "Lambda functions only"]
  ])("refuses a definition with %s", async (_what, definition, message) => {
    const test = await createTestStepFunctions();
    await expect(test.create(definition)).rejects.toMatchObject({
      name: "InvalidDefinition",
      message: expect.stringContaining(message)
    });
  });

  test("lets only this machine in, and says what it does not know", async () => {
    const test = await createTestStepFunctions();
    const ask = (headers: Record<string, string>) =>
      new Promise<[number | undefined, string]>((resolve, reject) => {
        request(test.endpoint.url, { method: "POST", headers, agent: false }, response => {
          let body = "";
          response
            .on("data", (chunk: Buffer) => (body += chunk.toString()))
            .on("end", () => resolve([response.statusCode, body]));
        })
          .on("error", reject)
          .end("{}");
      });
    expect((await ask({ Host: "rebound.example.com" }))[0]).toBe(403);
    expect(await ask({ "Content-Type": "text/plain" })).toEqual([
      404,
      expect.stringContaining("UnknownOperationException")
    ]);
    const json = { "Content-Type": "application/x-amz-json-1.0" };
    expect(await ask({ ...json, "X-Amz-Target": "AWSStepFunctions.RedriveExecution" })).toEqual([
      400,
      expect.stringContaining("The local endpoint has no RedriveExecution.")
    ]);
    await expect(
      test.client.send(
        new CreateStateMachineCommand({ name: "x", definition: JSON.stringify(passing), roleArn: "r", type: "EXPRESS" })
      )
    ).rejects.toMatchObject({ name: "ValidationException" });
  });
});

describe("restart", () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "tasks-sfn-"));
  });
  afterEach(async () => {
    await stopAll();
    await rm(dataDir, { recursive: true });
  });
  const file = () => join(dataDir, "executions.jsonl");

  test("an execution that had not ended runs again from its beginning, with its input and start date", async () => {
    const options: TestOptions = { dataDir, clock: new ManualClock() };
    const first = fakeRunner((payload, call) =>
      call === 1 ? next(payload, { wait: 1_000 }) : next(payload, { status: "done" })
    );
    const before = await createTestStepFunctions({ ...options, handler: first.handler });
    const arn = await before.create();
    const executionArn = await before.start(arn, startInput(), "one");
    const { startDate } = await before.describe(executionArn);
    await settle(20);
    expect(first.calls).toHaveLength(1);
    await before.stop();
    expect(before.clock.sleeping).toBe(0);

    before.clock.jump(5_000);
    const second = fakeRunner(payload => next(payload, { status: "done" }));
    const after = await createTestStepFunctions({ ...options, handler: second.handler });
    expect(await after.ended(executionArn)).toMatchObject({
      status: "SUCCEEDED",
      startDate,
      input: JSON.stringify(startInput())
    });
    expect(second.calls[0]).toEqual(first.calls[0]);
    expect(after.events.map(({ detail }) => detail.status)).toEqual(["SUCCEEDED"]);
    await after.stop();

    const third = await createTestStepFunctions({ ...options, handler: second.handler });
    await expect(
      third.client.send(new StartExecutionCommand({ stateMachineArn: arn, name: "one", input: "{}" }))
    ).rejects.toMatchObject({
      name: "ExecutionAlreadyExists"
    });
    expect(await third.describe(executionArn)).toMatchObject({ status: "SUCCEEDED" });
    expect(second.calls).toHaveLength(1);
    const { events } = await third.client.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events?.map(({ id, type }) => `${id} ${type}`)).toEqual(["1 ExecutionStarted", "13 ExecutionSucceeded"]);
  });

  test("a wait before the first Task goes on where it was, however often it is cut off", async () => {
    const options: TestOptions = { dataDir, clock: new ManualClock() };
    const { handler, calls } = fakeRunner(payload => next(payload, { status: "done" }));
    const first = await createTestStepFunctions({ ...options, handler });
    const executionArn = await first.start(await first.create(), startInput({ wait: 100 }), "delayed");
    await settle(20);
    await first.stop();
    for (let stop = 0; stop < 3; stop++) {
      first.clock.jump(30_000);
      const between = await createTestStepFunctions({ ...options, handler });
      await settle(20);
      expect(between.clock.sleeping).toBeGreaterThan(0);
      await between.stop();
    }
    expect(calls).toHaveLength(0);
    first.clock.jump(10_000);
    const last = await createTestStepFunctions({ ...options, handler });
    expect(await last.ended(executionArn)).toMatchObject({ status: "SUCCEEDED" });
    expect(calls).toHaveLength(1);
  });

  test("a torn last line is passed over; any other is named", async () => {
    const before = await createTestStepFunctions({ dataDir });
    await before.create();
    await before.stop();
    await appendFile(file(), '{"entry":"start","record":{"executionA');
    const after = await createTestStepFunctions({ dataDir });
    const executionArn = await after.start(await after.create(), startInput({ status: "done" }));
    await after.ended(executionArn);
    await after.stop();
    const text = await readFile(file(), "utf8");
    expect(
      text
        .trim()
        .split("\n")
        .map(line => JSON.parse(line).entry)
    ).toEqual(["machine", "start", "end"]);
    await appendFile(file(), "torn\n{}\n");
    await expect(createTestStepFunctions({ dataDir })).rejects.toMatchObject({
      code: "LOCAL_ERROR",
      message: `Line 4 of ${file()} cannot be read. Correct or delete it.`
    });
  });

  test("the file is written anew at the start: one line for what ended, none after 90 days", async () => {
    const clock = new ManualClock();
    const before = await createTestStepFunctions({ dataDir, clock });
    const executionArn = await before.start(await before.create(), startInput({ status: "done" }));
    await before.ended(executionArn);
    await before.stop();
    await (await createTestStepFunctions({ dataDir, clock })).stop();
    const entries = async () =>
      (await readFile(file(), "utf8"))
        .trim()
        .split("\n")
        .map(line => JSON.parse(line).entry);
    expect(await entries()).toEqual(["end", "machine"]);
    clock.jump(91 * 24 * 60 * 60 * 1_000);
    const after = await createTestStepFunctions({ dataDir, clock });
    expect(await entries()).toEqual(["machine"]);
    await expect(after.describe(executionArn)).rejects.toMatchObject({ name: "ExecutionDoesNotExist" });
  });

  test("an execution past its year ends at the restart", async () => {
    const clock = new ManualClock();
    const before = await createTestStepFunctions({ dataDir, clock });
    const executionArn = await before.start(await before.create(), startInput({ wait: 60 }));
    await before.stop();
    clock.jump(365 * 24 * 60 * 60 * 1_000);
    const after = await createTestStepFunctions({ dataDir, clock });
    expect(await after.ended(executionArn)).toMatchObject({ status: "TIMED_OUT" });
  });

  test("machines given to the endpoint are there before unfinished executions run, in their new form", async () => {
    const waits = { StartAt: "Wait", States: { Wait: { Type: "Wait", Seconds: 60, End: true } } };
    const passes = { StartAt: "Pass", States: { Pass: { Type: "Pass", Result: "new", End: true } } };
    const machine = (definition: object) => [{ name: "given", definition: JSON.stringify(definition) }];
    const before = await createTestStepFunctions({ dataDir, stateMachines: machine(waits) });
    const executionArn = await before.start("arn:aws:states:us-east-1:000000000000:stateMachine:given", {});
    await before.stop();
    const after = await createTestStepFunctions({ dataDir, stateMachines: machine(passes) });
    expect(await after.ended(executionArn)).toMatchObject({ status: "SUCCEEDED", output: '"new"' });
  });
});

test("requests after the stop are refused", async () => {
  const test = await createTestStepFunctions();
  await test.stop();
  await expect(test.create()).rejects.toThrow("The local Step Functions endpoint is not running.");
});

test("forgets all but the newest 10,000 executions that have ended, and reads older ones from the file", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "tasks-sfn-"));
  try {
    const test = await createTestStepFunctions({ dataDir, onStatusChange: undefined });
    const arn = await test.create({ StartAt: "Pass", States: { Pass: { Type: "Pass", End: true } } });
    const body = (name: number) => JSON.stringify({ stateMachineArn: arn, name: `e${name}`, input: "{}" });
    const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AWSStepFunctions.StartExecution" };
    for (let name = 0; name < 14_000; name++) {
      await test.endpoint.requestHandler.handle({ method: "POST", path: "/", headers, body: body(name) });
      await settle(1);
    }
    const { executions } = await test.client.send(new ListExecutionsCommand({ stateMachineArn: arn, maxResults: 1 }));
    expect(executions?.[0]?.name).toBe("e13999");
    expect(await test.describe(`${arn.replace("stateMachine", "execution")}:e3`)).toMatchObject({
      status: "SUCCEEDED",
      name: "e3"
    });
    expect(test.endpoint.counts()).toMatchObject({ started: 14_000, ended: 14_000 });
    await stopAll();
    const again = await createTestStepFunctions({ dataDir });
    expect(await again.describe(`${arn.replace("stateMachine", "execution")}:e13999`)).toMatchObject({
      status: "SUCCEEDED"
    });
  } finally {
    await stopAll();
    await rm(dataDir, { recursive: true });
  }
}, 60_000);
