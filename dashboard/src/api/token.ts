import { config } from "../config.js";

const KEY = "webiny-tasks-token";
let inMemory: string | null = null;

/** Kept for this tab only, unless the user asks for more. A browser may forbid storage: then it is kept in memory. */
export function readToken(): string | null {
  try {
    return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY) ?? inMemory;
  } catch {
    return inMemory;
  }
}

export function keepToken(token: string | null, onThisDevice = false): void {
  inMemory = token;
  try {
    sessionStorage.removeItem(KEY);
    localStorage.removeItem(KEY);
    if (token !== null) {
      (onThisDevice ? localStorage : sessionStorage).setItem(KEY, token);
    }
  } catch {
    // In memory it is.
  }
}

export function signInHeaders(): Record<string, string> {
  const token = readToken();
  return token === null || config.signIn === null
    ? config.headers
    : { ...config.headers, [config.signIn.header]: `${config.signIn.prefix}${token}` };
}
