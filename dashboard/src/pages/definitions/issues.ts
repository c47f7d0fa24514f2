import { ApiError } from "../../api/ApiError.js";

/** What the server says is wrong with one place of an input, such as `articles[2].title`. */
export interface Issue {
  path: string;
  message: string;
}

export function issuesOf(error: unknown): Issue[] {
  const data = error instanceof ApiError && error.code === "INVALID_INPUT" ? error.data : null;
  const issues = typeof data === "object" && data !== null && !Array.isArray(data) ? data.issues : null;
  return Array.isArray(issues)
    ? issues.flatMap(issue =>
        typeof issue === "object" && issue !== null && !Array.isArray(issue)
          ? [{ path: String(issue.path ?? ""), message: String(issue.message ?? "") }]
          : []
      )
    : [];
}
