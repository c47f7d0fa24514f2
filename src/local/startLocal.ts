import { createServer } from "node:http";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SFNClient } from "@aws-sdk/client-sfn";
import { CLOSED_STATUSES } from "../constants.js";
import { createHost } from "../host/createHandler.js";
import type { HttpOptions } from "../host/http/httpOptions.js";
import type { PluginInput } from "../host/PluginsContainer.js";
import type { TasksContextObject } from "../definition/TaskDefinition.js";
import { TasksError } from "../errors.js";
import { stateMachineJson } from "../machine/stateMachine.js";
import { createTasksTable } from "../storage/dynamodb/createTasksTable.js";
import { DynamoDbStorage } from "../storage/dynamodb/DynamoDbStorage.js";
import { MeteredStorage } from "../storage/MeteredStorage.js";
import { executionNameOf, type TaskRecord } from "../storage/record.js";
import type { JsonObject, LogLevel, Task } from "../types.js";
import { createApiListener } from "./apiListener.js";
import { DynamoDbEndpoint } from "./DynamoDbEndpoint.js";
import { createInProcessLambda } from "./InProcessLambda.js";
import type { LocalLambda } from "./LocalLambda.js";
import { closeServer, guardLoopback, listenOnLoopback } from "./loopback.js";
import { createProcessLambda } from "./ProcessLambda.js";
import { makeDue } from "./makeDue.js";
import { releaseDeadLeases } from "./releaseDeadLeases.js";
import { ReplaceableLambda } from "./ReplaceableLambda.js";
import { createRemoteFetch } from "./remoteFetch.js";
import { remoteTasks } from "./remoteTasks.js";
import { StepFunctionsEndpoint } from "./StepFunctionsEndpoint.js";
import type { ExecutionStatusChangeEvent } from "./stepfunctions/statusChangeEvent.js";
import { sweepEvery } from "./sweepEvery.js";
import { TaskWaiter, type WaitForOptions } from "./TaskWaiter.js";

const TABLE = "webiny-tasks-local";
const MACHINE = "webiny-tasks-local";
const STATE_MACHINE_ARN = `arn:aws:states:us-east-1:000000000000:stateMachine:${MACHINE}`;
const FUNCTION_ARN = "arn:aws:lambda:us-east-1:000000000000:function:tasks-local";
// The endpoints take any; the SDK wants some.
const CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };
const REGION = "us-east-1";
// Requests that never leave the process need no signature, which costs as much as the rest of the client.
const IN_PROCESS = {
  region: REGION,
  endpoint: "http://localhost",
  credentials: CREDENTIALS,
  signer: {
    sign: <T extends { headers: Record<string, string> }>(request: T) => {
      request.headers.authorization = "AWS4-HMAC-SHA256 Credential=local/local, SignedHeaders=host, Signature=local";
      request.headers["x-amz-date"] = "20260101T000000Z";
      return Promise.resolve(request);
    }
  }
};

/** What {@link startLocal} takes: `plugins` or `handler`. */
export interface LocalOptions {
  /**
   * Run the code in this process: for tests and short programs. A time-out only abandons it there, and an endless loop or
   * `process.exit` takes everything along.
   */
  plugins?: PluginInput;
  /**
   * Run the code of this file (`.ts` or JavaScript) in processes of its own, which may crash. It exports `handler`, or
   * definitions and other plugins, by name or as its default.
   */
  handler?: string;
  /** Where tables and executions are kept; without it, in memory. Unfinished tasks of the last run go on by themselves. */
  dataDir?: string;
  /** Port of `url` on 127.0.0.1; default 0, a free one. */
  port?: number;
  /** Time-out of the Lambda in whole seconds, 1 to 900; default 900. */
  lambdaTimeoutSeconds?: number;
  /** Functions that run at once, with `handler`; default 4. */
  concurrency?: number;
  /** True: count DynamoDB requests and capacity units, with `plugins`. It reads each item before a write. Default false. */
  meter?: boolean;
  /** Settings of the HTTP API, with `plugins`: what `createHandler` takes as `http`. */
  http?: HttpOptions;
  /**
   * Who may call the HTTP API: `admin` signs everybody in who reaches it (this machine only) with all permissions;
   * `plugins` asks the `createTaskSecurity()` among the plugins, as on AWS. Default `admin`.
   */
  security?: "admin" | "plugins";
  /** Seconds between two sweeps, which look after overdue tasks and remove old ones; default 60. */
  sweepSeconds?: number;
  /** Default `warn`. */
  logLevel?: LogLevel;
  /** Gets what the code of `handler` prints; default: on to this process's own output. */
  onOutput?: (text: string, stream: "stdout" | "stderr") => void;
  /** Gets each task of the tenant `root` when it has ended and its hooks have run. */
  onTaskEnd?: (task: Task) => void;
  /** Gets, with `handler`, the path or file URL of every module that is loaded, also of one that cannot be. */
  onModule?: (module: string) => void;
}

/** What the local runtime has done so far: what one would pay for on AWS. */
export interface LocalCounts {
  invocations: number;
  invocationMs: number;
  transitions: number;
  historyEvents: number;
  /** Only with `meter`. */
  requests?: number;
  readUnits?: number;
  writeUnits?: number;
}

/** A running local runtime. */
export interface Local {
  /** `http://127.0.0.1:<port>`: `/graphql` is the API, and GraphiQL in a browser; `/health` says that it runs. */
  url: string;
  /** For AWS SDK clients and tools: DynamoDB and Step Functions on this machine. */
  endpoints: { dynamodb: string; stepFunctions: string };
  tableName: string;
  stateMachineArn: string;
  /** `context.tasks` of an identity with all permissions, tenant `root`, locale `en-US`. */
  tasks: TasksContextObject;
  /**
   * Resolves with the task when it has ended and its hooks have run.
   * @throws TasksError NOT_FOUND; LOCAL_ERROR when `timeoutMs` is over or the runtime stops
   */
  waitFor<I = JsonObject, O = JsonObject>(taskId: string, options?: WaitForOptions): Promise<Task<I, O>>;
  counts(): LocalCounts;
  /**
   * With `handler`: loads the file again. What runs ends with the old code. When the file cannot be loaded, the old code
   * stays. @throws TasksError LOCAL_ERROR
   */
  reload(): Promise<void>;
  /** Lets go of what runs (it goes on at the next start with the same `dataDir`), and frees everything. */
  stop(): Promise<void>;
}

/**
 * Starts DynamoDB, Step Functions and the Lambda on this machine, and runs tasks on them: the code, the state machine and
 * the AWS clients are the ones that run on AWS.
 * @throws TasksError LOCAL_ERROR, INVALID_DEFINITION
 * @example
 * const local = await startLocal({ plugins: [syncArticles] });
 * const task = await local.tasks.trigger({ definition: "syncArticles" });
 * console.log((await local.waitFor(task.id)).taskStatus);
 * await local.stop();
 */
export async function startLocal(options: LocalOptions): Promise<Local> {
  const { plugins, handler, dataDir, lambdaTimeoutSeconds = 900, logLevel = "warn", security = "admin" } = options;
  checkOptions(options, lambdaTimeoutSeconds);
  const started: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of started.splice(0).reverse()) {
      await end();
    }
  };
  try {
    const dynamodb = new DynamoDbEndpoint({ dataDir });
    await dynamodb.start();
    started.push(() => dynamodb.stop());
    const client = new DynamoDBClient({ ...IN_PROCESS, requestHandler: dynamodb.requestHandler });
    // It copies every input and output for a logger, also where there is none.
    client.middlewareStack.remove("loggerMiddleware");
    await createTasksTable({ client, tableName: TABLE });
    const direct = new DynamoDbStorage({ client, tableName: TABLE });
    const meter = options.meter ? new MeteredStorage(direct) : undefined;
    const storage = meter ?? direct;

    const unfinished = await releaseDeadLeases(direct, Date.now());
    const waiter = new TaskWaiter(direct);
    started.push(async () => waiter.stop());
    const host = createHost({ plugins: plugins ?? [], http: options.http });
    const invoked = { invocations: 0, invocationMs: 0 };
    let lambda: ReplaceableLambda | undefined;
    // Made with its first invocation: its processes are told where the endpoints are.
    const theLambda = () => {
      lambda ??= new ReplaceableLambda(handler === undefined ? inProcess() : inProcesses(handler, options.concurrency));
      return counting(lambda, invoked);
    };
    const stepFunctions = new StepFunctionsEndpoint({
      dataDir,
      stateMachines: [{ name: MACHINE, definition: stateMachineJson(FUNCTION_ARN) }],
      lambda: theLambda,
      onStatusChange: async (event, signal) => {
        waiter.look(event.detail.name);
        await deliver(theLambda(), event, signal);
        await tellEnd(event);
      }
    });
    const stepFunctionsClient = new SFNClient({ ...IN_PROCESS, requestHandler: stepFunctions.requestHandler });
    host.override({
      storage,
      stepFunctionsClient,
      stateMachineArn: STATE_MACHINE_ARN,
      stateMachineDialect: "own",
      logLevel,
      metrics: false,
      debug: true,
      service: undefined,
      dynamoDbClient: undefined
    });
    const ownTasks = (await host.createContext()).tasks;
    started.push(async () => lambda?.stop());
    await stepFunctions.start();
    started.push(() => stepFunctions.stop());
    const forgotten = await makeDue(direct, unfinished, record => stepFunctions.isRunning(executionArn(record)));
    started.push(sweepEvery({ seconds: options.sweepSeconds ?? 60, lambda: theLambda, atOnce: forgotten > 0 }));
    // Calls from outside have a process of their own: they never wait for one that runs a task.
    const calls = handler === undefined ? undefined : new ReplaceableLambda(inProcesses(handler, 1));
    started.push(async () => calls?.stop());
    const tasks = calls === undefined ? ownTasks : await remoteTasks(calls, ownTasks);
    const endpoints = { dynamodb: dynamodb.url, stepFunctions: stepFunctions.url };
    const environment = { isLocal: security === "admin" };
    const fetch = calls
      ? createRemoteFetch(calls, environment)
      : (request: Request) => host.fetch(request, environment);
    const server = createServer(guardLoopback(createApiListener(fetch, () => ({ endpoints }))));
    const url = await listenOnLoopback(server, options.port ?? 0);
    started.push(() => closeServer(server));

    return {
      url,
      endpoints,
      tableName: TABLE,
      stateMachineArn: STATE_MACHINE_ARN,
      tasks,
      waitFor: (taskId, waitOptions) => waiter.waitFor(taskId, waitOptions),
      counts: () => {
        const { transitions, events } = stepFunctions.counts();
        const { requests, readUnits, writeUnits } = meter?.counts() ?? {};
        return {
          ...invoked,
          transitions,
          historyEvents: events,
          ...(meter === undefined ? {} : { requests, readUnits, writeUnits })
        };
      },
      reload,
      stop
    };

    function inProcess(): LocalLambda {
      return createInProcessLambda({ handler: host.handle, timeoutSeconds: lambdaTimeoutSeconds });
    }

    function inProcesses(handlerPath: string, concurrency?: number): LocalLambda {
      return createProcessLambda({
        handlerPath,
        timeoutSeconds: lambdaTimeoutSeconds,
        env: {
          AWS_REGION: REGION,
          AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
          AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
          AWS_SESSION_TOKEN: "local",
          AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
          AWS_ENDPOINT_URL_SFN: stepFunctions.url,
          WEBINY_TASKS_TABLE: TABLE,
          WEBINY_TASKS_STATE_MACHINE_ARN: STATE_MACHINE_ARN,
          WEBINY_TASKS_STATE_MACHINE_DIALECT: "own",
          WEBINY_TASKS_LOG_LEVEL: logLevel,
          WEBINY_TASKS_DEBUG: "true",
          AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true"
        },
        onOutput: options.onOutput,
        onModule: options.onModule,
        concurrency
      });
    }

    async function reload(): Promise<void> {
      if (handler === undefined || calls === undefined) {
        throw new TasksError(
          "LOCAL_ERROR",
          "Only code that runs in processes of its own can be loaded again: { handler }."
        );
      }
      const next = inProcesses(handler, 1);
      try {
        await remoteTasks(next, ownTasks);
      } catch (error) {
        await next.stop();
        throw error;
      }
      await calls.replace(next);
      await lambda?.replace(inProcesses(handler, options.concurrency));
      Object.assign(tasks, await remoteTasks(calls, ownTasks));
    }

    async function tellEnd({ detail: { status, input } }: ExecutionStatusChangeEvent): Promise<void> {
      if (options.onTaskEnd !== undefined && status !== "RUNNING") {
        const { webinyTaskId } = JSON.parse(input ?? "{}") as { webinyTaskId?: string };
        const task = webinyTaskId === undefined ? null : await ownTasks.getTask(webinyTaskId);
        if (task?.finishedOn !== undefined) {
          options.onTaskEnd(task);
        }
      }
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

function checkOptions({ plugins, handler }: LocalOptions, lambdaTimeoutSeconds: number): void {
  if ((plugins === undefined) === (handler === undefined)) {
    throw new TasksError(
      "LOCAL_ERROR",
      "startLocal takes either { plugins }, to run in this process, or { handler: path }, to run in processes of its own."
    );
  }
  if (!Number.isInteger(lambdaTimeoutSeconds) || lambdaTimeoutSeconds < 1 || lambdaTimeoutSeconds > 900) {
    throw new TasksError(
      "LOCAL_ERROR",
      `"lambdaTimeoutSeconds" must be a whole number from 1 to 900, got ${String(lambdaTimeoutSeconds)}.`
    );
  }
}

/** The same Lambda, its invocations counted. */
function counting(lambda: LocalLambda, counts: { invocations: number; invocationMs: number }): LocalLambda {
  return {
    functionName: lambda.functionName,
    stop: () => lambda.stop(),
    async invoke(event, invokeOptions) {
      const startedAt = performance.now();
      counts.invocations += 1;
      try {
        return await lambda.invoke(event, invokeOptions);
      } finally {
        counts.invocationMs += performance.now() - startedAt;
      }
    }
  };
}

function executionArn(record: TaskRecord): string {
  return `${STATE_MACHINE_ARN.replace(":stateMachine:", ":execution:")}:${executionNameOf(record)}`;
}

const DELIVERED: readonly string[] = CLOSED_STATUSES;

/** Gives the handler what EventBridge's rule would. */
async function deliver(lambda: LocalLambda, event: ExecutionStatusChangeEvent, signal: AbortSignal): Promise<void> {
  if (DELIVERED.includes(event.detail.status)) {
    await lambda.invoke(event, { signal });
  }
}
