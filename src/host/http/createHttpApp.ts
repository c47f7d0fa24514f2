import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { toTaskError } from "../../errors.js";
import type { TaskContext } from "../../definition/TaskDefinition.js";
import { presentError } from "../../graphql/presentError.js";
import type { Logger } from "../../types.js";
import { DASHBOARD_TYPE, SECURITY_TYPE, type DashboardPlugin } from "../plugins.js";
import type { PluginsContainer } from "../PluginsContainer.js";
import { createGraphQLEndpoint } from "./graphqlEndpoint.js";
import type { HttpSettings } from "./httpOptions.js";
import type { TaskSecurityPlugin } from "./security.js";
import { localAdmin, signIn, type Caller } from "./signIn.js";

/** What a server passes beside a request; nothing a request says can set it. */
export interface HttpEnvironment {
  /** The local server: everybody who reaches it is the admin. */
  isLocal?: boolean;
  /** The event of a Lambda that the request was made of. */
  event?: unknown;
}

export type HttpApp = Hono<{ Bindings: HttpEnvironment }>;

export interface HttpAppParams {
  settings: HttpSettings;
  plugins: PluginsContainer;
  logger: Logger;
  createContext(caller: Caller): Promise<TaskContext>;
}

const STATUS: Record<string, 401 | 403 | 400> = { NOT_AUTHENTICATED: 401, NOT_AUTHORIZED: 403, INVALID_ID: 400 };

/** The HTTP API: `/graphql` and `/health`; the dashboard where there is one. The same app serves Lambda's events and the local server. */
export function createHttpApp({ settings, plugins, logger, createContext }: HttpAppParams): HttpApp {
  const app: HttpApp = new Hono();
  const endpoint = createGraphQLEndpoint(settings, logger);

  if (settings.cors !== undefined) {
    const { origin, credentials, maxAgeSeconds } = settings.cors;
    app.use(cors({ origin, credentials, maxAge: maxAgeSeconds, allowMethods: ["GET", "POST"] }));
  }
  app.get("/health", c => c.json({ status: "ok" }));
  app.use(
    "/graphql",
    bodyLimit({
      maxSize: settings.maxBodyBytes,
      onError: c =>
        refuse(
          c,
          413,
          "PAYLOAD_TOO_LARGE",
          `The body of a request is at most ${settings.maxBodyBytes.toLocaleString("en-US")} bytes. Keep large data in S3 and pass its key.`
        )
    })
  );
  app.all("/graphql", async c => {
    let caller: Caller;
    try {
      const security = plugins.byType<TaskSecurityPlugin>(SECURITY_TYPE).at(-1);
      caller = c.env.isLocal ? localAdmin(c.req.raw) : await signIn(c.req.raw, security, logger);
    } catch (error) {
      const { code = "", message } = toTaskError(error);
      const status = STATUS[code];
      if (status === undefined) {
        throw error;
      }
      return refuse(c, status, code, message);
    }
    const context = await createContext(caller);
    return endpoint(c.req.raw, context, error => presentError(context, error));
  });
  app.get("*", async (c, next) => {
    const dashboard = plugins.byType<DashboardPlugin>(DASHBOARD_TYPE).at(-1);
    // API Gateway's REST API passes bytes on only for types it was told of; text it always does.
    const isRestApi = typeof (c.env.event as { httpMethod?: unknown } | undefined)?.httpMethod === "string";
    return (await dashboard?.respond(c.req.raw, !isRestApi)) ?? next();
  });
  app.notFound(c => refuse(c, 404, "NOT_FOUND", `There is nothing at ${c.req.path}: the API is at /graphql.`));
  app.onError((error, c) => {
    logger.error("An HTTP request failed", { path: c.req.path, error });
    return refuse(c, 500, "INTERNAL_ERROR", "The server could not carry out the request. Its log says why.");
  });
  return app;
}

/** A refusal in GraphQL's own form, so that every client can read it. */
function refuse(c: Context, status: 400 | 401 | 403 | 404 | 413 | 500, code: string, message: string): Response {
  return c.json({ errors: [{ message, extensions: { code } }] }, status);
}
