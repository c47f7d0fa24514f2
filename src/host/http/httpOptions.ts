import { TasksError } from "../../errors.js";

/** How `createHandler` answers HTTP requests. */
export interface HttpOptions {
  /** Origins whose pages may call the API; `"*"` is every one. Default: none, a browser then lets in its own origin only. */
  cors?: { origin: string | string[]; credentials?: boolean; maxAgeSeconds?: number };
  /** Largest body of a request in bytes; default 6 MiB, which is what Lambda takes. */
  maxBodyBytes?: number;
  /** Whether the schema can be asked for; default true, of those who are signed in. */
  introspection?: boolean;
  /** Levels a query may be deep; default 12. */
  maxDepth?: number;
  /** Renamed fields a query may have; default 30. */
  maxAliases?: number;
  /** Cost a query may have: 1 for a field, 2 for one with fields, 1.5 times as much a level deeper; default 1,000. */
  maxCost?: number;
}

export type HttpSettings = Required<Omit<HttpOptions, "cors">> & Pick<HttpOptions, "cors">;

const DEFAULTS = {
  maxBodyBytes: 6 * 1024 * 1024,
  introspection: true,
  maxDepth: 12,
  maxAliases: 30,
  maxCost: 1_000
} satisfies HttpOptions;

/** @throws TasksError CONFIGURATION_ERROR */
export function checkHttpOptions(options: HttpOptions = {}): HttpSettings {
  for (const [name, value] of Object.entries(options)) {
    if (name === "cors") {
      checkCors(options.cors);
    } else if (!(name in DEFAULTS)) {
      fail(`unknown option http.${name}; known are cors, ${Object.keys(DEFAULTS).join(", ")}`);
    } else if (name === "introspection") {
      if (typeof value !== "boolean") {
        fail(`http.introspection must be true or false; got "${String(value)}"`);
      }
    } else if (value !== undefined && !(Number.isSafeInteger(value) && (value as unknown as number) > 0)) {
      fail(`http.${name} must be a positive whole number; got "${String(value)}"`);
    }
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...DEFAULTS, ...given };
}

function checkCors(cors: HttpOptions["cors"]): void {
  if (cors === undefined) {
    return;
  }
  const origins = [(cors as { origin?: unknown } | null)?.origin].flat();
  if (origins.length === 0 || !origins.every(origin => typeof origin === "string" && isOrigin(origin))) {
    fail('http.cors.origin must be "*", an origin such as "https://admin.example.com", or a list of origins');
  }
  if (origins.includes("*") && cors.credentials) {
    fail('http.cors.credentials needs origins by name: with "*" every page could act as the user who is signed in');
  }
}

function isOrigin(text: string): boolean {
  return text === "*" || (URL.canParse(text) && new URL(text).origin === text);
}

function fail(fault: string): never {
  throw new TasksError("CONFIGURATION_ERROR", `The HTTP API is not configured: ${fault}.`);
}
