import { randomUUID } from "node:crypto";
import { SFNClient } from "@aws-sdk/client-sfn";
import { createBackgroundTasks, type BackgroundTasksOptions, type TaskContext } from "../../src/index.js";
import { registerBackgroundTaskHandler } from "../../src/host/webiny/index.js";
import type { Storage } from "../../src/storage/Storage.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { MeteredStorage } from "../../src/storage/MeteredStorage.js";
import { VirtualClock } from "../../src/testing/VirtualClock.js";
import { createHandlerAws } from "./createHandlerAws.js";
import { webinyPlugins, type WebinyContext } from "./webinyPlugins.js";

export const MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:webiny-background-tasks";

export type ProjectContext = WebinyContext & TaskContext;
type Answer = Record<string, any>;

/** An execution of the state machine, Webiny's or ours, as its start input says. */
export interface TestExecution {
  name: string;
  input: any;
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "ABORTED";
  /** Seconds before the next call. */
  wait: number;
  state: Answer;
  answers: Answer[];
}

/**
 * A Webiny project: its API on the stand-in for `@webiny/handler-aws`, a Step Functions client that keeps what is started,
 * and the turns of either state machine. Webiny's has neither numbers nor a Recover state: a throw ends the execution.
 */
export function createWebinyProject(
  plugins: unknown[],
  {
    dialect = "webiny",
    order = "Webiny first",
    installed = (options: BackgroundTasksOptions): unknown => createBackgroundTasks(options),
    underlying = new MemoryStorage(),
    ...options
  }: Omit<BackgroundTasksOptions, "stateMachineDialect"> & {
    dialect?: BackgroundTasksOptions["stateMachineDialect"];
    order?: "Webiny first" | "ours first";
    installed?: (options: BackgroundTasksOptions) => unknown;
    underlying?: Storage;
  } = {}
) {
  const handlerAws = createHandlerAws();
  const clock = new VirtualClock();
  const storage = new MeteredStorage(underlying);
  const executions = new Map<string, TestExecution>();
  const contexts: ProjectContext[] = [];
  const requests: [string, Record<string, any>][] = [];

  registerBackgroundTaskHandler(handlerAws);
  // The API of the project, which comes after ours: any event with `work` is a request.
  handlerAws.registry.register({
    name: "api",
    canUse: event => event !== null && typeof event?.work === "function",
    handle: async ({ params, event, context: lambdaContext }) => {
      const raw = handlerAws.createRawEventHandler<any, any>(({ context }) => event.work(context));
      return handlerAws.createRawHandler({ plugins: [raw, ...params.plugins.all()] })(event, lambdaContext);
    }
  });

  const client = new SFNClient({ region: "eu-central-1" });
  client.send = async (command: { constructor: { name: string }; input: Record<string, any> }) => {
    const { input } = command;
    const kind = command.constructor.name.replace("Command", "");
    requests.push([kind, input]);
    const execution = executions.get(input.name ?? input.executionArn.split(":").pop());
    if (kind === "StartExecution") {
      return { executionArn: start(input.name, JSON.parse(input.input)) };
    }
    if (kind === "StopExecution" && execution?.status === "RUNNING") {
      execution.status = "ABORTED";
    }
    return { executionArn: input.executionArn, name: execution?.name, status: execution?.status };
  };

  function start(name: string, input: Answer): string {
    executions.set(name, {
      name,
      input,
      status: "RUNNING",
      wait: input.wait ?? 0,
      state: input.detail ?? input,
      answers: []
    });
    return `${MACHINE.replace(":stateMachine:", ":execution:")}:${name}`;
  }

  const ours = installed({
    storage,
    clock,
    stepFunctionsClient: client,
    stateMachineArn: MACHINE,
    stateMachineDialect: dialect,
    logLevel: "silent",
    ...options
  });
  const all = [
    order === "ours first" ? [ours, webinyPlugins] : [webinyPlugins, ours],
    { type: "context", apply: async (context: ProjectContext) => contexts.push(context) },
    async () => plugins
  ];
  const handler = handlerAws.createHandler({ plugins: all });

  /** Invokes the Lambda as AWS does: JSON in, JSON out. */
  async function invoke(event: unknown, awsRequestId: string = randomUUID()): Promise<Answer> {
    const deadline = clock.now() + 900_000;
    const lambdaContext = { awsRequestId, getRemainingTimeInMillis: () => deadline - clock.now() };
    return JSON.parse(JSON.stringify(await handler(JSON.parse(JSON.stringify(event)), lambdaContext)));
  }

  /** A request to the project's API, made by somebody, in a tenant and locale. */
  async function request<T>(
    work: (context: ProjectContext) => Promise<T>,
    {
      tenant = "acme",
      locale = "de-DE",
      user = "jane"
    }: { tenant?: string; locale?: string; user?: string | null } = {}
  ): Promise<T> {
    const headers = {
      "x-tenant": tenant,
      "x-webiny-cms-locale": locale,
      ...(user === null ? {} : { authorization: user })
    };
    let outcome: Promise<T> | undefined;
    const event = { headers, work: (context: ProjectContext) => (outcome = work(context)) };
    await handler(event, { awsRequestId: randomUUID(), getRemainingTimeInMillis: () => 30_000 });
    if (outcome === undefined) {
      throw new Error("The request did not reach its handler.");
    }
    return outcome;
  }

  /** The event of the next turn. */
  function eventOf({ name, state, input }: TestExecution, more: object = {}) {
    const { webinyTaskId, webinyTaskDefinitionId, tenant, locale, delay } = state;
    const { execution, iteration, events } = state;
    const numbers = { executionArn: `arn:${name}`, execution, iteration, events, retryCount: 0 };
    return {
      name: "background-task",
      payload: {
        webinyTaskId,
        webinyTaskDefinitionId,
        tenant,
        locale,
        delay: delay ?? -1,
        endpoint: "manage",
        executionName: name,
        stateMachineId: MACHINE,
        ...(input.detail === undefined ? numbers : {}),
        ...more
      }
    };
  }

  /** One turn: waits, then calls the Lambda once; our machine calls again when it throws. */
  async function step(execution: TestExecution): Promise<void> {
    await clock.advance(execution.wait * 1000);
    const id = randomUUID();
    try {
      take(execution, await invoke(eventOf(execution), id));
    } catch (error) {
      if (execution.input.detail !== undefined) {
        execution.status = "FAILED";
        return;
      }
      const crash = { error: (error as Error).name, cause: JSON.stringify({ errorMessage: (error as Error).message }) };
      take(execution, await invoke(eventOf(execution, { crash })));
    }
  }

  function take(execution: TestExecution, answer: Answer): void {
    const { wait = 0, status } = answer;
    if (!Number.isInteger(wait) || ("wait" in answer && wait <= 0 && execution.input.detail !== undefined)) {
      throw new Error(`Step Functions cannot wait ${wait} seconds.`);
    }
    execution.answers.push(answer);
    execution.state = answer;
    execution.wait = wait;
    if (status !== "continue") {
      execution.status = status === "error" ? "FAILED" : "SUCCEEDED";
    }
  }

  function executionOf({ id }: { id: string }): TestExecution {
    const found = [...executions.values()].find(({ name }) => name.includes(id));
    if (found === undefined) {
      throw new Error(`No execution of ${id} was started.`);
    }
    return found;
  }

  async function runToEnd(task: { id: string }): Promise<TestExecution> {
    const execution = executionOf(task);
    for (let turn = 0; execution.status === "RUNNING" && turn < 50; turn++) {
      await step(execution);
    }
    return execution;
  }

  return {
    handlerAws,
    handler,
    plugins: [webinyPlugins, ours, plugins].flat(Infinity),
    storage,
    clock,
    client,
    contexts,
    requests,
    executions,
    start,
    invoke,
    request,
    eventOf,
    step,
    executionOf,
    runToEnd
  };
}
