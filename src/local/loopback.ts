import type { IncomingMessage, RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { TasksError } from "../errors.js";

const ADDRESS = "127.0.0.1";
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * Lets only this machine in. The socket is bound to loopback, but a web page can still reach it through the browser: by a
 * name that points here (its `Host` is not loopback) or across origins (its `Origin` is not).
 */
export function guardLoopback(listener: RequestListener): RequestListener {
  return (request, response) => {
    const refusal = refuse(request);
    if (refusal === undefined) {
      listener(request, response);
      return;
    }
    response.writeHead(403, { "Content-Type": "text/plain", Connection: "close" });
    response.end(`${refusal}\n`);
  };
}

function refuse({ headers }: IncomingMessage): string | undefined {
  if (!LOOPBACK_HOST.test(headers.host ?? "")) {
    return `This endpoint is for this machine only: use ${ADDRESS} or localhost, not ${headers.host ?? "a request without Host"}.`;
  }
  if (headers.origin !== undefined && !LOOPBACK_HOST.test(headers.origin.replace(/^https?:\/\//, ""))) {
    return `This endpoint is for this machine only, not for pages of ${headers.origin}.`;
  }
  return undefined;
}

/**
 * Listens on loopback.
 * @param port 0 for a free one
 * @returns the URL
 * @throws TasksError LOCAL_ERROR when the port is taken
 */
export async function listenOnLoopback(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        new TasksError(
          "LOCAL_ERROR",
          `Cannot listen on ${ADDRESS}:${port} (${error.code}). Choose another port, or 0 for a free one.`,
          {
            port,
            code: error.code
          }
        )
      );
    });
    server.listen(port, ADDRESS, () => {
      server.removeAllListeners("error");
      resolve();
    });
  });
  return `http://${ADDRESS}:${(server.address() as AddressInfo).port}`;
}

/** Stops listening and ends every connection. Answers that are under way must have been given before. */
export async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.close(error => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
