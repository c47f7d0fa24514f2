import { TasksError } from "../errors.js";

/** The part of an SDK request that is read here. */
export interface SdkRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: unknown;
}

export interface SdkResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** A `requestHandler` for clients of the AWS SDK v3: the request is answered in this process, without a socket. */
export interface SdkRequestHandler {
  metadata: { handlerProtocol: string };
  handle(request: SdkRequest): Promise<{ response: SdkResponse }>;
  destroy(): void;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
}

/** Makes a request handler of a function from request to response. */
export function createRequestHandler(
  answer: (request: SdkRequest, body: Buffer) => Promise<SdkResponse>
): SdkRequestHandler {
  return {
    metadata: { handlerProtocol: "http/1.1" },
    handle: async request => ({ response: await answer(request, bodyOf(request)) }),
    // One handler serves many clients, each of which may be destroyed: the endpoint's `stop` ends it.
    destroy() {},
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({})
  };
}

function bodyOf({ body }: SdkRequest): Buffer {
  if (body === undefined || typeof body === "string") {
    return Buffer.from(body ?? "");
  }
  if (body instanceof Uint8Array) {
    // Not `Buffer.from(body)`: the SDK warns about string methods on its bodies, and this copies nothing.
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  }
  throw new TasksError("LOCAL_ERROR", "The local endpoints take requests whose body is text or bytes, not a stream.");
}
