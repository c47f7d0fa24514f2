import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  headers: IncomingMessage["headers"];
  query: string;
  operationName: string;
  variables: Record<string, any>;
}
export type Reply = { status?: number; headers?: Record<string, string>; body?: unknown } | "hang" | "drop";
type Script = (received: Received, count: number) => Reply | Promise<Reply>;

/** A server that answers what a test says, and remembers what it was asked. */
export class FakeApi {
  readonly received: Received[] = [];
  private server: Server | undefined;
  private port = 0;

  constructor(public script: Script) {}

  get url() {
    return `http://127.0.0.1:${this.port}/graphql`;
  }

  /** Listens, after the first time on the same port again. */
  async start(): Promise<this> {
    const server = createServer((request, response) => void this.answer(request, response));
    await new Promise<void>(resolve => server.listen(this.port, "127.0.0.1", resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
    return this;
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server !== undefined) {
      const closed = new Promise(resolve => server.close(resolve));
      server.closeAllConnections();
      await closed;
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request) {
      text += String(chunk);
    }
    const received = { headers: request.headers, ...JSON.parse(text) } as Received;
    this.received.push(received);
    const reply = await this.script(received, this.received.length);
    if (reply === "drop") {
      request.socket.destroy();
    } else if (reply !== "hang") {
      const { status = 200, headers = {}, body } = reply;
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    }
  }
}

/** What the API answers for one field. */
export function result(data: unknown, more: object = {}): { body: unknown } {
  return { body: { data: { backgroundTasks: { result: { data, error: null, ...more } } } } };
}

export function failure(code: string, message: string, data: object | null = null): { body: unknown } {
  return { body: { data: { backgroundTasks: { result: { data: null, error: { code, message, data } } } } } };
}

/** A task as GraphQL answers it: with null for what is not there. */
export function answeredTask(values: object = {}): Record<string, unknown> {
  return {
    id: "task1",
    name: "Sync",
    definitionId: "syncArticles",
    taskStatus: "running",
    executionName: "",
    input: { page: 1 },
    output: null,
    createdOn: "2026-01-01T00:00:00.000Z",
    savedOn: "2026-01-01T00:00:00.000Z",
    createdBy: { id: "admin", displayName: null, type: "admin" },
    startedOn: null,
    finishedOn: null,
    eventResponse: null,
    iterations: 0,
    parentId: null,
    message: null,
    error: null,
    abort: null,
    execution: 1,
    attempt: 0,
    nextAt: null,
    recent: [],
    ...values
  };
}
