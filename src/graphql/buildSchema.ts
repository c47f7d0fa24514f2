import {
  buildASTSchema,
  concatAST,
  isEnumType,
  isObjectType,
  isScalarType,
  Kind,
  parse,
  type DocumentNode,
  type GraphQLFieldResolver,
  type GraphQLSchema
} from "graphql";
import { TasksError } from "../errors.js";
import { scalars } from "./scalars.js";
import { baseTypeDefs } from "./typeDefs.js";

/** What a `graphql-schema` plugin brings. */
export interface SchemaParts {
  typeDefs: string | DocumentNode;
  resolvers?: Record<string, unknown>;
}

/**
 * One schema of all parts. A part may add to `Query`, `Mutation` and the types of others with `extend type`, and name the
 * scalars `JSON`, `DateTime` and `Number` again.
 * @throws TasksError PLUGIN_ERROR when they do not fit together
 */
export function buildSchema(parts: readonly SchemaParts[]): GraphQLSchema {
  try {
    const all = [{ typeDefs: baseTypeDefs, resolvers: scalars }, ...parts];
    const documents = all.map(({ typeDefs }) => (typeof typeDefs === "string" ? parse(typeDefs) : typeDefs));
    const schema = buildASTSchema(withoutRepeatedScalars(concatAST(documents)));
    for (const { resolvers = {} } of all) {
      for (const [type, resolver] of Object.entries(resolvers)) {
        attach(schema, type, resolver);
      }
    }
    return schema;
  } catch (error) {
    throw new TasksError(
      "PLUGIN_ERROR",
      `The "graphql-schema" plugins do not make a schema: ${(error as Error).message}`,
      {},
      { cause: error }
    );
  }
}

function withoutRepeatedScalars(document: DocumentNode): DocumentNode {
  const seen = new Set<string>();
  const definitions = document.definitions.filter(definition => {
    if (definition.kind !== Kind.SCALAR_TYPE_DEFINITION) {
      return true;
    }
    const isNew = !seen.has(definition.name.value);
    seen.add(definition.name.value);
    return isNew;
  });
  return { ...document, definitions };
}

/** Gives a type its functions: fields of an object, the three of a scalar, the inner values of an enum, the type of a union. */
function attach(schema: GraphQLSchema, name: string, resolver: unknown): void {
  const type = schema.getType(name);
  if (type === undefined) {
    throw new Error(`there are resolvers for "${name}", which is no type`);
  }
  if (isScalarType(type)) {
    const { serialize, parseValue, parseLiteral } = resolver as typeof type;
    Object.assign(type, { serialize, parseValue, parseLiteral });
    return;
  }
  for (const [field, resolve] of Object.entries(resolver as Record<string, unknown>)) {
    if (field.startsWith("__")) {
      Object.assign(type, { [field.slice(2)]: resolve });
    } else if (isObjectType(type)) {
      const found = type.getFields()[field];
      if (found === undefined) {
        throw new Error(`there is a resolver for "${name}.${field}", which is no field`);
      }
      const given = resolve as GraphQLFieldResolver<unknown, unknown> | { resolve: typeof found.resolve };
      found.resolve = typeof given === "function" ? given : given.resolve;
    } else if (isEnumType(type)) {
      const value = type.getValue(field);
      if (value) {
        value.value = resolve;
      }
    }
  }
}
