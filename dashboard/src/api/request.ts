import { print } from "@0no-co/graphql.web";
import { apiUrl, config } from "../config.js";
import { setConnection } from "../live/connection.js";
import { ApiError, faultOf } from "./ApiError.js";
import type { Json, TadaDocumentNode } from "./graphql.js";
import { signInHeaders } from "./token.js";

const TIMEOUT_MS = 30_000;
const texts = new WeakMap<object, string>();

interface Answer<R> {
  data?: R | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** Asks the API. @throws ApiError */
export async function request<R, V>(document: TadaDocumentNode<R, V>, variables: V, signal?: AbortSignal): Promise<R> {
  try {
    const data = await ask<R>(textOf(document), variables, signal);
    setConnection("online");
    return data;
  } catch (error) {
    if (error instanceof ApiError && (error.fault === "offline" || error.fault === "signIn")) {
      setConnection(error.fault);
    }
    throw error;
  }
}

async function ask<R>(query: string, variables: unknown, signal?: AbortSignal): Promise<R> {
  const { status, answer } = await send<R>(query, variables, signal);
  const [error] = answer.errors ?? [];
  if (error !== undefined) {
    const code = error.extensions?.code ?? (status === 401 ? "NOT_AUTHENTICATED" : "INVALID_ANSWER");
    throw new ApiError(faultOf(code), error.message, code);
  }
  if (answer.data === undefined || answer.data === null) {
    throw new ApiError("refused", `The API answered with status ${status} and no data.`, "INVALID_ANSWER");
  }
  return answer.data;
}

/** An envelope of the API: `{ data, error }`. @throws ApiError */
export function unwrap<T>(
  envelope: { data: T | null; error: { message: string; code: string | null; data?: Json } | null } | null | undefined
): T {
  if (envelope?.error) {
    const { message, code, data } = envelope.error;
    throw new ApiError(faultOf(code ?? ""), message, code ?? "INTERNAL_ERROR", data ?? null);
  }
  if (envelope?.data === null || envelope?.data === undefined) {
    throw new ApiError("refused", "The API answered nothing.", "INVALID_ANSWER");
  }
  return envelope.data;
}

async function send<R>(query: string, variables: unknown, signal?: AbortSignal) {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(apiUrl, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", ...signInHeaders() },
      credentials: config.credentials,
      body: JSON.stringify({ query, variables }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout])
    });
    return { status: response.status, answer: await readAnswer<R>(response) };
  } catch (error) {
    if (error instanceof ApiError || signal?.aborted) {
      throw error;
    }
    throw new ApiError("offline", "The server cannot be reached.", "NETWORK_ERROR");
  }
}

async function readAnswer<R>(response: Response): Promise<Answer<R>> {
  const text = await response.text();
  try {
    return JSON.parse(text) as Answer<R>;
  } catch {
    if (response.status === 401 || response.status === 403) {
      // Whatever stands before the API may refuse in its own words.
      throw new ApiError("signIn", "Not signed in.", "NOT_AUTHENTICATED");
    }
    if (response.status >= 500) {
      throw new ApiError("offline", `The server answers with status ${response.status}.`, "NETWORK_ERROR");
    }
    throw new ApiError(
      "refused",
      `There is no API at ${apiUrl}: the answer has status ${response.status} and is no JSON.`,
      "INVALID_ANSWER"
    );
  }
}

function textOf(document: TadaDocumentNode<unknown, never> | object): string {
  let text = texts.get(document);
  if (text === undefined) {
    text = print(document as Parameters<typeof print>[0]);
    texts.set(document, text);
  }
  return text;
}
