import { AsyncLocalStorage } from "node:async_hooks";
import { DEFAULT_LOCALE, DEFAULT_TENANT } from "../constants.js";
import type { TaskContext } from "../definition/TaskDefinition.js";
import type { Scope } from "../storage/record.js";
import type { Identity } from "../types.js";

/** What a context may hold of tenancy, locale and identity: Webiny's members, or those our host puts there. */
export interface ScopedContext extends TaskContext {
  tenancy?: { getCurrentTenant(): { id: string } | null | undefined };
  i18n?: {
    getContentLocale?(): { code: string } | null | undefined;
    getLocale?(code: string): Promise<{ code: string }> | { code: string };
    setContentLocale?(locale: { code: string }): void;
  };
  cms?: { getLocale?(): { code: string } | null | undefined };
  security?: {
    getIdentity?(): Identity | null | undefined;
    setIdentity?(identity: Identity): void;
    getPermissions?(name: string): Promise<unknown[]>;
    withoutAuthorization?<T>(work: () => Promise<T>): Promise<T>;
  };
}

/** Who works where nobody is signed in: code of the project itself. */
export const SYSTEM_IDENTITY: Identity = { id: "system", displayName: "System", type: "system" };

/** Reads tenant and locale from the context, whoever's it is. */
export function scopeOfContext(context: ScopedContext): Scope {
  return {
    tenant: context.tenancy?.getCurrentTenant()?.id ?? DEFAULT_TENANT,
    locale: context.cms?.getLocale?.()?.code ?? context.i18n?.getContentLocale?.()?.code ?? DEFAULT_LOCALE
  };
}

export function identityOfContext(context: ScopedContext): Identity {
  const identity = context.security?.getIdentity?.();
  return identity
    ? { id: identity.id, displayName: identity.displayName ?? null, type: identity.type }
    : SYSTEM_IDENTITY;
}

// Per call chain, not per context: other work of the same request keeps its permissions.
const authorizationOff = new AsyncLocalStorage<true>();

/** Who makes a request, and what they may do; without it, code of the project itself. */
export interface RequestScope extends Scope {
  identity?: Identity;
  permissions?: readonly { name: string }[];
}

/** Tenancy, locale, identity and permissions for a host without Webiny. Nobody has a permission unless it is given. */
export function addScope(context: TaskContext, { tenant, locale, ...caller }: RequestScope): void {
  let currentLocale = { code: locale };
  let identity = caller.identity ?? null;
  const permissionsOf = (wanted: string) =>
    (caller.permissions ?? []).filter(({ name }) => name === wanted || name === "*");
  const members: Omit<ScopedContext, keyof TaskContext> = {
    tenancy: { getCurrentTenant: () => ({ id: tenant }) },
    i18n: {
      getContentLocale: () => currentLocale,
      getLocale: code => ({ code }),
      setContentLocale: next => {
        currentLocale = next;
      }
    },
    security: {
      getIdentity: () => identity,
      setIdentity: next => {
        identity = next;
      },
      getPermissions: async name => (authorizationOff.getStore() ? [{ name: "*" }] : permissionsOf(name)),
      withoutAuthorization: work => authorizationOff.run(true, work)
    }
  };
  Object.assign(context, members);
}
