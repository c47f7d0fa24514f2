import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand
} from "@aws-sdk/client-sfn";
import { createInProcessLambda } from "../../src/local/InProcessLambda.js";
import type { LambdaHandler } from "../../src/local/invocation.js";
import type { LocalLambda } from "../../src/local/LocalLambda.js";
import type { ExecutionStatusChangeEvent } from "../../src/local/stepfunctions/statusChangeEvent.js";
import { StepFunctionsEndpoint, type StepFunctionsEndpointOptions } from "../../src/local/StepFunctionsEndpoint.js";
import { stateMachineJson } from "../../src/machine/stateMachine.js";
import { ManualClock, settle } from "./ManualClock.js";

const FUNCTION_ARN = "arn:aws:lambda:us-east-1:000000000000:function:runner";
const credentials = { accessKeyId: "local", secretAccessKey: "local" };
const running: { stop(): Promise<void> }[] = [];

export interface TestOptions extends Partial<StepFunctionsEndpointOptions> {
  handler?: LambdaHandler;
  function?: LocalLambda;
  overHttp?: boolean;
}

/** The endpoint with a clock that stands still, a function, and a real SDK client. */
export async function createTestStepFunctions({ handler = () => null, overHttp, ...options }: TestOptions = {}) {
  const clock = (options.clock as ManualClock | undefined) ?? new ManualClock();
  const lambda = options.function ?? createInProcessLambda({ handler, timeoutSeconds: 900, clock });
  const events: ExecutionStatusChangeEvent[] = [];
  const endpoint = new StepFunctionsEndpoint({
    lambda: name => (name === FUNCTION_ARN ? lambda : undefined),
    onStatusChange: event => events.push(event),
    random: () => 0.5,
    clock,
    ...options
  });
  await endpoint.start();
  const client = new SFNClient({
    region: "us-east-1",
    credentials,
    maxAttempts: 1,
    endpoint: endpoint.url,
    ...(overHttp ? {} : { requestHandler: endpoint.requestHandler })
  });
  const stop = async () => {
    await endpoint.stop();
    await lambda.stop();
    client.destroy();
  };
  running.push({ stop });

  const create = async (definition: object | string = stateMachineJson(FUNCTION_ARN), name = "tasks") => {
    const command = new CreateStateMachineCommand({
      name,
      roleArn: "arn:aws:iam::000000000000:role/local",
      definition: typeof definition === "string" ? definition : JSON.stringify(definition)
    });
    return (await client.send(command)).stateMachineArn as string;
  };
  const start = async (stateMachineArn: string, input: unknown, name?: string) => {
    const { executionArn } = await client.send(
      new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input), name })
    );
    return executionArn as string;
  };
  const describe = (executionArn: string) => client.send(new DescribeExecutionCommand({ executionArn }));
  /** Waits, without moving the clock, for an end that needs no time. */
  const ended = async (executionArn: string) => {
    for (;;) {
      const description = await describe(executionArn);
      if (description.status !== "RUNNING") {
        await settle(1);
        return description;
      }
      await settle(20);
    }
  };
  return { clock, lambda, endpoint, client, events, stop, create, start, describe, ended };
}

export async function stopAll(): Promise<void> {
  for (const { stop } of running.splice(0)) {
    await stop();
  }
}

/** A machine with one Task and whatever the test is about. */
export function machineWith(task: object, states: object = { End: { Type: "Succeed" } }): object {
  return {
    StartAt: "Work",
    States: { Work: { Type: "Task", Resource: FUNCTION_ARN, Next: "End", ...task }, ...states }
  };
}

/** Start input of the library's own machine. */
export function startInput(more: object = {}): object {
  return {
    webinyTaskId: "task1",
    webinyTaskDefinitionId: "fake",
    tenant: "root",
    locale: "en-US",
    status: "continue",
    wait: 0,
    iteration: 1,
    execution: 1,
    events: 1,
    delay: -1,
    error: null,
    ...more
  };
}
