import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What the code of a task did outside. `life` says which process did it: the one after the n-th kill is n + 1. */
export type Effect = Run | HookCall;

export interface Run {
  kind: "run";
  life: number;
  task: string;
  iteration: number;
  /** Attempts of the iteration that ended in an error before. */
  failedAttempts: number;
  /** The mark in the stored output, which the iteration before has left there. */
  before: string | null;
  /** The mark this one wants to leave. Nobody else has it. */
  mark: string;
}

export interface HookCall {
  kind: "hook";
  life: number;
  task: string;
  name: string;
  status: string;
  iterations: number;
}

/** The other end of what tasks do. It lives in this process, so it outlives every kill. */
export class SecondSystem {
  readonly url: string;
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** @param onEffect gets each effect as it arrives, before its sender goes on */
  static async start(onEffect: (effect: Effect) => void): Promise<SecondSystem> {
    const server = createServer((request, response) => {
      let text = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      request.on("end", () => {
        onEffect(JSON.parse(text) as Effect);
        response.end();
      });
    });
    await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
    return new SecondSystem(server);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }
}
