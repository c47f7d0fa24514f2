import type { Condition } from "../conditions.js";
import type { Changes } from "../Storage.js";

/** Operands one `IN` takes. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html */
const MAX_IN_OPERANDS = 100;

/** Names and values do not stand in an expression: it holds `#names` and `:values`, collected here for the request. */
export class Placeholders {
  private readonly names = new Map<string, string>();
  private readonly values: Record<string, unknown> = {};
  private count = 0;

  name(attribute: string): string {
    let placeholder = this.names.get(attribute);
    if (placeholder === undefined) {
      placeholder = `#n${this.names.size}`;
      this.names.set(attribute, placeholder);
    }
    return placeholder;
  }

  value(value: unknown): string {
    const placeholder = `:v${this.count++}`;
    this.values[placeholder] = value;
    return placeholder;
  }

  /** The two parameters of a request; DynamoDB refuses empty ones. */
  parameters(): {
    ExpressionAttributeNames?: Record<string, string>;
    ExpressionAttributeValues?: Record<string, unknown>;
  } {
    return {
      ...(this.names.size === 0
        ? {}
        : {
            ExpressionAttributeNames: Object.fromEntries(
              [...this.names].map(([name, placeholder]) => [placeholder, name])
            )
          }),
      ...(this.count === 0 ? {} : { ExpressionAttributeValues: this.values })
    };
  }
}

/**
 * @returns the expression, or undefined for a condition that always holds (`all` of nothing): DynamoDB has no word for it
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 */
export function conditionExpression(condition: Condition, placeholders: Placeholders): string | undefined {
  return alwaysHolds(condition) ? undefined : expressionOf(condition, placeholders);
}

function alwaysHolds(condition: Condition): boolean {
  switch (condition.kind) {
    case "all":
      return condition.conditions.every(alwaysHolds);
    case "any":
      return condition.conditions.some(alwaysHolds);
    default:
      return false;
  }
}

/** A part that always holds is not translated: DynamoDB refuses placeholders that no expression uses. */
function expressionOf(condition: Condition, placeholders: Placeholders): string {
  switch (condition.kind) {
    case "exists":
      return `attribute_exists(${placeholders.name(condition.attribute)})`;
    case "missing":
      return `attribute_not_exists(${placeholders.name(condition.attribute)})`;
    case "compare":
      return `${placeholders.name(condition.attribute)} ${condition.operator} ${placeholders.value(condition.value)}`;
    case "oneOf": {
      const name = placeholders.name(condition.attribute);
      const lists = chunks(condition.values, MAX_IN_OPERANDS).map(values =>
        values.map(value => placeholders.value(value)).join(", ")
      );
      return lists.length === 0
        ? never(name)
        : joined(
            lists.map(list => `${name} IN (${list})`),
            "OR"
          );
    }
    case "all":
      return joined(
        condition.conditions.filter(part => !alwaysHolds(part)).map(part => expressionOf(part, placeholders)),
        "AND"
      );
    case "any":
      return condition.conditions.length === 0
        ? never(placeholders.name("PK"))
        : joined(
            condition.conditions.map(part => expressionOf(part, placeholders)),
            "OR"
          );
  }
}

/** Parentheses only where they are needed: each one costs dynalite's parser as much as the rest of the request. */
function joined(parts: string[], operator: "AND" | "OR"): string {
  return parts.length === 1
    ? (parts[0] as string)
    : parts.map(part => (/ (AND|OR) /.test(part) ? `(${part})` : part)).join(` ${operator} `);
}

/** What holds for no item: one of nothing. */
const never = (name: string) => `attribute_exists(${name}) AND attribute_not_exists(${name})`;

/**
 * @returns the expression, or undefined when nothing changes
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
 */
export function updateExpression(
  { set = {}, setIfMissing = {}, remove = [], add = {} }: Changes,
  placeholders: Placeholders
): string | undefined {
  const sets = [
    ...defined(set).map(([name, value]) => `${placeholders.name(name)} = ${placeholders.value(value)}`),
    ...defined(setIfMissing).map(([name, value]) => {
      const attribute = placeholders.name(name);
      return `${attribute} = if_not_exists(${attribute}, ${placeholders.value(value)})`;
    })
  ];
  const clauses = {
    SET: sets,
    REMOVE: remove.map(name => placeholders.name(name)),
    ADD: defined(add).map(([name, value]) => `${placeholders.name(name)} ${placeholders.value(value)}`)
  };
  const said = Object.entries(clauses).filter(([, parts]) => parts.length > 0);
  return said.length === 0 ? undefined : said.map(([word, parts]) => `${word} ${parts.join(", ")}`).join(" ");
}

function defined(values: { [name: string]: unknown }): [string, unknown][] {
  return Object.entries(values).filter(([, value]) => value !== undefined);
}

function chunks<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size)
  );
}
