import { TasksError } from "../../errors.js";
import type { TasksPermission } from "../../graphql/permissions.js";
import type { Scope } from "../../storage/record.js";
import type { Identity } from "../../types.js";
import { SECURITY_TYPE } from "../plugins.js";

export interface TaskSecurityOptions {
  /** Who makes the request, or null: it is refused. A throw refuses it, too, and is logged. */
  authenticate(request: Request): Identity | null | Promise<Identity | null>;
  /** What they may do, in this tenant and locale. `[]`: nothing. */
  permissions(identity: Identity, scope: Scope): TasksPermission[] | Promise<TasksPermission[]>;
  /** Tenants they may choose with `x-tenant`, or `"*"`; default `["root"]`. */
  tenants?(identity: Identity): string[] | "*" | Promise<string[] | "*">;
}

export interface TaskSecurityPlugin extends TaskSecurityOptions {
  type: typeof SECURITY_TYPE;
  name: string;
}

/**
 * Says who may call the API of `createHandler`. Without it every request from outside is refused. The last one registered
 * counts.
 * @throws TasksError PLUGIN_ERROR
 * @example
 * createTaskSecurity({
 *   authenticate: async request => verifyToken(request.headers.get("authorization")),
 *   permissions: identity => (identity.type === "admin" ? [{ name: "tasks" }] : [{ name: "tasks", rwd: "r" }])
 * });
 */
export function createTaskSecurity(options: TaskSecurityOptions): TaskSecurityPlugin {
  const { authenticate, permissions, tenants } = options;
  for (const [name, given] of Object.entries({ authenticate, permissions, tenants })) {
    if (typeof given !== "function" && !(name === "tenants" && given === undefined)) {
      throw new TasksError("PLUGIN_ERROR", `createTaskSecurity needs "${name}" as a function, got ${typeof given}.`);
    }
  }
  return {
    type: SECURITY_TYPE,
    name: SECURITY_TYPE,
    authenticate: request => authenticate(request),
    permissions: (identity, scope) => permissions(identity, scope),
    ...(tenants === undefined ? {} : { tenants: identity => tenants(identity) })
  };
}
