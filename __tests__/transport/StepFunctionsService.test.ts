import { SFNClient } from "@aws-sdk/client-sfn";
import { StepFunctionsService } from "../../src/transport/stepfunctions/StepFunctionsService.js";
import type { Task } from "../../src/types.js";

const MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:tasks";
const EXECUTION = "arn:aws:states:eu-central-1:123456789012:execution:tasks";
const ID = "01HZ0000000000000000000000";
const START = new Date("2026-01-01T00:00:00.000Z");

const task = (more: Partial<Task> = {}): Task => ({
  id: ID,
  name: "Sync",
  definitionId: "syncArticles",
  taskStatus: "pending",
  executionName: "",
  input: { large: "never sent" },
  createdOn: START.toISOString(),
  savedOn: START.toISOString(),
  createdBy: { id: "system", displayName: "System", type: "system" },
  iterations: 0,
  execution: 1,
  attempt: 0,
  recent: [],
  usage: { transitions: 0, invocations: 0, gbSeconds: 0, readUnits: 0, writeUnits: 0 },
  ...more
});

const failure = (name: string, message = name) => Object.assign(new Error(message), { name });

/** A service whose client answers each command with the next of these, or throws it. */
function serviceOf(answers: unknown[], dialect?: "own" | "webiny") {
  const client = new SFNClient({ region: "eu-central-1" });
  const sent: [string, Record<string, unknown>][] = [];
  client.send = async (command: { constructor: { name: string }; input: Record<string, unknown> }) => {
    sent.push([command.constructor.name, command.input]);
    const answer = answers.shift();
    if (answer instanceof Error) {
      throw answer;
    }
    return answer;
  };
  const service = new StepFunctionsService({
    client,
    stateMachineArn: MACHINE,
    tenant: () => "acme",
    locale: () => "de-DE",
    dialect
  });
  return { service, sent };
}

describe("a start", () => {
  it("is named by definition, task and execution, and carries the machine's state byte by byte, no input", async () => {
    const { service, sent } = serviceOf([{ executionArn: `${EXECUTION}:x`, startDate: START }]);
    expect(await service.send(task(), 0)).toEqual({
      executionArn: `${EXECUTION}:x`,
      startDate: "2026-01-01T00:00:00.000Z"
    });
    expect(sent).toEqual([
      [
        "StartExecutionCommand",
        {
          stateMachineArn: MACHINE,
          name: `syncArticles_${ID}_1`,
          input:
            `{"webinyTaskId":"${ID}","webinyTaskDefinitionId":"syncArticles","tenant":"acme","locale":"de-DE",` +
            '"status":"continue","wait":0,"iteration":1,"execution":1,"events":1,"delay":-1,"error":null}'
        }
      ]
    ]);
  });

  it("carries the delay as the first wait, and the next iteration and execution of a task that goes on", async () => {
    const { service, sent } = serviceOf([{}, {}]);
    await service.send(task(), 3600);
    await service.send(task({ execution: 3, iterations: 41, executionName: `syncArticles_${ID}_2` }), 0);
    const [first, later] = sent.map(([, { input }]) => JSON.parse(input as string));
    expect(first).toMatchObject({ status: "continue", wait: 3600, iteration: 1, execution: 1 });
    expect(later).toMatchObject({ status: "continue", wait: 0, iteration: 42, execution: 3 });
    expect(sent[1]![1].name).toBe(`syncArticles_${ID}_3`);
  });

  it("is the same to the byte when it is repeated", async () => {
    const { service, sent } = serviceOf([{}, {}]);
    await service.send(task(), 5);
    await service.send(task({ name: "Renamed", taskStatus: "running", savedOn: "2027-01-01T00:00:00.000Z" }), 5);
    expect(sent[1]).toEqual(sent[0]);
  });

  it("cuts a long definition id in the name to 40 characters, so that 80 are enough", async () => {
    const { service, sent } = serviceOf([{}]);
    await service.send(task({ definitionId: `a${"b".repeat(63)}`, execution: 12_345 }), 0);
    expect(sent[0]![1].name).toBe(`a${"b".repeat(39)}_${ID}_12345`);
  });

  it("whose name is taken is a success while that execution is open", async () => {
    const open = { executionArn: `${EXECUTION}:syncArticles_${ID}_1`, status: "RUNNING", startDate: START };
    const { service, sent } = serviceOf([failure("ExecutionAlreadyExists"), open]);
    expect(await service.send(task(), 0)).toEqual({
      executionArn: `${EXECUTION}:syncArticles_${ID}_1`,
      startDate: "2026-01-01T00:00:00.000Z"
    });
    expect(sent[1]).toEqual(["DescribeExecutionCommand", { executionArn: `${EXECUTION}:syncArticles_${ID}_1` }]);
    expect(sent).toHaveLength(2);
  });

  it.each(["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])(
    "whose name is taken by one that is %s is an error",
    async status => {
      const taken = failure("ExecutionAlreadyExists", "Already there.");
      const { service } = serviceOf([taken, { executionArn: "x", status }]);
      await expect(service.send(task(), 0)).rejects.toMatchObject({
        code: "TRIGGER_STEP_FUNCTION_ERROR",
        message: `The execution "syncArticles_${ID}_1" of the task "syncArticles" could not be started: Already there.`,
        data: { id: ID, definitionId: "syncArticles", name: "ExecutionAlreadyExists" },
        cause: taken
      });
    }
  );

  it("whose name is taken by one that is gone meanwhile is an error", async () => {
    const { service } = serviceOf([failure("ExecutionAlreadyExists"), failure("ExecutionDoesNotExist")]);
    await expect(service.send(task(), 0)).rejects.toMatchObject({ code: "TRIGGER_STEP_FUNCTION_ERROR" });
  });

  it.each(["ThrottlingException", "AccessDeniedException", "StateMachineDoesNotExist", "TimeoutError"])(
    "that fails with %s gives a coded error with its cause, and looks no further",
    async name => {
      const cause = failure(name, "Not now.");
      const { service, sent } = serviceOf([cause]);
      await expect(service.send(task(), 0)).rejects.toMatchObject({
        code: "TRIGGER_STEP_FUNCTION_ERROR",
        message: `The execution "syncArticles_${ID}_1" of the task "syncArticles" could not be started: Not now.`,
        data: { name },
        cause
      });
      expect(sent).toHaveLength(1);
    }
  );

  it("of Webiny's machine is wrapped in `detail`, with the delay by that name", async () => {
    const { service, sent } = serviceOf([{}], "webiny");
    await service.send(task(), 30);
    expect(sent[0]![1].input).toBe(
      `{"detail":{"webinyTaskId":"${ID}","webinyTaskDefinitionId":"syncArticles","tenant":"acme","locale":"de-DE","delay":30}}`
    );
  });
});

describe("a stop", () => {
  it("ends the current execution, with the reason", async () => {
    const { service, sent } = serviceOf([{}, {}, {}]);
    await service.stop(task({ execution: 2 }), { reason: "Not today." });
    await service.stop(task({ execution: 2 }), { execution: 1 });
    await service.stop(task({ executionName: "named-by-webiny" }));
    const stop = (name: string, cause: string) => [
      "StopExecutionCommand",
      { executionArn: `${EXECUTION}:${name}`, error: "TaskAborted", cause }
    ];
    expect(sent).toEqual([
      stop(`syncArticles_${ID}_2`, "Not today."),
      stop(`syncArticles_${ID}_1`, "Task aborted."),
      stop("named-by-webiny", "Task aborted.")
    ]);
  });

  it("cuts a reason that is longer than the service takes", async () => {
    const { service, sent } = serviceOf([{}]);
    await service.stop(task(), { reason: "x".repeat(40_000) });
    expect(sent[0]![1].cause).toBe("x".repeat(1_000));
  });

  it("of an execution that does not exist is no error", async () => {
    const { service, sent } = serviceOf([failure("ExecutionDoesNotExist")]);
    await service.stop(task());
    expect(sent).toHaveLength(1);
  });

  it("that is refused gives a coded error with its cause", async () => {
    const cause = failure("ThrottlingException", "Slow down.");
    const { service } = serviceOf([cause]);
    await expect(service.stop(task())).rejects.toMatchObject({
      code: "SERVICE_ERROR",
      message: `The execution ${EXECUTION}:syncArticles_${ID}_1 could not be stopped: Slow down.`,
      data: { executionArn: `${EXECUTION}:syncArticles_${ID}_1`, name: "ThrottlingException" },
      cause
    });
  });
});

describe("fetch", () => {
  it("gives what the service says, dates as ISO texts, and leaves out what it does not say", async () => {
    const described = {
      executionArn: `${EXECUTION}:x`,
      stateMachineArn: MACHINE,
      name: "x",
      status: "FAILED",
      startDate: START,
      stopDate: new Date("2026-01-02T00:00:00.000Z"),
      error: "TaskFailed",
      cause: "The task failed.",
      input: "{}",
      $metadata: {}
    };
    const { service, sent } = serviceOf([described, { executionArn: "a", name: "n", status: "RUNNING" }]);
    expect(await service.fetch(task({ execution: 4 }))).toEqual({
      executionArn: `${EXECUTION}:x`,
      name: "x",
      status: "FAILED",
      startDate: "2026-01-01T00:00:00.000Z",
      stopDate: "2026-01-02T00:00:00.000Z",
      error: "TaskFailed",
      cause: "The task failed.",
      input: "{}"
    });
    expect(sent[0]).toEqual(["DescribeExecutionCommand", { executionArn: `${EXECUTION}:syncArticles_${ID}_4` }]);
    expect(await service.fetch(task())).toEqual({ executionArn: "a", name: "n", status: "RUNNING" });
  });

  it("is null for an execution that does not exist", async () => {
    expect(await serviceOf([failure("ExecutionDoesNotExist")]).service.fetch(task())).toBeNull();
  });

  it("that is refused gives a coded error with its cause", async () => {
    const cause = failure("AccessDeniedException", "Not you.");
    await expect(serviceOf([cause]).service.fetch(task())).rejects.toMatchObject({
      code: "SERVICE_ERROR",
      message: `The execution ${EXECUTION}:syncArticles_${ID}_1 could not be described: Not you.`,
      cause
    });
  });
});
