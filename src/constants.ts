/** Limits and defaults, once, with their unit and source. Everything else imports them. */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_SECONDS = 24 * 60 * 60;

/** Iterations a task may use when its definition does not say. */
export const DEFAULT_MAX_ITERATIONS = 500;

/** Longest delay or wait, in seconds (355 days). A Step Functions execution may last 365 days. */
export const MAX_DELAY_DAYS = 355;
export const MAX_DELAY_SECONDS = MAX_DELAY_DAYS * DAY_SECONDS;

/** Seconds before the Lambda deadline at which `isCloseToTimeout()` turns true. */
export const DEFAULT_CLOSE_TO_TIMEOUT_SECONDS = 180;

/** Largest input and largest output of a task, in UTF-8 bytes of its JSON (32 MiB each). */
export const MAX_PAYLOAD_BYTES = 32 * 1024 * 1024;

/** Largest log line (message, data and error together), in UTF-8 bytes of its JSON (1 MiB). */
export const MAX_LOG_LINE_BYTES = 1024 * 1024;

/** Deepest nesting of an input, output or log line, in levels of objects and arrays. */
export const MAX_PAYLOAD_DEPTH = 200;

/** One write unit, in bytes of the whole item. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html */
export const WRITE_UNIT_BYTES = 1_024;

/** A record is kept below one write unit: an input or output that does not fit goes into items of its own. */
export const INLINE_RECORD_BYTES = 1 * WRITE_UNIT_BYTES;

/** A finished record, whose input and output are read more often than it is written, may have this many bytes. */
export const INLINE_FINAL_BYTES = 4 * WRITE_UNIT_BYTES;

/** Largest slice of a compressed payload, in bytes. An item holds 400 KB. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
export const SLICE_BYTES = 350 * 1024;

/** How many of the latest iterations a record remembers (start and duration) for its timeline. */
export const RECENT_ITERATIONS = 16;

/** A lease outlives the Lambda's deadline by this much, in milliseconds, so that it never ends before the code does. */
export const LEASE_MARGIN_MS = 60 * SECOND_MS;

/** How early an iteration may start before the time it waits for, in milliseconds: clocks differ. */
export const EARLY_START_MS = 5 * SECOND_MS;

/** Longest wait answered while another invocation holds the lease, in seconds. */
export const MAX_LEASE_WAIT_SECONDS = 30;

/** Longest message of an abort, in UTF-8 bytes. */
export const MAX_ABORT_MESSAGE_BYTES = 1_024;

/** Wait answered by a version that does not know the record's format, in seconds: a newer one is being deployed. */
export const NEWER_FORMAT_WAIT_SECONDS = 60;

/** Invocations of one iteration that may be lost (crash, time-out) before the task fails with `INVOCATION_LOST`. */
export const DEFAULT_LOST_INVOCATION_ATTEMPTS = 3;

/** The most a definition may set: with the back-off, an iteration that is lost every time is given up after 1.6 hours. */
export const MAX_LOST_INVOCATION_ATTEMPTS = 100;

/** The most iterations without progress a definition may allow. */
export const MAX_NO_PROGRESS_ITERATIONS = 10_000;

/** Back-off before the next attempt after a lost invocation, in seconds: 2, 4, 8, … at most 60. */
export const LOST_INVOCATION_BACKOFF_SECONDS = { first: 2, factor: 2, max: 60 } as const;

/**
 * Lost invocations of one iteration that are not counted, as the storage was throttled or out of reach: with the
 * back-off, more than an hour and a half. After them they count, so that nothing is tried for ever.
 */
export const MAX_STORAGE_FAILURES = 99;

/** Times a hook is tried before it is given up with an error in the log. */
export const MAX_HOOK_ATTEMPTS = 3;

/** How long one process may own a task's hooks when it has no Lambda deadline, in milliseconds. */
export const HOOK_LEASE_MS = 5 * MINUTE_MS;

/** After `hookUntil` an unfinished hook is overdue by this much, in milliseconds, before anybody looks. */
export const HOOK_OVERDUE_MS = 5 * MINUTE_MS;

/** An active task is due this long after its next step, in milliseconds; moved only when nearer than half of it. */
export const DUE_AHEAD_MS = 60 * MINUTE_MS;
export const DUE_NEAR_MS = 30 * MINUTE_MS;

/** Longest wait a burst sleeps in its process, in seconds: a wait of the machine costs as much as 4.5 s of 1 GB. */
export const BURST_SLEEP_SECONDS = 4;

/** A revived task is looked at again after so long, in milliseconds. */
export const REVIVED_AHEAD_MS = 10 * MINUTE_MS;

/** Executions started for a task, with no iteration settled between them, before it fails with `EXECUTION_LOST`. */
export const MAX_REVIVES = 5;

/** A sweep stops when the Lambda has less than this left, in milliseconds; the next one goes on. */
export const SWEEP_MARGIN_MS = 30 * SECOND_MS;

/** Overdue tasks a sweep looks after at once. */
export const SWEEP_CONCURRENCY = 10;

/** Partitions of the `byDue` index. */
export const DUE_SHARDS = 8;

/** Days a finished task, its logs and payloads are kept. */
export const DEFAULT_RETENTION_DAYS = 90;

/** First look at the task's status while `run` is busy, and the time between two looks, in milliseconds. */
export const ABORT_POLL_FIRST_MS = 2 * SECOND_MS;
export const ABORT_POLL_EVERY_MS = 3 * SECOND_MS;

/** Running code knows of an abort at most so much later, in milliseconds. */
export const ABORT_NOTICE_MS = ABORT_POLL_FIRST_MS + ABORT_POLL_EVERY_MS;

/** How long code that was told of an abort may go on before `onAbort` runs beside it, in seconds. */
export const DEFAULT_ABORT_GRACE_SECONDS = 60;
/** The most a definition may set: no invocation lasts longer. */
export const MAX_ABORT_GRACE_SECONDS = 900;

/** Log lines are written together: after this many milliseconds, or this many bytes, whichever comes first. */
export const LOG_FLUSH_MS = SECOND_MS;
export const LOG_FLUSH_BYTES = 256 * 1024;

/** Longest error message passed through the state machine, in bytes. The record holds it whole. */
export const MAX_ANSWER_MESSAGE_BYTES = 1024;

/** Longest part of an execution name that comes from the definition's id, in characters; the name itself may have 80. */
export const MAX_EXECUTION_NAME_PREFIX = 40;

/** History events one execution may have. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const MAX_HISTORY_EVENTS = 25_000;

/** A task moves to a fresh execution when the old one has used so many events: what is left is for retries and waits. */
export const HAND_OVER_EVENTS = 22_000;

/** Longest an execution may run, and how long before a wait has to end for it to be waited there, in days. */
export const MAX_EXECUTION_DAYS = 365;
export const HAND_OVER_DAYS = MAX_EXECUTION_DAYS - 1;

/** Largest input or output of a state or an execution, in UTF-8 bytes. Same page. */
export const MAX_STATE_BYTES = 262_144;

/** History events a state writes, counted as Step Functions does. */
export const HISTORY_EVENTS = { start: 1, runAndCheck: 7, wait: 2, failedAttempt: 3 } as const;

/** Memory of the Lambda where none is (tests, the local runtime), in MB: what its cost is computed with. */
export const ASSUMED_LAMBDA_MB = 1_024;

/** Page sizes of lists: default and largest. */
export const DEFAULT_LIST_LIMIT = 50;
export const MAX_LIST_LIMIT = 1_000;

/** `totalCount` is counted up to here. */
export const MAX_TOTAL_COUNT = 10_000;

/** Candidates one list call looks at when it has to filter. */
export const MAX_FILTER_CANDIDATES = 1_000;

/** Definition ids (times statuses) one list call may merge, and ids it may name. */
export const MAX_LIST_STREAMS = 50;
export const MAX_LIST_IDS = 100;

/** Tasks whose logs one `listLogs` without a task looks at. */
export const MAX_LOG_LIST_TASKS = 100;

/** What `tenant`, `locale` and ids look like. A `#` in one would reach into another tenant's keys. */
export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** Definition ids: camelCase. */
export const DEFINITION_ID_PATTERN = /^[a-z][a-zA-Z0-9]{0,63}$/;

/** Defaults of a host without tenancy and i18n. */
export const DEFAULT_TENANT = "root";
export const DEFAULT_LOCALE = "en-US";

/** What a schedule invokes the Lambda with, to look after overdue tasks. */
export const SWEEP_EVENT = { webinyTasks: "sweep" } as const;

/** How EventBridge names the news of an execution. https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
export const STATUS_EVENT = { source: "aws.states", detailType: "Step Functions Execution Status Change" } as const;

/** Ends of an execution that nobody in the machine answers for any more: the Lambda is told of these. */
export const CLOSED_STATUSES = ["FAILED", "TIMED_OUT", "ABORTED"] as const;
