import { DEFAULT_LOCALE, DEFAULT_TENANT } from "../../constants.js";
import { TasksError } from "../../errors.js";
import type { TasksPermission } from "../../graphql/permissions.js";
import { checkId, type Scope } from "../../storage/record.js";
import type { Identity, Logger } from "../../types.js";
import type { TaskSecurityPlugin } from "./security.js";

/** Who makes a request, where, and what they may do. */
export interface Caller {
  scope: Scope;
  identity: Identity;
  permissions: TasksPermission[];
}

/** Who works with the local server: whoever sits at this machine. */
const LOCAL_ADMIN: Identity = { id: "local-admin", displayName: "Local admin", type: "admin" };
const EVERYTHING: TasksPermission[] = [{ name: "*", private: true }];

/** @throws TasksError INVALID_ID */
export function localAdmin(request: Request): Caller {
  return { scope: scopeOf(request), identity: LOCAL_ADMIN, permissions: EVERYTHING };
}

/** @throws TasksError NOT_AUTHENTICATED, NOT_AUTHORIZED, INVALID_ID */
export async function signIn(
  request: Request,
  security: TaskSecurityPlugin | undefined,
  logger: Logger
): Promise<Caller> {
  if (security === undefined) {
    logger.error(
      "A request from outside was refused: nothing says who may call the API. Add createTaskSecurity({ authenticate, permissions }) to the plugins of createHandler.",
      {}
    );
    throw notAuthenticated();
  }
  const identity = await identify(request, security, logger);
  const scope = scopeOf(request);
  const tenants = (await security.tenants?.(identity)) ?? [DEFAULT_TENANT];
  if (tenants !== "*" && !tenants.includes(scope.tenant)) {
    throw new TasksError("NOT_AUTHORIZED", `Not authorized for the tenant "${scope.tenant}".`, {
      tenant: scope.tenant
    });
  }
  return { scope, identity, permissions: await security.permissions(identity, scope) };
}

async function identify(request: Request, security: TaskSecurityPlugin, logger: Logger): Promise<Identity> {
  let identity: Identity | null;
  try {
    identity = await security.authenticate(request);
  } catch (error) {
    logger.warn("authenticate() of createTaskSecurity threw, so the request was refused", { error });
    throw notAuthenticated();
  }
  if (typeof identity?.id !== "string" || identity.id === "") {
    throw notAuthenticated();
  }
  return { id: identity.id, displayName: identity.displayName ?? null, type: String(identity.type) };
}

/** `x-i18n-locale` may hold several, as Webiny's screens send it: `default:en-US;content:de-DE;`. */
function scopeOf({ headers }: Request): Scope {
  const given = headers.get("x-webiny-cms-locale") ?? headers.get("x-i18n-locale") ?? DEFAULT_LOCALE;
  const scope = {
    tenant: headers.get("x-tenant") ?? DEFAULT_TENANT,
    locale: /(?:^|;)content:([^;]*)/.exec(given)?.[1] ?? given
  };
  checkId("tenant", scope.tenant);
  checkId("locale", scope.locale);
  return scope;
}

function notAuthenticated(): TasksError {
  return new TasksError("NOT_AUTHENTICATED", "Not signed in.");
}
