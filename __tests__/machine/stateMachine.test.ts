import validate from "asl-validator";
import { machineAnswer, startState } from "../../src/machine/answer.js";
import { parseTaskEvent } from "../../src/machine/event.js";
import type { TaskResult } from "../../src/machine/result.js";
import { EVENT_NAME, MachineStatus, stateMachine, stateMachineJson } from "../../src/machine/stateMachine.js";
import { createHandler } from "../../src/index.js";

const states = stateMachine.States;
const ARN = "arn:aws:lambda:eu-central-1:123456789012:function:tasks";

/** Every text in a value, with the key it stands at. */
function texts(value: unknown, key = ""): { key: string; text: string }[] {
  if (typeof value === "string") {
    return [{ key, text: value }];
  }
  return typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, part]) => texts(part, name))
    : [];
}

/** The top-level keys that the machine reads of its state: `$.x`, not the context object's `$$.x`. */
function keysRead(value: unknown): string[] {
  const paths = texts(value).filter(({ text }) => /^\$\.[a-zA-Z]/.test(text));
  return [...new Set(paths.map(({ text }) => text.split(".")[1] as string))].sort();
}

/** A small interpreter of the CheckStatus state, as the specification says: the first choice that holds. */
function nextAfterCheck(state: Record<string, unknown>): string {
  const holds = (rule: Record<string, unknown>): boolean => {
    const value = state[(rule.Variable as string).slice(2)];
    if ("IsPresent" in rule) {
      return (value !== undefined) === rule.IsPresent;
    }
    if ("IsNumeric" in rule) {
      return (typeof value === "number") === rule.IsNumeric;
    }
    if ("StringEquals" in rule) {
      return value === rule.StringEquals;
    }
    if ("NumericGreaterThan" in rule) {
      return typeof value === "number" && value > (rule.NumericGreaterThan as number);
    }
    throw new Error(`This test does not know the rule ${JSON.stringify(rule)}.`);
  };
  return states.CheckStatus.Choices.find(({ And }) => And.every(holds))?.Next ?? states.CheckStatus.Default;
}

const base = {
  webinyTaskId: "01J",
  webinyTaskDefinitionId: "syncArticles",
  tenant: "root",
  locale: "en-US",
  execution: 1,
  iteration: 3
};
const results: Record<string, TaskResult> = {
  done: { ...base, status: "done" },
  "done with message and output": { ...base, status: "done", message: "Done.", output: { synced: 3 } },
  continue: { ...base, status: "continue", delay: -1 },
  "continue with input and wait": { ...base, status: "continue", delay: -1, input: { page: 2 }, wait: 5 },
  error: { ...base, status: "error", error: { message: "no" } },
  "error with everything": {
    ...base,
    status: "error",
    error: { message: "no", code: "NO", data: { a: 1 }, stack: "s" }
  },
  aborted: { ...base, status: "aborted" }
};
const MACHINE_KEYS = [
  "delay",
  "error",
  "events",
  "execution",
  "iteration",
  "locale",
  "status",
  "tenant",
  "wait",
  "webinyTaskDefinitionId",
  "webinyTaskId"
];
const start = startState({
  id: "01J",
  definitionId: "syncArticles",
  tenant: "root",
  locale: "en-US",
  execution: 1,
  iteration: 1,
  delaySeconds: 0
});

describe("the state machine", () => {
  it("is valid Amazon States Language, with the placeholders and with an ARN of any partition", () => {
    const filled = ["aws", "aws-cn", "aws-us-gov"].map(partition => stateMachineJson(ARN.replace("aws", partition)));
    for (const json of [stateMachineJson(), ...filled]) {
      expect(validate(JSON.parse(json))).toMatchObject({ isValid: true, errors: [] });
    }
    // It writes into what it is given.
    expect(validate({ ...JSON.parse(stateMachineJson()), StartAt: "Nowhere" }).isValid).toBe(false);
  });

  it("names the runner in both tasks, by placeholder or by ARN", () => {
    expect(stateMachineJson().split("${RunnerFunctionArn}")).toHaveLength(3);
    expect(stateMachineJson(ARN).split(ARN)).toHaveLength(3);
    expect(stateMachineJson(ARN)).not.toContain("${");
  });

  it("calls Lambda through the integration of the function's own partition", () => {
    for (const partition of ["aws", "aws-cn", "aws-us-gov"]) {
      const { States } = JSON.parse(stateMachineJson(ARN.replace("aws", partition)));
      expect([States.Run.Resource, States.Recover.Resource]).toEqual([
        `arn:${partition}:states:::lambda:invoke`,
        `arn:${partition}:states:::lambda:invoke`
      ]);
    }
  });

  it("starts with the check, so that a delayed trigger waits before a Lambda is called", () => {
    expect(stateMachine.StartAt).toBe("CheckStatus");
    expect(nextAfterCheck({ ...start })).toBe("Run");
    expect(nextAfterCheck({ ...start, wait: 60 })).toBe("Wait");
    expect(states.Wait).toEqual({ Type: "Wait", SecondsPath: "$.wait", Next: "Run" });
  });

  it.each([
    ["continue", 0, "Run"],
    ["continue", 1, "Wait"],
    ["done", 0, "Done"],
    ["aborted", 0, "Aborted"],
    ["handover", 0, "HandedOver"],
    ["error", 0, "Failed"],
    ["done", 5, "Done"],
    ["CONTINUE", 0, "UnknownStatus"],
    ["", 0, "UnknownStatus"]
  ])("reads status %p with wait %p as %p", (status, wait, next) => {
    expect(nextAfterCheck({ ...start, status, wait })).toBe(next);
  });

  it.each([[{}], [{ status: 1 }], [{ status: null }], [{ Payload: "garbage" }]])(
    "ends on the answer %j instead of dying on a path",
    answer => {
      expect(nextAfterCheck(answer)).toBe("UnknownStatus");
    }
  );

  it("has a way on for every status", () => {
    for (const status of Object.values(MachineStatus)) {
      expect(nextAfterCheck({ ...start, status })).not.toBe("UnknownStatus");
    }
  });

  it("takes only texts and numbers it can compare as a wait", () => {
    expect(nextAfterCheck({ status: "continue", wait: "5" })).toBe("Run");
    expect(nextAfterCheck({ status: "continue" })).toBe("Run");
  });

  it("retries Run for throttling and the four errors after which nobody knows whether it ran, and nothing else", () => {
    expect(states.Run.Retry).toEqual([
      {
        ErrorEquals: ["Lambda.TooManyRequestsException"],
        IntervalSeconds: 2,
        BackoffRate: 2,
        MaxAttempts: 30,
        MaxDelaySeconds: 120,
        JitterStrategy: "FULL"
      },
      {
        ErrorEquals: [
          "Lambda.ClientExecutionTimeoutException",
          "Lambda.ServiceException",
          "Lambda.AWSLambdaException",
          "Lambda.SdkClientException"
        ],
        IntervalSeconds: 2,
        BackoffRate: 2,
        MaxAttempts: 6,
        MaxDelaySeconds: 60,
        JitterStrategy: "FULL"
      }
    ]);
  });

  it("gives every other error of Run to Recover, and every error of Recover to Lost, with the state kept", () => {
    // States.ALL does not match States.DataLimitExceeded.
    expect(states.Run.Catch).toEqual([
      { ErrorEquals: ["States.DataLimitExceeded"], ResultPath: "$.crash", Next: "Recover" },
      { ErrorEquals: ["States.ALL"], ResultPath: "$.crash", Next: "Recover" }
    ]);
    expect(states.Recover.Retry).toEqual([
      {
        ErrorEquals: ["States.ALL"],
        IntervalSeconds: 5,
        BackoffRate: 2,
        MaxAttempts: 8,
        MaxDelaySeconds: 300,
        JitterStrategy: "FULL"
      }
    ]);
    expect(states.Recover.Catch).toEqual([{ ErrorEquals: ["States.ALL"], ResultPath: "$.crash", Next: "Lost" }]);
    expect(states.Lost).toEqual({ Type: "Fail", ErrorPath: "$.crash.Error", CausePath: "$.crash.Cause" });
  });

  it("calls the Lambda with a time-out above the function's 900 seconds, and goes on with its answer alone", () => {
    for (const task of [states.Run, states.Recover]) {
      expect(task).toMatchObject({
        Type: "Task",
        Resource: "${LambdaInvoke}",
        OutputPath: "$.Payload",
        TimeoutSeconds: 960,
        Next: "CheckStatus"
      });
      expect(task.Parameters.Payload.name).toBe(EVENT_NAME);
    }
  });

  it("tells Recover the same as Run, and the crash", () => {
    const { crash, ...rest } = states.Recover.Parameters.Payload.payload as Record<string, unknown>;
    expect(rest).toEqual(states.Run.Parameters.Payload.payload);
    expect(crash).toEqual({ "error.$": "$.crash.Error", "cause.$": "$.crash.Cause" });
  });

  it("fails when the task failed, and succeeds on every other end", () => {
    const types = Object.entries(states).map(([name, { Type }]) => [name, Type]);
    expect(Object.fromEntries(types)).toEqual({
      CheckStatus: "Choice",
      Run: "Task",
      Recover: "Task",
      Wait: "Wait",
      Done: "Succeed",
      Aborted: "Succeed",
      HandedOver: "Succeed",
      Failed: "Fail",
      Lost: "Fail",
      UnknownStatus: "Fail"
    });
    expect(states.Failed.Error).toBe("TaskFailed");
    expect(states.UnknownStatus.Error).toBe("UnknownStatus");
  });
});

describe("what the machine reads is there", () => {
  // `crash` and `Payload` come from Step Functions itself.
  const { Run, Recover, ...others } = states;
  const read = keysRead([Run.Parameters, Recover.Parameters, others]).filter(key => key !== "crash");

  it("reads these keys", () => {
    expect(read).toEqual([
      "events",
      "execution",
      "iteration",
      "locale",
      "status",
      "tenant",
      "wait",
      "webinyTaskDefinitionId",
      "webinyTaskId"
    ]);
    expect(keysRead(Recover.Parameters)).toContain("crash");
    expect(keysRead(Run.Parameters)).not.toContain("crash");
  });

  it("marks each path as one, and nothing else", () => {
    for (const { key, text } of texts([Run.Parameters, Recover.Parameters])) {
      expect([key, key.endsWith(".$")]).toEqual([key, text.startsWith("$.") || text.startsWith("$$.")]);
    }
  });

  it("is started with exactly the keys", () => {
    expect(Object.keys(start).sort()).toEqual(MACHINE_KEYS);
    expect(Object.keys(start)).toEqual(expect.arrayContaining(read));
    expect(start).toEqual({
      webinyTaskId: "01J",
      webinyTaskDefinitionId: "syncArticles",
      tenant: "root",
      locale: "en-US",
      status: "continue",
      wait: 0,
      iteration: 1,
      execution: 1,
      events: 1,
      delay: -1,
      error: null
    });
  });

  it.each(Object.keys(results))("is answered with exactly the keys: %s", name => {
    const answer = machineAnswer({}, results[name] as TaskResult);
    // As it arrives: JSON drops a key that is undefined.
    const arrived = JSON.parse(JSON.stringify(answer)) as Record<string, unknown>;
    expect(Object.keys(arrived).sort()).toEqual(MACHINE_KEYS);
    expect(Object.keys(arrived)).toEqual(expect.arrayContaining(read));
    expect(nextAfterCheck(arrived)).not.toBe("UnknownStatus");
  });

  it.each([
    ["one field missing", { tenant: undefined }],
    ["a wrong number", { iteration: "3" }],
    ["no numbers but the events", { iteration: undefined, execution: undefined }],
    ["nothing but numbers", { webinyTaskId: "#", webinyTaskDefinitionId: "", tenant: null, locale: 5 }]
  ])("is answered with exactly the keys by the handler, for a broken event: %s", async (_, broken) => {
    const payload = { ...ownPayload, ...broken };
    const answer = await createHandler({ plugins: [] })({ name: EVENT_NAME, payload });
    const arrived = JSON.parse(JSON.stringify(answer)) as Record<string, unknown>;
    expect(Object.keys(arrived).sort()).toEqual(MACHINE_KEYS);
    expect(arrived).toMatchObject({
      status: "error",
      error: { code: "VALIDATION_FAILED_INVALID_FIELDS", message: "Validation failed." }
    });
    expect(nextAfterCheck(arrived)).toBe("Failed");
  });

  it("sends an event that the runner takes", () => {
    const state: Record<string, unknown> = { ...start, crash: { Error: "Lambda.Unknown", Cause: "RequestId: 1" } };
    const context: Record<string, Record<string, unknown>> = {
      Execution: { Name: "syncArticles_01J_1", Id: "arn:execution" },
      StateMachine: { Id: "arn:machine" },
      State: { RetryCount: 0 }
    };
    const filled = (template: object): unknown =>
      Object.fromEntries(
        Object.entries(template).map(([key, value]: [string, unknown]) => {
          if (typeof value === "object" && value !== null) {
            return [key, filled(value)];
          }
          if (!key.endsWith(".$")) {
            return [key, value];
          }
          const [root, ...path] = (value as string).split(".");
          let found: unknown = root === "$$" ? context : state;
          for (const name of path) {
            found = (found as Record<string, unknown>)[name];
          }
          return [key.slice(0, -2), found];
        })
      );
    const run = parseTaskEvent(filled(Run.Parameters.Payload));
    expect(run.error).toBeUndefined();
    expect(run.event).toEqual({ dialect: "own", ...ownPayload, webinyTaskId: "01J" });
    const recover = parseTaskEvent(filled(Recover.Parameters.Payload));
    expect(recover.error).toBeUndefined();
    expect(recover.event.crash).toEqual({ error: "Lambda.Unknown", cause: "RequestId: 1" });
  });
});

const ownPayload = {
  webinyTaskId: "01J",
  webinyTaskDefinitionId: "syncArticles",
  tenant: "root",
  locale: "en-US",
  delay: -1,
  endpoint: "manage",
  executionName: "syncArticles_01J_1",
  executionArn: "arn:execution",
  stateMachineId: "arn:machine",
  execution: 1,
  iteration: 1,
  events: 1,
  retryCount: 0
};
