import { readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";

export interface Served {
  url: string;
  stop(): Promise<void>;
}

/** Serves what a function answers, on 127.0.0.1 and a free port. */
export function serveFetch(fetch: (request: Request) => Promise<Response>): Promise<Served> {
  return serveListener(getRequestListener(request => fetch(request)));
}

const TYPES: Record<string, string> = {
  html: "text/html",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml"
};

/** Serves the files of a folder, as any web server would: without a header of its own. */
export function serveFolder(folder: string): Promise<Served> {
  return serveListener((request, response) => {
    const name = new URL(request.url ?? "/", "http://localhost").pathname.slice(1) || "index.html";
    readFile(join(folder, name)).then(
      body => response.writeHead(200, { "content-type": TYPES[name.split(".").at(-1)!] }).end(body),
      () => response.writeHead(404).end()
    );
  });
}

/** Serves what a listener of Node answers. */
export async function serveListener(listener: RequestListener): Promise<Served> {
  const server = createServer(listener);
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      })
  };
}
