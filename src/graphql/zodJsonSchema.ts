// A module of its own, loaded when it is needed: a bundler leaves out the rest of zod only where it is imported by name.
import { toJSONSchema, type $ZodType } from "zod/v4/core";
import type { JsonObject } from "../types.js";

/** The input side of a zod schema as JSON Schema. What that has no word for is left open, rather than refused. */
export function zodJsonSchema(schema: $ZodType): JsonObject {
  const { $schema: _dialect, ...json } = toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonObject;
  return json;
}
