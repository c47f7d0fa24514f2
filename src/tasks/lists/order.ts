import { DEFAULT_LIST_LIMIT, MAX_LIST_LIMIT } from "../../constants.js";
import { TasksError } from "../../errors.js";

/** The order of a list. */
export interface Order {
  field: string;
  descending: boolean;
}

/**
 * @param allowed fields this list can be ordered by
 * @throws TasksError INVALID_SORT naming the allowed orders
 */
export function checkSort(
  sort: string | readonly string[] | null | undefined,
  allowed: readonly string[],
  fallback: Order
): Order {
  const given = sort === undefined || sort === null ? [] : typeof sort === "string" ? [sort] : sort;
  if (given.length === 0) {
    return fallback;
  }
  const match = given.length === 1 ? /^([a-zA-Z]+)_(ASC|DESC)$/.exec(String(given[0])) : null;
  if (match === null || !allowed.includes(match[1] as string)) {
    const orders = allowed.flatMap(field => [`${field}_ASC`, `${field}_DESC`]).join(", ");
    throw new TasksError(
      "INVALID_SORT",
      `The list can't be sorted by ${JSON.stringify(given).slice(0, 120)}; one of ${orders} is possible here.`
    );
  }
  return { field: match[1] as string, descending: match[2] === "DESC" };
}

/** @throws TasksError INVALID_LIMIT */
export function checkLimit(limit: unknown): number {
  if (limit === undefined || limit === null) {
    return DEFAULT_LIST_LIMIT;
  }
  if (!Number.isInteger(limit) || (limit as number) < 1 || (limit as number) > MAX_LIST_LIMIT) {
    throw new TasksError(
      "INVALID_LIMIT",
      `The limit must be a whole number from 1 to ${MAX_LIST_LIMIT}, got ${String(limit).slice(0, 40)}.`
    );
  }
  return limit as number;
}
