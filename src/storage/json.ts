import { MAX_PAYLOAD_DEPTH } from "../constants.js";
import { TasksError } from "../errors.js";
import type { JsonObject } from "../types.js";

/**
 * The JSON text of an object a user gave, or an error that says where it is not JSON.
 *
 * JSON in, the same JSON out: dates become ISO strings, and properties that are `undefined` are left out, as in
 * `JSON.stringify`. What `JSON.stringify` would lose without a word (NaN, functions, Map, Set, `undefined` in an array)
 * is refused, as are bigints, cycles, a `__proto__` key, and more than 200 levels.
 *
 * @param what for messages: "input", "output", …
 * @throws TasksError INVALID_INPUT, PAYLOAD_TOO_LARGE
 */
export function jsonText(what: string, value: unknown, maxBytes: number): string {
  if (!isJsonObject(hasToJson(value) ? value.toJSON() : value)) {
    throw new TasksError("INVALID_INPUT", `The ${what} must be a JSON object, got ${kindOf(value)}.`, { what });
  }
  check(what, value, what, 1);
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) {
    throw new TasksError(
      "PAYLOAD_TOO_LARGE",
      `The ${what} is too large: ${bytes.toLocaleString("en")} bytes of JSON, at most ${maxBytes.toLocaleString("en")} are stored. ` +
        `Keep large data elsewhere (S3) and pass its key.`,
      { what, bytes, maxBytes }
    );
  }
  return text;
}

/** Merges over an object, top level only; `undefined` removes a key. Neither argument is changed. */
export function mergeJson<T extends object>(base: T, changes: object): T {
  const merged = Object.entries({ ...base, ...changes }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(merged) as T;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && kindOf(value) === "an object";
}

function check(what: string, given: unknown, path: string, depth: number): void {
  const value = hasToJson(given) ? given.toJSON() : given;
  switch (typeof value) {
    case "string":
    case "boolean":
      return;
    case "number":
      if (!Number.isFinite(value)) {
        refuse(what, path, String(value));
      }
      return;
    case "object":
      if (value !== null) {
        checkObject(what, value, path, depth);
      }
      return;
    default:
      refuse(what, path, kindOf(value));
  }
}

function checkObject(what: string, value: object, path: string, depth: number): void {
  if (depth > MAX_PAYLOAD_DEPTH) {
    throw new TasksError(
      "INVALID_INPUT",
      `The ${what} is nested deeper than ${MAX_PAYLOAD_DEPTH} levels, or refers to itself, at ${path.slice(0, 120)}.`,
      {
        what
      }
    );
  }
  if (Array.isArray(value)) {
    value.forEach((element, index) => check(what, element, `${path}[${index}]`, depth + 1));
    return;
  }
  if (kindOf(value) !== "an object") {
    refuse(what, path, kindOf(value));
  }
  for (const [name, property] of Object.entries(value)) {
    if (name === "__proto__") {
      refuse(what, `${path}.__proto__`, "a key of this name");
    }
    if (property !== undefined) {
      check(what, property, `${path}.${name}`, depth + 1);
    }
  }
}

function refuse(what: string, path: string, came: string): never {
  throw new TasksError("INVALID_INPUT", `The ${what} is not JSON: got ${came} at ${path.slice(0, 200)}.`, {
    what,
    path
  });
}

function hasToJson(value: unknown): value is { toJSON(): unknown } {
  return typeof value === "object" && value !== null && typeof (value as { toJSON?: unknown }).toJSON === "function";
}

function kindOf(value: unknown): string {
  if (value === null) {
    return "null";
  }
  if (value === undefined) {
    return "nothing";
  }
  if (Array.isArray(value)) {
    return "an array";
  }
  if (typeof value !== "object") {
    return `a ${typeof value}`;
  }
  // Their JSON is no object, or {}: everything in them lost.
  if (
    value instanceof Date ||
    value instanceof Map ||
    value instanceof Set ||
    value instanceof RegExp ||
    value instanceof Promise
  ) {
    return `a ${value.constructor.name}`;
  }
  return "an object";
}
