import { EventEmitter } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";

interface SdkRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/**
 * A client of a new, empty dynalite in this process. There is no server behind it: the client's requests are handed to
 * dynalite's listener, so nothing listens, nothing has to be stopped, and tests do not share tables.
 * @param times how long a table is being created or deleted, in milliseconds; default 0
 */
export function createDynaliteClient(times: { createTableMs?: number; deleteTableMs?: number } = {}): DynamoDBClient {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0, ...times });
  const listener = server.listeners("request")[0] as RequestListener;
  return new DynamoDBClient({
    region: "local",
    endpoint: "http://localhost",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    requestHandler: {
      metadata: { handlerProtocol: "http/1.1" },
      handle: (request: SdkRequest) => answer(listener, request)
    }
  });
}

/** Shows the listener just as much of a Node request and response as dynalite uses. */
function answer(listener: RequestListener, request: SdkRequest): Promise<{ response: object }> {
  return new Promise(resolve => {
    const headers: Record<string, string> = {};
    const incoming = Object.assign(new EventEmitter(), {
      method: request.method,
      url: request.path,
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]))
    });
    const outgoing = Object.assign(new EventEmitter(), {
      statusCode: 200,
      setHeader: (name: string, value: unknown) => (headers[name.toLowerCase()] = String(value)),
      end: (text = "") =>
        resolve({ response: { statusCode: outgoing.statusCode, headers, body: new TextEncoder().encode(text) } })
    });
    listener(incoming as unknown as IncomingMessage, outgoing as unknown as ServerResponse);
    incoming.emit("data", bytesOf(request.body));
    incoming.emit("end");
  });
}

// The SDK warns when its bytes are used like text, as Buffer.from(body) does: this takes the memory below them.
function bytesOf(body: string | Uint8Array): Buffer {
  return typeof body === "string" ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}
