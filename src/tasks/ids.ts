import { monotonicFactory } from "ulid";
import { ID_PATTERN } from "../constants.js";

const nextUlid = monotonicFactory();

/** A new task id: a ULID of the time the task is created, so that ids sort as tasks were created. */
export function newTaskId(createdOnMs: number): string {
  return nextUlid(createdOnMs);
}

/** Whether it could be an id at all. */
export function isIdText(value: unknown): value is string {
  return typeof value === "string" && ID_PATTERN.test(value);
}
