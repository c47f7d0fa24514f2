import {
  DEFINITION_ID_PATTERN,
  MAX_ABORT_GRACE_SECONDS,
  MAX_LOST_INVOCATION_ATTEMPTS,
  MAX_NO_PROGRESS_ITERATIONS
} from "../constants.js";
import { TasksError } from "../errors.js";

const HOOKS = ["onBeforeTrigger", "onDone", "onError", "onAbort", "onMaxIterations"] as const;
const OPTIONS = new Set<string>([
  "id",
  "title",
  "description",
  "maxIterations",
  "lostInvocationAttempts",
  "abortGraceSeconds",
  "retry",
  "budget",
  "noProgressIterations",
  "burst",
  "disableDatabaseLogs",
  "inputSchema",
  "fields",
  "config",
  "run",
  ...HOOKS,
  // Set by the method that is used to define the task; task files that carry it are taken.
  "isPrivate"
]);

/**
 * Checks what `createTaskDefinition` was given.
 * @throws TasksError INVALID_DEFINITION, naming the definition and the fault
 */
export function checkDefinition(params: unknown): void {
  if (typeof params !== "object" || params === null || Array.isArray(params)) {
    fail("?", `expected an object with id, title and run, got ${describe(params)}`);
  }
  const given = params as Record<string, unknown>;
  const { id } = given;
  if (typeof id !== "string" || !DEFINITION_ID_PATTERN.test(id)) {
    const shown = typeof id === "string" ? id : describe(id);
    throw new TasksError(
      "INVALID_DEFINITION",
      `Task ID "${shown}" is invalid. It must be in camelCase format, for example: "myCustomTask".`,
      { id: shown }
    );
  }
  if (typeof given.title !== "string" || given.title.trim() === "") {
    fail(id, `"title" must be a text that is not empty, got ${describe(given.title)}`);
  }
  if (given.description !== undefined && typeof given.description !== "string") {
    fail(id, `"description" must be a text, got ${describe(given.description)}`);
  }
  if (typeof given.run !== "function") {
    fail(id, `"run" must be a function, got ${describe(given.run)}`);
  }
  checkCount(id, "maxIterations", given.maxIterations);
  checkCount(id, "lostInvocationAttempts", given.lostInvocationAttempts, MAX_LOST_INVOCATION_ATTEMPTS);
  checkCount(id, "noProgressIterations", given.noProgressIterations, MAX_NO_PROGRESS_ITERATIONS);
  if (given.noProgressIterations === 1) {
    // Every iteration that waits for something would be the last one.
    fail(id, '"noProgressIterations" must be at least 2, got 1');
  }
  if (given.budget !== undefined) {
    checkBudget(id, given.budget);
  }
  checkCount(id, "abortGraceSeconds", given.abortGraceSeconds, MAX_ABORT_GRACE_SECONDS, 0);
  if (given.retry !== undefined) {
    checkRetry(id, given.retry);
  }
  for (const name of ["disableDatabaseLogs", "burst"]) {
    if (given[name] !== undefined && typeof given[name] !== "boolean") {
      fail(id, `"${name}" must be true or false, got ${describe(given[name])}`);
    }
  }
  const { inputSchema } = given as { inputSchema?: { safeParseAsync?: unknown } | null };
  if (inputSchema !== undefined && typeof inputSchema?.safeParseAsync !== "function") {
    fail(id, `"inputSchema" must be a zod schema, got ${describe(inputSchema)}`);
  }
  if (given.fields !== undefined && !Array.isArray(given.fields)) {
    fail(id, `"fields" must be an array, got ${describe(given.fields)}`);
  }
  for (const name of [...HOOKS, "config"]) {
    if (given[name] !== undefined && typeof given[name] !== "function") {
      fail(id, `"${name}" must be a function, got ${describe(given[name])}`);
    }
  }
  checkOptionNames(id, given);
}

/** A mistyped hook would never run, so an unknown option is an error. A class may have members of its own. */
function checkOptionNames(id: string, given: Record<string, unknown>): void {
  const prototype: unknown = Object.getPrototypeOf(given);
  if (prototype !== Object.prototype && prototype !== null) {
    return;
  }
  const unknown = Object.keys(given).filter(name => !OPTIONS.has(name));
  if (unknown.length > 0) {
    fail(id, `unknown option ${unknown.map(name => `"${name}"`).join(", ")}; known are ${[...OPTIONS].join(", ")}`);
  }
}

function checkCount(id: string, name: string, value: unknown, max = Number.MAX_SAFE_INTEGER, min = 1): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max)) {
    const atLeast = min === 1 ? "a positive whole number" : `a whole number, at least ${min}`;
    const atMost = max === Number.MAX_SAFE_INTEGER ? "" : `, at most ${max}`;
    fail(id, `"${name}" must be ${atLeast}${atMost}, got ${describe(value)}`);
  }
}

function checkBudget(id: string, budget: unknown): void {
  const entries = typeof budget === "object" && budget !== null ? Object.entries(budget) : [];
  if (entries.length === 0) {
    fail(id, `"budget" must be an object with dollars, seconds or both, got ${describe(budget)}`);
  }
  for (const [name, value] of entries) {
    if (name !== "dollars" && name !== "seconds") {
      fail(id, `unknown option "budget.${name}"; known are dollars, seconds`);
    }
    if (value !== undefined && !(typeof value === "number" && value > 0 && value < Infinity)) {
      fail(id, `"budget.${name}" must be a number above 0, got ${describe(value)}`);
    }
  }
}

const DAY_SECONDS = 86_400;

function checkRetry(id: string, retry: unknown): void {
  if (typeof retry !== "object" || retry === null) {
    fail(id, `"retry" must be an object with maxAttempts, got ${describe(retry)}`);
  }
  const checks: Record<string, [fits: (value: never) => boolean, expected: string]> = {
    maxAttempts: [(n: number) => Number.isInteger(n) && n >= 2 && n <= 100, "a whole number from 2 to 100"],
    initialDelaySeconds: [(n: number) => n >= 0 && n <= DAY_SECONDS, "a number of seconds, a day at most"],
    backoffRate: [(n: number) => n >= 1 && n <= 100, "a number from 1 to 100"],
    maxDelaySeconds: [(n: number) => n >= 0 && n <= DAY_SECONDS, "a number of seconds, a day at most"],
    jitter: [(word: string) => word === "full" || word === "none", '"full" or "none"'],
    retryable: [(test: unknown) => typeof test === "function", "a function"]
  };
  for (const [name, value] of Object.entries({ maxAttempts: undefined, ...retry })) {
    const check = checks[name];
    if (check === undefined) {
      fail(id, `unknown option "retry.${name}"; known are ${Object.keys(checks).join(", ")}`);
    }
    const [fits, expected] = check;
    const isNumber = !["jitter", "retryable"].includes(name);
    const isLeftOut = value === undefined && name !== "maxAttempts";
    if (!isLeftOut && ((isNumber && typeof value !== "number") || !fits(value as never))) {
      fail(id, `"retry.${name}" must be ${expected}, got ${describe(value)}`);
    }
  }
}

function fail(id: string, fault: string): never {
  throw new TasksError("INVALID_DEFINITION", `The task definition "${id}" is not valid: ${fault}.`, { id });
}

function describe(value: unknown): string {
  if (value === undefined) {
    return "nothing";
  }
  if (typeof value === "string") {
    return JSON.stringify(value);
  }
  if (typeof value === "number" || typeof value === "boolean" || value === null) {
    return String(value);
  }
  return Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;
}
