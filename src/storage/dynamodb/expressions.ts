import type { Condition } from "../conditions.js";
import type { Changes } from "../Storage.js";

/** Expression texts need placeholders for names and values: this collects them. */
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

  /** The two parameters of a request; absent when empty, as DynamoDB wants it. */
  parameters() {
    return {
      ...(this.names.size === 0
        ? {}
        : { ExpressionAttributeNames: Object.fromEntries([...this.names].map(([name, placeholder]) => [placeholder, name])) }),
      ...(this.count === 0 ? {} : { ExpressionAttributeValues: this.values })
    };
  }
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html */
export function conditionExpression(condition: Condition, placeholders: Placeholders): string {
  switch (condition.kind) {
    case "exists":
      return `attribute_exists(${placeholders.name(condition.attribute)})`;
    case "missing":
      return `attribute_not_exists(${placeholders.name(condition.attribute)})`;
    case "compare":
      return `${placeholders.name(condition.attribute)} ${condition.operator} ${placeholders.value(condition.value)}`;
    case "oneOf":
      return `${placeholders.name(condition.attribute)} IN (${condition.values.map(value => placeholders.value(value)).join(", ")})`;
    case "all":
    case "any":
      return condition.conditions
        .map(part => `(${conditionExpression(part, placeholders)})`)
        .join(condition.kind === "all" ? " AND " : " OR ");
  }
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html */
export function updateExpression({ set = {}, setIfMissing = {}, remove = [], add = {} }: Changes, placeholders: Placeholders): string {
  const there = (entries: object) => Object.entries(entries).filter(([, value]) => value !== undefined);
  const sets = [
    ...there(set).map(([name, value]) => `${placeholders.name(name)} = ${placeholders.value(value)}`),
    ...there(setIfMissing).map(([name, value]) => {
      const attribute = placeholders.name(name);
      return `${attribute} = if_not_exists(${attribute}, ${placeholders.value(value)})`;
    })
  ];
  const adds = there(add).map(([name, value]) => `${placeholders.name(name)} ${placeholders.value(value)}`);
  const removes = remove.map(name => placeholders.name(name));
  return [
    sets.length === 0 ? "" : `SET ${sets.join(", ")}`,
    removes.length === 0 ? "" : `REMOVE ${removes.join(", ")}`,
    adds.length === 0 ? "" : `ADD ${adds.join(", ")}`
  ]
    .filter(part => part !== "")
    .join(" ");
}
