import { TasksError } from "../errors.js";

/** What the dashboard is told by whoever serves it. */
export interface DashboardOptions {
  /** Where it is served, such as `/dashboard`; default `/`. */
  path?: string;
  /** URL of the API, absolute or relative to the page; default: `/graphql` of the same handler. */
  api?: string;
  /** Shown in the menu and in the browser's tab; default `Background tasks`. */
  title?: string;
  /**
   * How a user signs in where the API asks for it: the page asks for a text, and sends it as `<prefix><text>` in a header.
   * Default `{ header: "authorization", prefix: "Bearer ", label: "Token" }`. False: the page asks for nothing, because
   * cookies or a proxy in front of it do.
   */
  signIn?: { header?: string; prefix?: string; label?: string } | false;
  /** Sent with every request, such as `{ "x-tenant": "acme" }`. Whoever opens the page can read them: no secrets. */
  headers?: Record<string, string>;
  /** True: cookies are sent also to an API of another origin. Default false. */
  credentials?: boolean;
}

/** The settings as the page reads them, and what its Content-Security-Policy has to allow. */
export interface DashboardSettings {
  /** Begins and ends with a slash. */
  path: string;
  /** JSON. */
  config: string;
  policy: string;
}

const SIGN_IN = { header: "authorization", prefix: "Bearer ", label: "Token" };
const KNOWN = ["path", "api", "title", "signIn", "headers", "credentials"];
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;

/** @throws TasksError CONFIGURATION_ERROR */
export function checkDashboardOptions(options: DashboardOptions = {}): DashboardSettings {
  const unknown = Object.keys(options).filter(name => !KNOWN.includes(name));
  if (unknown.length > 0) {
    fail(`unknown option ${unknown.join(", ")}; known are ${KNOWN.join(", ")}`);
  }
  const { signIn, headers = {}, credentials = false, title = "Background tasks" } = options;
  const path = checkPath(options.path ?? "/");
  const api = options.api ?? `${"../".repeat(path.split("/").length - 2)}graphql`;
  if (typeof title !== "string" || title === "") {
    fail('"title" must be a text');
  }
  if (typeof credentials !== "boolean") {
    fail('"credentials" must be true or false');
  }
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name) || typeof value !== "string") {
      fail(`"headers" must be names and texts; "${name}" is not`);
    }
  }
  const config = {
    api,
    title,
    signIn: signIn === false ? null : checkSignIn(signIn),
    headers,
    credentials: credentials ? "include" : "same-origin"
  };
  return { path, config: JSON.stringify(config), policy: policyFor(api) };
}

function checkPath(path: unknown): string {
  if (typeof path !== "string" || !/^(\/(?!\.{1,2}(\/|$))[\w.-]+)*\/?$/.test(path)) {
    fail(`"path" must be a path such as /dashboard; got "${String(path)}"`);
  }
  return path.endsWith("/") ? path : `${path}/`;
}

function checkSignIn(given: Exclude<DashboardOptions["signIn"], false>) {
  const signIn = { ...SIGN_IN, ...given };
  const isFit = Object.values(signIn).every(value => typeof value === "string") && HEADER_NAME.test(signIn.header);
  if (!isFit || Object.keys(signIn).length > 3) {
    fail('"signIn" must be false, or { header?, prefix?, label? } with texts');
  }
  return signIn;
}

/** Scripts, styles and pictures of its own; requests to itself and the API; nothing else. */
function policyFor(api: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self'${originOf(api)}`,
    "base-uri 'none'",
    "form-action 'none'"
  ].join("; ");
}

function originOf(api: unknown): string {
  if (typeof api !== "string" || api === "") {
    fail('"api" must be a URL, absolute or relative to the page');
  }
  if (!/^([a-z][a-z+.-]*:)?\/\//i.test(api)) {
    return "";
  }
  if (!URL.canParse(api) || !/^https?:$/.test(new URL(api).protocol)) {
    fail(`"api" must be a URL of http or https; got "${api}"`);
  }
  return ` ${new URL(api).origin}`;
}

function fail(fault: string): never {
  throw new TasksError("CONFIGURATION_ERROR", `The dashboard is not configured: ${fault}.`);
}
