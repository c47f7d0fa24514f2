import { GraphQLError, GraphQLScalarType, Kind, type ObjectValueNode, type ValueNode } from "graphql";

type Variables = Record<string, unknown> | null | undefined;

const json = new GraphQLScalarType({
  name: "JSON",
  serialize: value => value,
  parseValue: value => value,
  parseLiteral: literalValue
});

const dateTime = new GraphQLScalarType<string, string>({
  name: "DateTime",
  serialize: value => (value instanceof Date ? value.toISOString() : String(value)),
  parseValue: checkDate,
  parseLiteral: node => checkDate(node.kind === Kind.STRING ? node.value : undefined)
});

const number = new GraphQLScalarType<number, number>({
  name: "Number",
  serialize: value => Number(value),
  parseValue: checkNumber,
  parseLiteral: node => checkNumber(node.kind === Kind.INT || node.kind === Kind.FLOAT ? Number(node.value) : undefined)
});

/** The scalars of the base, by name. */
export const scalars = { JSON: json, DateTime: dateTime, Number: number };

function checkDate(value: unknown): string {
  const date = typeof value === "string" ? new Date(value) : new Date(NaN);
  if (Number.isNaN(date.getTime())) {
    throw new GraphQLError(`A DateTime is a text such as "2026-01-31T08:00:00.000Z".`);
  }
  return date.toISOString();
}

function checkNumber(value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new GraphQLError("A Number is a number, whole or not.");
  }
  return value;
}

/** The value a literal of the query stands for. `__proto__` becomes a key like any other. */
function literalValue(node: ValueNode, variables: Variables): unknown {
  switch (node.kind) {
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.LIST:
      return node.values.map(value => literalValue(value, variables));
    case Kind.OBJECT:
      return objectValue(node, variables);
    case Kind.VARIABLE:
      return variables?.[node.name.value];
    case Kind.NULL:
      return null;
  }
}

function objectValue({ fields }: ObjectValueNode, variables: Variables): Record<string, unknown> {
  // `fromEntries` defines keys; assigning them would call the setter of `__proto__`.
  return Object.fromEntries(fields.map(({ name, value }) => [name.value, literalValue(value, variables)]));
}
