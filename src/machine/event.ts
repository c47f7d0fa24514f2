import * as z from "zod";
import { ID_PATTERN } from "../constants.js";
import { TasksError } from "../errors.js";

const required = z.string().min(1);
const key = z.string().regex(ID_PATTERN, "letters, digits, `_`, `.` and `-`, 64 at most");
const count = z.number().int().min(1);

// Fields both dialects have. Webiny's own machine sends just these (with `delay` a number of seconds or -1).
const common = {
  webinyTaskId: key,
  webinyTaskDefinitionId: key,
  tenant: key,
  locale: key,
  // Becomes a header in Webiny's host.
  endpoint: key,
  executionName: required,
  stateMachineId: required,
  delay: z.number().default(-1)
};

const webinyEvent = z.object(common);
const ownEvent = z.object({
  ...common,
  executionArn: required,
  execution: count,
  iteration: count,
  events: count,
  retryCount: z.number().int().min(0),
  crash: z.object({ error: z.string(), cause: z.string() }).optional()
});

/** Fields that Webiny's machine never sends. With one of them there, the answer must have the keys that ours reads. */
const OWN_FIELDS = ["executionArn", "execution", "iteration", "events", "retryCount"];

/** The event of our state machine: it says which iteration of which execution it expects. */
export type OwnTaskEvent = z.infer<typeof ownEvent>;
/** The event of Webiny's state machine: no numbers, so the runner takes "the next iteration". */
export type WebinyTaskEvent = z.infer<typeof webinyEvent>;

/** What the runner is asked to do; `dialect` says whose machine asks. */
export type TaskEvent =
  | ({ dialect: "own" } & OwnTaskEvent)
  | ({
      dialect: "webiny";
      execution?: undefined;
      iteration?: undefined;
      events?: undefined;
      crash?: undefined;
    } & WebinyTaskEvent);

/** What an answer needs of an event: whose machine asks, and whatever else could be read. */
export type ReadableEvent = { dialect: TaskEvent["dialect"] } & Partial<OwnTaskEvent>;

/** A checked event, or what could be read of it and what is wrong with it. Never a throw: Step Functions needs an answer. */
export type ParsedEvent = { event: TaskEvent; error?: undefined } | { event: ReadableEvent; error: TasksError };

/**
 * Checks the event of the Lambda, in either dialect.
 * @returns the event, or the readable part of it with a `VALIDATION_FAILED_INVALID_FIELDS` error whose
 *   `data.invalidFields` has one key for each missing or malformed field
 */
export function parseTaskEvent(event: unknown): ParsedEvent {
  const payload = readable(readable(event).payload);
  const dialect = OWN_FIELDS.some(name => payload[name] !== undefined) ? "own" : "webiny";
  const parsed = (dialect === "own" ? ownEvent : webinyEvent).safeParse(payload);
  if (parsed.success) {
    return { event: { dialect, ...parsed.data } as TaskEvent };
  }
  const invalidFields: Record<string, { code: string; message: string }> = {};
  for (const issue of parsed.error.issues) {
    invalidFields[issue.path.join(".")] = { code: issue.code, message: issue.message };
  }
  const error = new TasksError("VALIDATION_FAILED_INVALID_FIELDS", "Validation failed.", { invalidFields });
  return { event: { dialect, ...validPart(payload) }, error };
}

/** The fields that are valid by themselves, so that the answer can carry them. */
function validPart(payload: Record<string, unknown>): Partial<OwnTaskEvent> {
  const part: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(ownEvent.shape)) {
    const field = schema.safeParse(payload[name]);
    if (field.success && field.data !== undefined) {
      part[name] = field.data;
    }
  }
  return part;
}

/** The value's own fields; none when it is no object, or one that cannot be read. */
function readable(value: unknown): Record<string, unknown> {
  try {
    return typeof value === "object" ? { ...value } : {};
  } catch {
    return {};
  }
}
