import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { DynamoDbEndpoint } from "../../src/local/DynamoDbEndpoint.js";
import { closeServer, listenOnLoopback } from "../../src/local/loopback.js";

/**
 * What the network or DynamoDB does to a request:
 * - `throttle`, `fail`, `overload`: refused with 400, 500, 503, not carried out
 * - `cut-before`, `cut-after`: the connection breaks, before or after it was carried out
 * - `silent-before`, `silent-after`: no answer ever comes, before or after it was carried out
 * - `partial`: a batch is done by half
 * - `idle`: nothing of a batch is done
 */
export type NetworkFault =
  "throttle" | "fail" | "overload" | "cut-before" | "cut-after" | "silent-before" | "silent-after" | "partial" | "idle";

/** A request that came in: which operation, and how many of them came before. */
export interface SeenRequest {
  operation: string;
  number: number;
}

type Requests = Record<string, { Keys?: unknown[] } | unknown[]>;
interface Batch {
  RequestItems: Requests;
}

/** A DynamoDB behind a real socket, of which each request can go wrong in every way the SDK may meet. */
export class FaultyDynamoDb {
  readonly seen: string[] = [];
  /** Which fault meets a request; default none. */
  plan: (request: SeenRequest) => NetworkFault | undefined = () => undefined;
  url = "";
  private readonly endpoint = new DynamoDbEndpoint();
  private readonly server: Server = createServer((request, response) => {
    this.answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async start(): Promise<void> {
    await this.endpoint.start();
    this.url = await listenOnLoopback(this.server, 0);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await closeServer(this.server);
    await this.endpoint.stop();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readAll(request);
    const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
    const fault = this.plan({ operation, number: this.seen.filter(name => name === operation).length });
    this.seen.push(operation);
    if (fault === "silent-before") {
      return;
    }
    if (fault === "cut-before") {
      request.socket.destroy();
      return;
    }
    const refusal = fault === undefined ? undefined : REFUSALS[fault];
    if (refusal !== undefined) {
      response.writeHead(refusal.status, { "Content-Type": refusal.type });
      response.end(refusal.text);
      return;
    }
    const { now, later } =
      fault === "partial" || fault === "idle" ? split(body, fault) : { now: body, later: undefined };
    const answer = now === undefined ? emptyAnswer(operation) : await this.carryOut(request, now);
    if (fault === "cut-after") {
      request.socket.destroy();
      return;
    }
    if (fault !== "silent-after") {
      response.writeHead(answer.status, { "Content-Type": JSON_TYPE });
      response.end(later === undefined ? answer.text : leaving(operation, answer.text, later));
    }
  }

  private async carryOut(request: IncomingMessage, body: string) {
    const headers = ["content-type", "x-amz-target", "authorization", "x-amz-date"].map(
      name => [name, String(request.headers[name])] as [string, string]
    );
    const answer = await fetch(this.endpoint.url, { method: "POST", headers, body });
    return { status: answer.status, text: await answer.text() };
  }
}

const JSON_TYPE = "application/x-amz-json-1.0";
const errorText = (type: string) =>
  JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: "Refused by the test." });

const REFUSALS: Partial<Record<NetworkFault, { status: number; type: string; text: string }>> = {
  throttle: { status: 400, type: JSON_TYPE, text: errorText("ProvisionedThroughputExceededException") },
  fail: { status: 500, type: JSON_TYPE, text: errorText("InternalServerError") },
  // As a load balancer answers: not even JSON.
  overload: { status: 503, type: "text/html", text: "<html>Service Unavailable</html>" }
};

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

/** Parts a batch in what is done now and what is left; nothing is done now when `now` is undefined. */
function split(body: string, fault: "partial" | "idle"): { now: string | undefined; later: Requests } {
  const batch = JSON.parse(body) as Batch;
  const now: Requests = {};
  const later: Requests = {};
  for (const [table, requests] of Object.entries(batch.RequestItems)) {
    const list = Array.isArray(requests) ? requests : (requests.Keys ?? []);
    const most = fault === "idle" ? 0 : Math.ceil(list.length / 2);
    const part = (some: unknown[]) => (Array.isArray(requests) ? some : { ...requests, Keys: some });
    later[table] = part(list.slice(most));
    if (most > 0) {
      now[table] = part(list.slice(0, most));
    }
  }
  const isEmpty = Object.keys(now).length === 0;
  return { now: isEmpty ? undefined : JSON.stringify({ ...batch, RequestItems: now }), later };
}

const leftName = (operation: string) => (operation === "BatchGetItem" ? "UnprocessedKeys" : "UnprocessedItems");

function emptyAnswer(operation: string) {
  return { status: 200, text: JSON.stringify({ Responses: {}, [leftName(operation)]: {} }) };
}

function leaving(operation: string, text: string, later: Requests): string {
  return JSON.stringify({ ...(JSON.parse(text) as object), [leftName(operation)]: later });
}
