import type { ConnectionOptions } from "./Connection.js";
import { TasksClientError } from "./TasksClientError.js";

/** A longer timer fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** @returns the full URL @throws TasksClientError INVALID_ARGUMENT */
export function checkConnection({ url, fetch, requestTimeoutMs }: ConnectionOptions): string {
  if (fetch === undefined && typeof globalThis.fetch !== "function") {
    refuse("There is no global `fetch` here: pass one as `fetch`.", {});
  }
  if (requestTimeoutMs !== undefined && !(requestTimeoutMs > 0 && requestTimeoutMs <= MAX_TIMER_MS)) {
    refuse(`"requestTimeoutMs" is from 1 to ${MAX_TIMER_MS} milliseconds, got ${String(requestTimeoutMs)}.`, {});
  }
  const page = (globalThis as { location?: { href?: string } }).location?.href;
  const full = URL.canParse(url, page) ? new URL(url, page) : undefined;
  if (typeof url !== "string" || full === undefined || !/^https?:$/.test(full.protocol)) {
    refuse(`"url" is the address of the GraphQL endpoint, as in http://127.0.0.1:4000/graphql; got ${String(url)}.`, {
      url
    });
  }
  return full.href;
}

function refuse(message: string, data: object): never {
  throw new TasksClientError("INVALID_ARGUMENT", message, { data });
}
