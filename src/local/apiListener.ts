import { readFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { createDashboard } from "../dashboard/createDashboard.js";
import directory from "./directory.cjs";

/** Answers a request with the API of the handler, wherever its code runs. */
export type Fetch = (request: Request) => Promise<Response>;

/** What the local server answers: the dashboard, GraphiQL to a browser that opens `/graphql`, the rest by the handler's own API. */
export function createApiListener(fetch: Fetch, about: () => object): RequestListener {
  const dashboard = createDashboard();
  return getRequestListener(async request => {
    const { pathname } = new URL(request.url);
    if (request.method === "GET" && pathname === "/health") {
      return Response.json({ status: "ok", ...about() });
    }
    if (request.method === "GET" && (pathname === "/graphiql" || (pathname === "/graphql" && opensPage(request)))) {
      return graphiql();
    }
    const file = request.method === "GET" ? await dashboard.respond(request) : undefined;
    return file ?? fetch(request);
  });
}

/** A browser's address bar asks for a page, and has no query with it. */
function opensPage({ headers, url }: Request): boolean {
  return (headers.get("accept") ?? "").includes("text/html") && !new URL(url).searchParams.has("query");
}

/** One page that needs no other host, and may ask none but this. */
async function graphiql(): Promise<Response> {
  return new Response(await readFile(directory.graphiql), {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-encoding": "gzip",
      "content-security-policy":
        "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
      "x-frame-options": "DENY"
    }
  });
}
