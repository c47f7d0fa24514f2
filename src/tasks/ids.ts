import { monotonicFactory } from "ulid";
import { ID_PATTERN } from "../constants.js";

// One for each source of chance: it remembers its last id, so that those of one moment sort as they were made.
const factories = new WeakMap<() => number, (createdOnMs: number) => string>();

/** A new task id: a ULID of the time the task is created, so that ids sort as tasks were created. */
export function newTaskId(createdOnMs: number, random: () => number = Math.random): string {
  const factory = factories.get(random) ?? monotonicFactory(random === Math.random ? undefined : random);
  factories.set(random, factory);
  return factory(createdOnMs);
}

/** Whether it could be an id at all. */
export function isIdText(value: unknown): value is string {
  return typeof value === "string" && ID_PATTERN.test(value);
}
