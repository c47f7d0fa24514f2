import type { Attribute, Item } from "./Storage.js";

/**
 * The condition of a write, as data: an adapter translates it (DynamoDB) or evaluates it (memory).
 * A comparison with an attribute that is not there is false, as in DynamoDB.
 */
export type Condition =
  | { kind: "exists" | "missing"; attribute: string }
  | { kind: "compare"; attribute: string; operator: "=" | "<" | "<=" | ">" | ">="; value: string | number | boolean }
  | { kind: "oneOf"; attribute: string; values: readonly (string | number)[] }
  | { kind: "all" | "any"; conditions: readonly Condition[] };

export const exists = (attribute: string): Condition => ({ kind: "exists", attribute });
export const missing = (attribute: string): Condition => ({ kind: "missing", attribute });
export const equals = (attribute: string, value: string | number | boolean): Condition => ({
  kind: "compare",
  attribute,
  operator: "=",
  value
});
export const atMost = (attribute: string, value: number): Condition => ({
  kind: "compare",
  attribute,
  operator: "<=",
  value
});
export const below = (attribute: string, value: number): Condition => ({
  kind: "compare",
  attribute,
  operator: "<",
  value
});
export const oneOf = (attribute: string, values: readonly (string | number)[]): Condition => ({
  kind: "oneOf",
  attribute,
  values
});
export const all = (...conditions: Condition[]): Condition => ({ kind: "all", conditions });
export const any = (...conditions: Condition[]): Condition => ({ kind: "any", conditions });

/** The attribute still is what it was when `item` was read: there with this value, or not there. */
export const unchanged = (attribute: string, value: Attribute | undefined): Condition =>
  value === undefined ? missing(attribute) : equals(attribute, value as string | number | boolean);

/** Whether the condition holds for the item (`null`: there is none). */
export function holds(condition: Condition, item: Item | null): boolean {
  switch (condition.kind) {
    case "exists":
      return item?.[condition.attribute] !== undefined;
    case "missing":
      return item?.[condition.attribute] === undefined;
    case "compare":
      return compare(item?.[condition.attribute], condition.operator, condition.value);
    case "oneOf":
      return condition.values.includes(item?.[condition.attribute] as string | number);
    case "all":
      return condition.conditions.every(part => holds(part, item));
    case "any":
      return condition.conditions.some(part => holds(part, item));
  }
}

function compare(
  left: Attribute | undefined,
  operator: "=" | "<" | "<=" | ">" | ">=",
  right: string | number | boolean
): boolean {
  if (typeof left !== typeof right) {
    return false;
  }
  const value = left as typeof right;
  switch (operator) {
    case "=":
      return value === right;
    case "<":
      return value < right;
    case "<=":
      return value <= right;
    case ">":
      return value > right;
    case ">=":
      return value >= right;
  }
}
