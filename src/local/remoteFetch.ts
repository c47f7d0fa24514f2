import type { HttpEnvironment } from "../host/http/createHttpApp.js";
import type { FetchedResponse, TasksCall } from "./callTasks.js";
import type { Fetch } from "./apiListener.js";
import { call } from "./remoteTasks.js";
import type { LocalLambda } from "./LocalLambda.js";

/** The API of a handler whose code runs in processes of its own: requests are answered there. */
export function createRemoteFetch(lambda: LocalLambda, environment: HttpEnvironment): Fetch {
  return async request => {
    const { method, url, headers } = request;
    const body = method === "GET" ? null : Buffer.from(await request.arrayBuffer()).toString("base64");
    const sent: TasksCall["webinyTasksLocalCall"] = {
      method: "fetch",
      args: [{ method, url, headers: [...headers], body }, environment]
    };
    const answer = (await call(lambda, sent)) as FetchedResponse;
    return new Response(answer.body === null ? null : Buffer.from(answer.body, "base64"), {
      status: answer.status,
      headers: answer.headers
    });
  };
}
