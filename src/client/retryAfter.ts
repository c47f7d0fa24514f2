import type { TasksClientError } from "./TasksClientError.js";

/** Nobody is told to stay away for longer than a day, which is also what a timer can hold. */
const MAX_SECONDS = 86_400;

/** Reads a Retry-After header: seconds or a date. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
export function readRetryAfter(header: string | null, now: number): { retryAfterSeconds?: number } {
  const seconds = header === null || header === "" ? NaN : Number(header);
  const value = Number.isNaN(seconds) ? (Date.parse(header ?? "") - now) / 1_000 : seconds;
  return Number.isFinite(value) ? { retryAfterSeconds: Math.min(Math.max(0, value), MAX_SECONDS) } : {};
}

/** Seconds the server asked to be left alone for; 0 when it did not say. */
export function retryAfterSeconds({ data }: TasksClientError): number {
  return typeof data.retryAfterSeconds === "number" ? data.retryAfterSeconds : 0;
}
