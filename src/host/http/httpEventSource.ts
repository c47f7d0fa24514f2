// Hono's next major moves the adapter to a package of its own, which does not exist for this one.
/* eslint-disable @typescript-eslint/no-deprecated */
import { once } from "../once.js";
import { createEventSource, type EventSource } from "../plugins.js";
import type { HttpApp } from "./createHttpApp.js";

const loadAdapter = once(async () => (await import("hono/aws-lambda")).handle);

/** Requests through API Gateway (REST and HTTP APIs) and Lambda function URLs. */
export function createHttpEventSource(app: () => Promise<HttpApp>): EventSource {
  return createEventSource({
    name: "webiny.tasks.httpEventSource",
    canUse: isHttpEvent,
    async handle({ event, lambdaContext }) {
      const handle = await loadAdapter();
      return handle(await app())(event as never, lambdaContext as never);
    }
  });
}

/** API Gateway's REST API has the method at the top, the HTTP API and function URLs in the request context. */
function isHttpEvent(event: unknown): boolean {
  const { httpMethod, requestContext } = (event ?? {}) as {
    httpMethod?: unknown;
    requestContext?: { http?: { method?: unknown } };
  };
  const isObject = typeof requestContext === "object" && requestContext !== null;
  return isObject && (typeof httpMethod === "string" || typeof requestContext.http?.method === "string");
}
