import type { InputIssue, TaskDefinition } from "../definition/TaskDefinition.js";
import { TasksError } from "../errors.js";

const MAX_SAID = 5;

/**
 * Checks an input by the definition's `inputSchema`.
 * @returns what the schema makes of it (defaults filled in); without a schema the input itself
 * @throws TasksError INVALID_INPUT; `data.issues` has them path by path
 */
export async function checkInput({ id, inputSchema }: TaskDefinition, input: unknown): Promise<unknown> {
  if (inputSchema === undefined) {
    return input;
  }
  const result = await inputSchema.safeParseAsync(input);
  if (result.success) {
    return result.data;
  }
  const issues = result.error.issues.map(({ path, code, message }) => ({ path: pathText(path), code, message }));
  const said = issues.slice(0, MAX_SAID).map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  const more = issues.length > MAX_SAID ? `; and ${issues.length - MAX_SAID} more` : "";
  throw new TasksError("INVALID_INPUT", `The input of "${id}" is not valid: ${said.join("; ")}${more}.`, {
    id,
    issues
  });
}

/** `articles[2].title` */
function pathText(path: InputIssue["path"]): string {
  return path
    .map((part, at) => (typeof part === "number" ? `[${part}]` : `${at === 0 ? "" : "."}${String(part)}`))
    .join("");
}
