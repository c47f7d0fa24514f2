// Calls of `context.tasks` from outside a function's process. Also loaded by lambdaProcess.mts, so it imports only types.
import type { Host } from "../host/createHandler.js";
import type { HttpEnvironment } from "../host/http/createHttpApp.js";

/** Asks a function's process to call `context.tasks`: what runs the user's code (hooks) has to run there. */
export interface TasksCall {
  webinyTasksLocalCall: { method: string; args: unknown[] };
}

export interface TasksCallAnswer {
  value?: unknown;
  error?: { code?: string; message: string; data?: object };
}

/** An HTTP request as JSON; the body in base64. */
export interface FetchedRequest {
  method: string;
  url: string;
  headers: [string, string][];
  body: string | null;
}

export interface FetchedResponse {
  status: number;
  headers: [string, string][];
  body: string | null;
}

export function isTasksCall(event: unknown): event is TasksCall {
  return typeof event === "object" && event !== null && "webinyTasksLocalCall" in event;
}

/** Carries out the call with the context of the handler; errors are answered with their codes. */
export async function callTasks(
  handler: unknown,
  { webinyTasksLocalCall: { method, args } }: TasksCall
): Promise<TasksCallAnswer> {
  const host = (handler as { [key: symbol]: Host | undefined })[Symbol.for("@webiny/tasks:host")];
  if (host === undefined) {
    const message =
      "The handler was not made by createHandler(): export it as `export const handler = createHandler({ plugins })`.";
    return { error: { code: "LOCAL_ERROR", message } };
  }
  try {
    if (method === "fetch") {
      return { value: await fetched(host, ...(args as [FetchedRequest, HttpEnvironment])) };
    }
    const { tasks } = await host.createContext();
    if (method === "listDefinitions") {
      return { value: tasks.listDefinitions().map(describeDefinition) };
    }
    const call = tasks[method as "getTask"] as (...given: unknown[]) => Promise<unknown>;
    return { value: await call(...args) };
  } catch (error) {
    const { code, message, data } = error as { code?: string; message?: string; data?: object };
    return { error: { code, message: message ?? String(error), data } };
  }
}

type Definition = ReturnType<Awaited<ReturnType<Host["createContext"]>>["tasks"]["listDefinitions"]>[number];

/** What of a definition is data. */
const DATA = [
  "id",
  "title",
  "description",
  "isPrivate",
  "maxIterations",
  "lostInvocationAttempts",
  "abortGraceSeconds",
  "disableDatabaseLogs",
  "fields"
] as const satisfies readonly (keyof Definition)[];

const describeDefinition = (definition: Definition) => Object.fromEntries(DATA.map(name => [name, definition[name]]));

async function fetched(
  host: Host,
  { method, url, headers, body }: FetchedRequest,
  environment: HttpEnvironment
): Promise<FetchedResponse> {
  const sent = body === null ? undefined : Buffer.from(body, "base64");
  const response = await host.fetch(new Request(url, { method, headers, body: sent }), environment);
  const answer = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: [...response.headers], body: answer.toString("base64") };
}
