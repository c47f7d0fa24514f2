import type { Identity } from "../../src/index.js";

/** What code of a project sees of Webiny's context. Classes, so that a method called without its object fails. */
export interface WebinyContext {
  plugins: { register(...plugins: unknown[]): void; byType<T>(type: string): T[] };
  request: { headers: Record<string, string | undefined> };
  tenancy: Tenancy;
  i18n: I18n;
  cms: Cms;
  security: Security;
}

class Tenancy {
  constructor(private readonly id: string) {}
  getCurrentTenant() {
    return { id: this.id };
  }
}

class I18n {
  content: { code: string } | undefined;
  constructor(
    private readonly locales: string[],
    private readonly security: Security
  ) {}
  async getLocale(code: string) {
    if ((await this.security.getPermissions("i18n")).length === 0) {
      throw new Error("Not authorized to read locales.");
    }
    return this.locales.includes(code) ? { code } : undefined;
  }
  setContentLocale(locale: { code: string }) {
    this.content = locale;
  }
}

class Cms {
  constructor(private readonly code: string) {}
  getLocale() {
    return { code: this.code };
  }
}

class Security {
  authorization = true;
  private identity: Identity | undefined;
  constructor(private readonly permissions: { name: string; rwd?: string }[]) {}
  getIdentity() {
    return this.identity;
  }
  setIdentity(identity: Identity) {
    this.identity = identity;
  }
  async getPermissions(name: string) {
    return this.authorization ? this.permissions.filter(permission => permission.name === name) : [{ name: "*" }];
  }
  async withoutAuthorization<T>(work: () => Promise<T>): Promise<T> {
    this.authorization = false;
    try {
      return await work();
    } finally {
      this.authorization = true;
    }
  }
}

/** The tenants there are, with their locales, the default first. */
const TENANTS: Record<string, string[]> = { root: ["en-US"], acme: ["en-US", "de-DE"] };

/** Who is signed in by the header `authorization`, and may do what. */
const USERS: Record<string, { name: string; rwd?: string }[]> = {
  jane: [{ name: "tasks" }],
  joe: [{ name: "tasks", rwd: "r" }],
  jim: []
};

const contextPlugin = (apply: (context: WebinyContext) => void) => ({
  type: "context",
  apply: async (context: WebinyContext) => apply(context)
});

/** Webiny's own plugins: they take tenant, locale and who it is from the headers of a request. */
export const webinyPlugins = [
  contextPlugin(context => {
    const tenant = context.request.headers["x-tenant"] ?? "root";
    if (TENANTS[tenant] === undefined) {
      throw new Error(`Tenant "${tenant}" was not found!`);
    }
    context.tenancy = new Tenancy(tenant);
  }),
  contextPlugin(context => {
    const user = context.request.headers.authorization;
    context.security = new Security(USERS[user ?? ""] ?? []);
    if (user !== undefined) {
      context.security.setIdentity({ id: user, displayName: user.toUpperCase(), type: "admin" });
    }
  }),
  contextPlugin(context => {
    const locales = TENANTS[context.tenancy.getCurrentTenant().id]!;
    const wanted = context.request.headers["x-webiny-cms-locale"] ?? "";
    context.i18n = new I18n(locales, context.security);
    // A locale that is not there is replaced by the default.
    context.cms = new Cms(locales.includes(wanted) ? wanted : locales[0]!);
  })
];
