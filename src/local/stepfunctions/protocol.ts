import { randomUUID } from "node:crypto";
import type { SdkResponse } from "../requestHandler.js";

/** An error as the service answers it; `name` is what the SDK's error has as its name. */
export class ServiceError extends Error {
  readonly statusCode: number;

  constructor(name: string, message: string, statusCode = 400) {
    super(message);
    this.name = name;
    this.statusCode = statusCode;
  }
}

export type Request = Record<string, unknown>;

const TARGET = /^AWSStepFunctions\.(\w+)$/;
const CONTENT_TYPE = "application/x-amz-json-1.0";

/** Reads the operation and its input of an AWS JSON 1.0 request. https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html */
export function readRequest(
  headers: Record<string, string | undefined>,
  body: Buffer
): { operation: string; input: Request } {
  const operation = TARGET.exec(headers["x-amz-target"] ?? "")?.[1];
  if (operation === undefined || headers["content-type"] !== CONTENT_TYPE) {
    throw new ServiceError("UnknownOperationException", `This is Step Functions over ${CONTENT_TYPE}.`, 404);
  }
  try {
    return { operation, input: JSON.parse(body.toString() || "{}") as Request };
  } catch {
    throw new ServiceError("SerializationException", "The body is not JSON.");
  }
}

/** The answer, or the error; an error that is not the service's is a fault of the endpoint. */
export function writeResponse(result: { output: unknown } | { error: unknown }): SdkResponse {
  if ("output" in result) {
    return response(200, result.output);
  }
  const { error } = result;
  return error instanceof ServiceError
    ? response(error.statusCode, { __type: error.name, message: error.message })
    : response(500, { __type: "InternalFailure", message: String(error) });
}

function response(statusCode: number, content: unknown): SdkResponse {
  return {
    statusCode,
    headers: { "content-type": CONTENT_TYPE, "x-amzn-requestid": randomUUID() },
    body: new TextEncoder().encode(JSON.stringify(content))
  };
}

/** Times go over the wire as epoch seconds. */
export function seconds(milliseconds: number): number {
  return milliseconds / 1_000;
}

export function text(input: Request, field: string): string {
  const value = input[field];
  if (typeof value !== "string") {
    throw new ServiceError(
      "ValidationException",
      `1 validation error detected: Value at '${field}' failed to satisfy constraint: Member must not be null`
    );
  }
  return value;
}

/** One page of a list that is sorted by descending or ascending numbers; the token is the number of its last one. */
export function page<T>(input: Request, all: T[], numberOf: (one: T) => number): { items: T[]; nextToken?: string } {
  // 0 asks for the default, as on AWS.
  const given = input.maxResults as number | undefined;
  const size = given === undefined || given === 0 ? 100 : given;
  if (!Number.isInteger(size) || size < 0 || size > 1_000) {
    throw new ServiceError("ValidationException", "Value at 'maxResults' failed to satisfy constraint: 0 to 1000");
  }
  let from = 0;
  if (input.nextToken !== undefined && input.nextToken !== null) {
    const last = Number(Buffer.from(String(input.nextToken), "base64url").toString());
    if (!Number.isInteger(last) || String(input.nextToken) !== token(last)) {
      throw new ServiceError("InvalidToken", `Invalid Token: '${String(input.nextToken)}'`);
    }
    const descends = all.length > 1 && numberOf(all[0] as T) > numberOf(all[1] as T);
    from = all.findIndex(one => (descends ? numberOf(one) < last : numberOf(one) > last));
    from = from < 0 ? all.length : from;
  }
  const items = all.slice(from, from + size);
  const last = items.at(-1);
  return { items, ...(last !== undefined && from + size < all.length ? { nextToken: token(numberOf(last)) } : {}) };
}

function token(last: number): string {
  return Buffer.from(String(last)).toString("base64url");
}
