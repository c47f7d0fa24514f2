import { randomBytes } from "node:crypto";
import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { SFNClient, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { HAND_OVER_EVENTS, SWEEP_EVENT } from "../../src/constants.js";
import {
  createBackgroundTasks,
  createEventSource,
  createHandler,
  createTaskDefinition,
  createTaskSecurity,
  createTasksTable,
  stateMachineJson,
  type Task,
  type TasksContextObject
} from "../../src/index.js";
import { DynamoDbEndpoint } from "../../src/local/DynamoDbEndpoint.js";
import { createInProcessLambda } from "../../src/local/InProcessLambda.js";
import type { LocalLambda } from "../../src/local/LocalLambda.js";
import type { ExecutionStatusChangeEvent } from "../../src/local/stepfunctions/statusChangeEvent.js";
import { StepFunctionsEndpoint } from "../../src/local/StepFunctionsEndpoint.js";

/** A request in the words of IAM. */
export interface Call {
  action: string;
  resource: string;
}

export const NAMES = {
  partition: "aws",
  region: "us-east-1",
  account: "000000000000",
  stateMachineName: "recorded",
  tableArn: "arn:aws:dynamodb:us-east-1:000000000000:table/recorded"
};
export const RUNNER_ARN = "arn:aws:lambda:us-east-1:000000000000:function:runner";
const STATE_MACHINE_ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:recorded";
const TABLE = "recorded";
/** Too large for the record: kept beside it, in one slice and in two. Nothing to compress. */
const LARGE = randomBytes(10_000).toString("base64");
const TWO_SLICES = randomBytes(400_000).toString("base64");

const SDK = { region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } };

type Command = { commandName?: string; input: Record<string, any> };

/** Name of a command in the words of IAM: `BatchWriteCommand` and `BatchWriteItemCommand` are both `BatchWriteItem`. */
export function actionOf(service: "dynamodb" | "states", commandName: string): string {
  const name = commandName.replace(/Command$/, "");
  return `${service}:${/^(Get|Put|Update|Delete|BatchGet|BatchWrite)$/.test(name) ? `${name}Item` : name}`;
}

function dynamoDbCalls({ commandName = "", input }: Command): Call[] {
  const action = actionOf("dynamodb", commandName);
  const tables: string[] = input.RequestItems === undefined ? [input.TableName] : Object.keys(input.RequestItems);
  const index = input.IndexName === undefined ? "" : `/index/${input.IndexName}`;
  return tables.map(table => ({ action, resource: `${NAMES.tableArn.replace(/[^/]+$/, table)}${index}` }));
}

function stepFunctionsCalls({ commandName = "", input }: Command): Call[] {
  return [{ action: actionOf("states", commandName), resource: input.executionArn ?? input.stateMachineArn ?? "*" }];
}

function recording<C extends DynamoDBClient | SFNClient>(
  client: C,
  toCalls: (command: Command) => Call[],
  calls: Call[]
): C {
  (client as DynamoDBClient).middlewareStack.add(
    (next, { commandName }) =>
      args => {
        calls.push(...toCalls({ commandName, input: args.input }));
        return next(args);
      },
    { step: "initialize" }
  );
  return client;
}

const call = createEventSource({
  name: "call",
  canUse: event => (event as { call?: unknown }).call !== undefined,
  async handle({ event, createContext }) {
    const { method, args } = (event as { call: { method: keyof TasksContextObject; args: unknown[] } }).call;
    const { tasks } = await createContext();
    return (tasks[method] as (...args: unknown[]) => Promise<unknown>)(...args);
  }
});

const working = createTaskDefinition({
  id: "working",
  title: "Working",
  maxIterations: 10,
  async run({ input, response, store, trigger, isAborted, signal }) {
    if (input.at === 1) {
      await store.addInfoLog({ message: "First." });
      await store.updateOutput({ large: LARGE });
      await trigger({ definition: "working", input: { large: LARGE } });
      await store.listChildTasks();
      return response.continue({ at: 2, large: LARGE });
    }
    if (input.seconds !== undefined) {
      return response.continue({}, { seconds: input.seconds });
    }
    if (input.busy && !isAborted()) {
      await new Promise(resolve => signal.addEventListener("abort", resolve));
      return response.aborted();
    }
    return response.done({ large: LARGE });
  },
  onDone: async () => undefined,
  onAbort: async () => undefined
});

/** Runs what tasks are used for on the local endpoints, each role with clients of its own, and records what they send. */
export async function recordCalls(): Promise<{ runner: Call[]; api: Call[]; stateMachine: Call[] }> {
  const calls = { runner: [] as Call[], api: [] as Call[], stateMachine: [] as Call[] };
  const dynamodb = new DynamoDbEndpoint();
  await dynamodb.start();
  const stepFunctions = new StepFunctionsEndpoint({
    stateMachines: [{ name: NAMES.stateMachineName, definition: stateMachineJson(RUNNER_ARN) }],
    lambda: functionArn => {
      calls.stateMachine.push({ action: "lambda:InvokeFunction", resource: functionArn });
      return nearlyFull(runner);
    },
    // What the rule delivers.
    onStatusChange: event => (isDelivered(event) ? runner.invoke(event) : undefined)
  });
  await stepFunctions.start();
  const admin = {
    dynamodb: new DynamoDBClient({ ...SDK, endpoint: "http://localhost", requestHandler: dynamodb.requestHandler }),
    stepFunctions: new SFNClient({ ...SDK, endpoint: "http://localhost", requestHandler: stepFunctions.requestHandler })
  };
  await createTasksTable({ client: admin.dynamodb, tableName: TABLE });

  const lambdaOf = (role: "runner" | "api"): LocalLambda => {
    const clients = {
      dynamoDbClient: recording(
        new DynamoDBClient({ ...SDK, endpoint: "http://localhost", requestHandler: dynamodb.requestHandler }),
        dynamoDbCalls,
        calls[role]
      ),
      stepFunctionsClient: recording(
        new SFNClient({ ...SDK, endpoint: "http://localhost", requestHandler: stepFunctions.requestHandler }),
        stepFunctionsCalls,
        calls[role]
      )
    };
    const handler = createHandler({
      plugins: [
        createBackgroundTasks({
          ...clients,
          tableName: TABLE,
          stateMachineArn: STATE_MACHINE_ARN,
          logLevel: "silent"
        }),
        createTaskSecurity({
          authenticate: () => ({ id: "admin", displayName: "Admin", type: "admin" }),
          permissions: () => [{ name: "tasks", private: true }]
        }),
        working,
        call
      ]
    });
    return createInProcessLambda({ handler: handler as never, timeoutSeconds: 900 });
  };
  const runner = lambdaOf("runner");
  const api = lambdaOf("api");

  const through =
    (lambda: LocalLambda) =>
    async (method: keyof TasksContextObject, ...args: unknown[]): Promise<any> =>
      (await lambda.invoke({ call: { method, args } })).payload;
  const asApi = through(api);
  const asRunner = through(runner);
  const ask = async (query: string) => {
    const { payload } = await api.invoke(graphqlEvent(query));
    const { data, errors } = JSON.parse((payload as { body: string }).body);
    const [answer] = Object.values<any>(data?.backgroundTasks ?? {});
    if (errors !== undefined || answer?.error) {
      throw new Error(JSON.stringify(errors ?? answer.error));
    }
    return answer.data;
  };
  const ended = async (id: string): Promise<Task> => {
    for (let look = 0; look < 400; look++) {
      const task = await asRunner("getTask", id);
      if (task.finishedOn !== undefined) {
        return task;
      }
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    throw new Error(`The task ${id} does not end.`);
  };
  const overdue = (id: string, execution?: number) =>
    admin.dynamodb.send(
      new UpdateItemCommand({
        TableName: TABLE,
        Key: { PK: { S: `T#root#L#en-US#TASK#${id}` }, SK: { S: "A" } },
        UpdateExpression: `SET due = :past${execution === undefined ? "" : ", execution = :execution"}`,
        ExpressionAttributeValues: {
          ":past": { N: "1" },
          ...(execution === undefined ? {} : { ":execution": { N: String(execution) } })
        }
      })
    );

  try {
    await theApi();
    await theRunner();
  } finally {
    await stepFunctions.stop();
    await runner.stop();
    await api.stop();
    await dynamodb.stop();
    admin.dynamodb.destroy();
    admin.stepFunctions.destroy();
  }
  return calls;

  async function theApi() {
    await ask("{ backgroundTasks { listDefinitions { data { id } error { code } } } }");
    const large = JSON.stringify(LARGE);
    const { id } = await ask(
      `mutation { backgroundTasks { triggerTask(definition: working, input: { at: 1, large: ${large} }) { data { id } error { code } } } }`
    );
    await ended(id);
    await ask(
      `{ backgroundTasks { getTask(id: "${id}") { data { id input logs { id items { message } } } error { code } } } }`
    );
    await ask(
      "{ backgroundTasks { listTasks(limit: 1) { data { id input output } meta { totalCount } error { code } } } }"
    );
    await ask(
      '{ backgroundTasks { listTasks(where: { definitionId: "working", taskStatus: "success" }) { data { id } error { code } } } }'
    );
    await ask(`{ backgroundTasks { listLogs(where: { task: "${id}" }) { data { id } error { code } } } }`);
    const waiting = await ask(
      "mutation { backgroundTasks { triggerTask(definition: working, input: {}, delay: 3600) { data { id } error { code } } } }"
    );
    await ask(`mutation { backgroundTasks { abortTask(id: "${waiting.id}") { data { id } error { code } } } }`);
    await ask(`mutation { backgroundTasks { deleteTask(id: "${id}") { data error { code } } } }`);
    // What plugins of the API may do besides: the rest of context.tasks.
    await everyMethod(asApi);
    // A look at an overdue task revives it.
    const lost = await asApi("createTask", { definitionId: "working", name: "Lost", input: {} });
    await overdue(lost.id, 1);
    await asApi("getTask", lost.id);
    await ended(lost.id);
  }

  async function theRunner() {
    await everyMethod(asRunner);
    // Aborted while it runs: the runner's own poll sees it.
    const busy = await asRunner("trigger", { definition: "working", input: { busy: true } });
    while ((await asRunner("getTask", busy.id)).taskStatus !== "running") {
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    await asRunner("abort", { id: busy.id });
    // It moves to a fresh execution.
    const long = await asRunner("trigger", { definition: "working", input: { at: 1 } });
    await ended(long.id);
    // Its execution was stopped in the console.
    const stopped = await asRunner("trigger", { definition: "working", input: {}, delay: 3600 });
    await admin.stepFunctions.send(new StopExecutionCommand({ executionArn: stopped.eventResponse.executionArn }));
    await ended(stopped.id);
    // Its trigger died; one is over and to be removed.
    const lost = await asRunner("createTask", { definitionId: "working", name: "Lost", input: { large: LARGE } });
    await overdue(lost.id, 1);
    await overdue(stopped.id);
    await runner.invoke(SWEEP_EVENT);
    await ended(lost.id);
  }

  async function everyMethod(tasks: ReturnType<typeof through>) {
    const { id } = await tasks("createTask", { definitionId: "working", name: "Stored", input: { large: LARGE } });
    await tasks("updateTask", id, { name: "Changed", input: { large: `${LARGE}!` } });
    const log = await tasks("createLog", { id }, { executionName: "none", iteration: 1 });
    await tasks("updateLog", log.id, {
      items: [{ message: LARGE, createdOn: new Date().toISOString(), type: "info" }]
    });
    await tasks("getLog", log.id);
    await tasks("getLatestLog", id);
    await tasks("listLogs", {});
    await tasks("deleteLog", log.id);
    await tasks("listTasks", { where: { definitionId: "working" }, count: true });
    await tasks("listTasks", { where: { parentId: id } });
    await tasks("listTasks", {});
    const { id: triggered } = await tasks("trigger", {
      definition: "working",
      input: { large: TWO_SLICES },
      delay: 3600
    });
    await tasks("fetchServiceInfo", triggered);
    await tasks("abort", { id: triggered });
    await tasks("deleteTask", id);
  }
}

/** Says that the history of every first execution is nearly full: a task that continues goes on in a fresh one. */
function nearlyFull(lambda: LocalLambda): LocalLambda {
  return {
    ...lambda,
    invoke(event, options) {
      const { payload } = event as { payload: { execution: number; events: number } };
      const isFirst = payload.execution === 1;
      return lambda.invoke(
        isFirst ? { ...(event as object), payload: { ...payload, events: HAND_OVER_EVENTS } } : event,
        options
      );
    }
  };
}

function isDelivered({ detail: { status } }: ExecutionStatusChangeEvent): boolean {
  return ["FAILED", "TIMED_OUT", "ABORTED"].includes(status);
}

function graphqlEvent(query: string) {
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: "/graphql",
    rawQueryString: "",
    headers: { "content-type": "application/json" },
    requestContext: {
      http: { method: "POST", path: "/graphql", protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" },
      domainName: "api.example.com",
      stage: "$default"
    },
    body: JSON.stringify({ query }),
    isBase64Encoded: false
  };
}
