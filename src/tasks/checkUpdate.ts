import { TasksError } from "../errors.js";

/**
 * Checks which fields of a task are to be changed, and the name.
 * @throws TasksError INVALID_ARGUMENT
 */
export function checkUpdate(values: { name?: unknown }, changeable: readonly string[]): void {
  const refused = Object.keys(values).filter(name => !changeable.includes(name));
  if (refused.length > 0) {
    const message = `updateTask changes ${changeable.join(", ")}; it can't change ${refused.join(", ")}.`;
    throw new TasksError("INVALID_ARGUMENT", message, { refused });
  }
  if (values.name !== undefined) {
    checkName(values.name);
  }
}

/** @throws TasksError INVALID_ARGUMENT */
export function checkName(name: unknown): string {
  const bytes = typeof name === "string" ? Buffer.byteLength(name) : 0;
  if (typeof name !== "string" || bytes === 0 || bytes > 256) {
    const came = typeof name === "string" ? `${bytes} bytes` : typeof name;
    throw new TasksError("INVALID_ARGUMENT", `The name of a task must be a text of 1 to 256 bytes, got ${came}.`);
  }
  return name;
}
