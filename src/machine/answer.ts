import { HISTORY_EVENTS, MAX_ANSWER_MESSAGE_BYTES } from "../constants.js";
import type { ReadableEvent } from "./event.js";
import type { TaskResult } from "./result.js";
import type { JsonObject } from "../types.js";
import { RUN_RETRIES, type MachineStatus } from "./stateMachine.js";

/** What the state machine carries: small, flat, and every key always there. */
export interface MachineState {
  webinyTaskId: string;
  webinyTaskDefinitionId: string;
  tenant: string;
  locale: string;
  status: MachineStatus;
  /** Whole seconds before the next Run. */
  wait: number;
  /** The iteration the next Run is expected to be. */
  iteration: number;
  /** Which execution of this task this is. */
  execution: number;
  /** History events used so far. */
  events: number;
  delay: -1;
  /** For people reading the console; the record holds it whole. */
  error: null | { code: string; message: string };
}

/** What starts an execution. Built from what is stored alone, so that a repeated start is byte-equal and idempotent. */
export function startState(task: {
  id: string;
  definitionId: string;
  tenant: string;
  locale: string;
  execution: number;
  iteration: number;
  delaySeconds: number;
}): MachineState {
  return {
    webinyTaskId: task.id,
    webinyTaskDefinitionId: task.definitionId,
    tenant: task.tenant,
    locale: task.locale,
    status: "continue",
    wait: task.delaySeconds,
    iteration: task.iteration,
    execution: task.execution,
    events: HISTORY_EVENTS.start,
    delay: -1,
    error: null
  };
}

/** What Webiny's own machine is started with. */
export function webinyStartState(state: MachineState): { detail: Record<string, unknown> } {
  const { webinyTaskId, webinyTaskDefinitionId, tenant, locale, wait } = state;
  return { detail: { webinyTaskId, webinyTaskDefinitionId, tenant, locale, delay: wait } };
}

/**
 * The answer of the Lambda to our machine: exactly the keys of {@link MachineState}, at most 4 KB, whatever the result.
 * No input, output, data or stack goes through the machine.
 */
export function machineAnswer(event: Partial<ReadableEvent>, result: TaskResult): MachineState {
  const wait = result.status === "continue" ? (result.wait ?? 0) : 0;
  return {
    webinyTaskId: result.webinyTaskId,
    webinyTaskDefinitionId: result.webinyTaskDefinitionId,
    tenant: result.tenant,
    locale: result.locale,
    status: result.status,
    wait,
    iteration: result.iteration,
    execution: result.execution,
    events: eventsAfter(event, wait),
    delay: -1,
    error:
      result.status === "error"
        ? {
            code: cut(result.error.code ?? "RUN_ERROR", 128),
            message: cut(result.error.message, MAX_ANSWER_MESSAGE_BYTES)
          }
        : null
  };
}

/** The answer to Webiny's machine, which knows neither numbers nor hand-over. */
export function webinyAnswer(result: TaskResult): Record<string, unknown> {
  const { status, webinyTaskId, webinyTaskDefinitionId, tenant, locale } = result;
  const base = { status, webinyTaskId, webinyTaskDefinitionId, tenant, locale };
  switch (result.status) {
    case "continue":
      // Only when positive: its Choice asks whether `wait` is there. Inputs stay in the record.
      return { ...base, delay: -1, ...(result.wait ? { wait: result.wait } : {}) };
    case "error": {
      const { message, code, data } = result.error;
      return {
        ...base,
        error: {
          message: cut(message, MAX_ANSWER_MESSAGE_BYTES),
          ...(code === undefined ? {} : { code: cut(code, 128) }),
          ...(data !== undefined && Object.keys(data).length > 0 && isSmall(data) ? { data } : {})
        }
      };
    }
    case "done":
      return {
        ...base,
        ...(result.message === undefined ? {} : { message: cut(result.message, MAX_ANSWER_MESSAGE_BYTES) }),
        ...(result.output !== undefined && isSmall(result.output) ? { output: result.output } : {})
      };
    default:
      return base;
  }
}

/** Derives the machine's answer from a result, in the dialect the event came in. The one place that does. */
export function toAnswer(event: ReadableEvent, result: TaskResult): MachineState | Record<string, unknown> {
  return event.dialect === "webiny" ? webinyAnswer(result) : machineAnswer(event, result);
}

/** Whether a value may stand in an answer. The whole of it is in the record. */
function isSmall(value: JsonObject): boolean {
  return Buffer.byteLength(JSON.stringify(value)) <= MAX_ANSWER_MESSAGE_BYTES;
}

/** History events used when this answer has been read, counted as Step Functions counts them. */
export function eventsAfter(event: Partial<ReadableEvent>, wait: number): number {
  let events = (event.events ?? HISTORY_EVENTS.start) + HISTORY_EVENTS.runAndCheck;
  events += HISTORY_EVENTS.failedAttempt * (event.retryCount ?? 0);
  if (event.crash !== undefined) {
    events += HISTORY_EVENTS.runAndCheck + HISTORY_EVENTS.failedAttempt * retriesBefore(event.crash.error);
  }
  return wait > 0 ? events + HISTORY_EVENTS.wait : events;
}

/** How often Run was tried again before its error reached Recover: none, or all its retries were used. */
export function retriesBefore(error: string): number {
  return RUN_RETRIES.find(retry => retry.ErrorEquals.includes(error))?.MaxAttempts ?? 0;
}

/** Cuts a text to so many UTF-8 bytes of JSON, between characters. */
function cut(text: string, bytes: number): string {
  const size = (part: string) => Buffer.byteLength(JSON.stringify(part)) - 2;
  if (text.length <= bytes && size(text) <= bytes) {
    return text;
  }
  const characters = Array.from(text.slice(0, bytes));
  while (size(characters.join("")) > bytes - 3) {
    characters.length = Math.min(characters.length - 1, Math.floor(characters.length * 0.9));
  }
  return `${characters.join("")}…`;
}
