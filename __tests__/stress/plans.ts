import type { JsonObject, TaskDataStatus } from "../../src/types.js";

/** A task that is wanted, and what has to become of it. */
export interface Plan {
  definition: string;
  input: JsonObject;
  /** Seconds. */
  delay?: number;
  /** What is asked for from outside, some time after the trigger. */
  then?: "abort" | "delete";
  /** The end it comes to by itself; undefined: to none. */
  end?: Extract<TaskDataStatus, "success" | "failed">;
  /** Iterations it has then; undefined: as many as it takes. */
  iterations?: number;
  /** Code of the error it fails with. */
  error?: string;
  children?: number;
  /** Attempts of each iteration that end in an error by plan. */
  failedAttempts?: number;
}

export type Random = () => number;

/** What every child of a plan is. */
export const CHILD: Plan = { definition: "child", input: {}, end: "success", iterations: 2 };

const KINDS: ((random: Random) => Plan)[] = [
  () => ({ definition: "single", input: {}, end: "success", iterations: 1 }),
  random => {
    const times = between(random, 5, 40);
    const workMs = between(random, 0, 20);
    return { definition: "looping", input: { times, workMs, logs: true }, end: "success", iterations: times };
  },
  random => {
    const times = between(random, 2, 4);
    return { definition: "looping", input: { times, waitSeconds: 1 }, end: "success", iterations: times };
  },
  random => ({ definition: "single", input: {}, delay: between(random, 1, 3), end: "success", iterations: 1 }),
  random => {
    const children = between(random, 1, 4);
    return { definition: "parent", input: { children }, end: "success", children };
  },
  () => ({ definition: "retrying", input: {}, end: "success", iterations: 2, failedAttempts: 2 }),
  random => {
    const times = between(random, 20, 100);
    return { definition: "bursting", input: { times, workMs: 2 }, end: "success", iterations: times };
  },
  random => {
    const times = between(random, 1, 5);
    return { definition: "failing", input: { times }, end: "failed", iterations: times, error: "PLANNED" };
  },
  () => ({ definition: "maxed", input: {}, end: "failed", iterations: 3, error: "MAX_ITERATIONS" }),
  random => {
    const times = between(random, 2, 4);
    return { definition: "big", input: { times, bytes: 200_000, ...EMPTY }, end: "success", iterations: times };
  },
  () => ({ definition: "throwingHook", input: {}, end: "success", iterations: 1 }),
  () => ({ definition: "endless", input: {}, then: "abort" }),
  () => ({ definition: "endless", input: { waitSeconds: 3_600 }, then: "abort" })
];

/** Of an empty text. */
const EMPTY = { text: "", digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" };

/** Of four tasks, one is aborted and one of eight deleted, at whatever moment that comes. */
export function makePlan(random: Random): Plan {
  const plan = (KINDS[Math.floor(random() * KINDS.length)] as (typeof KINDS)[number])(random);
  const chance = random();
  return plan.then !== undefined || chance > 0.375 ? plan : { ...plan, then: chance < 0.25 ? "abort" : "delete" };
}

export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}
