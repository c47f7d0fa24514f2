import type { Json } from "./graphql.js";

/** Why a request was not answered: the page says something else for each. */
export type ApiFault = "offline" | "signIn" | "forbidden" | "refused";

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly fault: ApiFault,
    message: string,
    /** Stable; `NETWORK_ERROR` and `INVALID_ANSWER` are ours, all others the server's. */
    readonly code: string,
    readonly data: Json = null
  ) {
    super(message);
  }
}

export function faultOf(code: string): ApiFault {
  switch (code) {
    case "NOT_AUTHENTICATED":
      return "signIn";
    case "NOT_AUTHORIZED":
      return "forbidden";
    default:
      return "refused";
  }
}

export const isOffline = (error: unknown): boolean => error instanceof ApiError && error.fault === "offline";
