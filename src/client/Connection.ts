import type { JsonObject } from "../types.js";
import { checkConnection } from "./checkConnection.js";
import type { Operation } from "./operations.js";
import { readAnswer } from "./readAnswer.js";
import { retryAfterSeconds } from "./retryAfter.js";
import { sleep } from "./sleep.js";
import { TasksClientError } from "./TasksClientError.js";

/** What the client needs of `fetch`; the global one, undici's and most stand-ins have it. */
export type FetchLike = (
  url: string,
  request: { method: string; headers: Record<string, string>; body: string; signal: AbortSignal }
) => Promise<FetchedAnswer>;

export interface FetchedAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

export interface ConnectionOptions {
  /** The GraphQL endpoint, e.g. `http://127.0.0.1:4000/graphql`. In a browser it may be relative to the page. */
  url: string;
  /** Sent with every request. A function is asked before each one, so that a token can be renewed. */
  headers?: Record<string, string> | (() => Record<string, string> | Promise<Record<string, string>>);
  /** Default: the global `fetch`. */
  fetch?: FetchLike;
  /** How long one request may take, in milliseconds; default 30,000. API Gateway itself gives up after 29 seconds. */
  requestTimeoutMs?: number;
}

const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;

/** With the first of them a refused query has a status of its own. https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types */
const ACCEPT = "application/graphql-response+json, application/json";

/** A query is sent this many times at most. A mutation is sent once: what became of a lost one, its sender has to look up. */
const MAX_TRIES = 3;
const FIRST_PAUSE_MS = 250;
const PASSING_STATUS = [429, 502, 503, 504];

/** A server that wants a longer pause than this gets none: its refusal goes to the caller, who may know better. */
const MAX_RETRY_AFTER_SECONDS = 60;

/** Sends requests to one server, and tells apart what came of them. */
export class Connection {
  readonly url: string;
  private readonly options: ConnectionOptions;

  /** @throws TasksClientError INVALID_ARGUMENT */
  constructor(options: ConnectionOptions) {
    this.url = checkConnection(options);
    this.options = options;
  }

  /** A query, sent again when the network or the server fails in passing. @returns the envelope's `data` and `meta` */
  async query(operation: Operation, variables: JsonObject): Promise<Answer> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.send(operation, variables);
      } catch (error) {
        const pauseMs = tries < MAX_TRIES ? pauseBeforeRetry(error, FIRST_PAUSE_MS * 2 ** (tries - 1)) : undefined;
        if (pauseMs === undefined) {
          throw error;
        }
        await sleep(pauseMs);
      }
    }
  }

  /** Sends one request, once. @param options.timeoutMs instead of the connection's, where it is shorter */
  async send(operation: Operation, variables: JsonObject, options: SendOptions = {}): Promise<Answer> {
    const { headers = {}, requestTimeoutMs = DEFAULT_REQUEST_TIMEOUT_MS } = this.options;
    const timeoutMs = Math.min(requestTimeoutMs, options.timeoutMs ?? Infinity);
    const body = bodyOf(operation, variables);
    const own = typeof headers === "function" ? await headers() : headers;
    options.signal?.throwIfAborted();
    const controller = new AbortController();
    const abort = () => controller.abort();
    options.signal?.addEventListener("abort", abort);
    let isTimedOut = false;
    const timer = setTimeout(() => {
      isTimedOut = true;
      controller.abort();
    }, timeoutMs);
    try {
      // Not called as a method of the options: a browser's fetch refuses any `this` but its window.
      const fetchIt: FetchLike = this.options.fetch ?? globalThis.fetch;
      const response = await fetchIt(this.url, {
        method: "POST",
        headers: { "content-type": "application/json", accept: ACCEPT, ...own },
        body,
        signal: controller.signal
      });
      const text = await response.text();
      return readAnswer(this.url, response, text);
    } catch (error) {
      if (error instanceof TasksClientError) {
        throw error;
      }
      options.signal?.throwIfAborted();
      throw isTimedOut ? this.timedOut(timeoutMs) : this.unreachable(error);
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", abort);
    }
  }

  private timedOut(timeoutMs: number): TasksClientError {
    return new TasksClientError(
      "REQUEST_TIMEOUT",
      `${this.url} did not answer within ${timeoutMs} ms. It may still carry out the request: look before sending it again.`,
      { data: { url: this.url, timeoutMs } }
    );
  }

  private unreachable(cause: unknown): TasksClientError {
    return new TasksClientError(
      "NETWORK_ERROR",
      `${this.url} could not be reached (${reasonOf(cause)}). Start the server, or correct the URL.`,
      { data: { url: this.url }, cause }
    );
  }
}

export interface SendOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** What a field of the API answered. */
export interface Answer {
  data: unknown;
  meta?: unknown;
}

function bodyOf({ name, query }: Operation, variables: JsonObject): string {
  try {
    return JSON.stringify({ query, operationName: name, variables });
  } catch (cause) {
    throw new TasksClientError(
      "INVALID_INPUT",
      `${name} takes values that JSON can hold: ${(cause as Error).message}`,
      {
        cause
      }
    );
  }
}

/** Whether the same request may succeed a moment later. */
export function isPassing(error: unknown): error is TasksClientError {
  return (
    error instanceof TasksClientError &&
    (error.code === "NETWORK_ERROR" || PASSING_STATUS.includes(error.status as number))
  );
}

/** Half of the pause is chance: clients that failed together do not come back together. */
function pauseBeforeRetry(error: unknown, pauseMs: number): number | undefined {
  if (!isPassing(error)) {
    return undefined;
  }
  const seconds = retryAfterSeconds(error);
  return seconds > MAX_RETRY_AFTER_SECONDS
    ? undefined
    : Math.max(seconds * 1_000, pauseMs / 2 + (Math.random() * pauseMs) / 2);
}

/** Node hides what happened in the cause of "fetch failed". */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: unknown; cause?: { code?: unknown; message?: unknown } };
  return String(cause?.message || cause?.code || message || error);
}
