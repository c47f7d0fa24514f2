import type { Answer, FetchedAnswer } from "./Connection.js";
import { readRetryAfter } from "./retryAfter.js";
import { TasksClientError } from "./TasksClientError.js";

const EXCERPT = 200;

/**
 * Takes an answer apart: what the operation's one field says.
 * @throws TasksClientError the server's code, NOT_AUTHENTICATED, NOT_AUTHORIZED, SERVER_ERROR, INVALID_ANSWER
 */
export function readAnswer(url: string, { status, headers }: FetchedAnswer, text: string): Answer {
  const body = parsed(text);
  const retryAfter = status < 400 ? {} : readRetryAfter(headers.get("retry-after"), Date.now());
  const first = Array.isArray(body?.errors) ? (body.errors[0] as unknown) : undefined;
  if (isObject(first)) {
    const { code, ...rest } = isObject(first.extensions) ? first.extensions : {};
    const message = typeof first.message === "string" ? first.message : `${url} answered an error without a message.`;
    throw new TasksClientError(typeof code === "string" ? code : codeOf(status), message, {
      data: { ...rest, ...retryAfter },
      status
    });
  }
  if (status >= 400) {
    throw new TasksClientError(codeOf(status), `${url} answered with HTTP status ${status}${excerpt(text)}`, {
      data: { url, ...retryAfter },
      status
    });
  }
  const field = isObject(body?.data) && isObject(body.data.backgroundTasks) ? body.data.backgroundTasks.result : null;
  if (!isObject(field)) {
    throw new TasksClientError(
      "INVALID_ANSWER",
      `Is ${url} the GraphQL endpoint of the tasks API? It answered with HTTP status ${status}${excerpt(text)}`,
      { data: { url }, status }
    );
  }
  if (isObject(field.error)) {
    const { message, code, data } = field.error;
    throw new TasksClientError(typeof code === "string" ? code : "SERVER_ERROR", String(message), {
      data: isObject(data) ? data : {},
      status
    });
  }
  return { data: field.data, meta: field.meta };
}

function codeOf(status: number): string {
  return status === 401 ? "NOT_AUTHENTICATED" : status === 403 ? "NOT_AUTHORIZED" : "SERVER_ERROR";
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const body = JSON.parse(text) as unknown;
    return isObject(body) ? body : undefined;
  } catch {
    // The caller says what came instead.
    return undefined;
  }
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line === "" ? "." : `: ${line.length > EXCERPT ? `${line.slice(0, EXCERPT)}…` : line}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
