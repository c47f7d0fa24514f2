import type { $ZodType } from "zod/v4/core";
import type { InputSchema, TaskDefinition } from "../definition/TaskDefinition.js";
import type { JsonObject } from "../types.js";

const known = new WeakMap<InputSchema, Promise<JsonObject | null>>();

/** The input of a definition as JSON Schema; null without a schema, or with one that zod 4 does not know. Loads zod then. */
export async function inputJsonSchema({ inputSchema }: TaskDefinition): Promise<JsonObject | null> {
  if (inputSchema === undefined) {
    return null;
  }
  let schema = known.get(inputSchema);
  if (schema === undefined) {
    schema = toJsonSchema(inputSchema);
    known.set(inputSchema, schema);
  }
  return schema;
}

async function toJsonSchema(schema: InputSchema): Promise<JsonObject | null> {
  // Not zod 4: zod 3's have no parts that could be read.
  if (!("_zod" in schema)) {
    return null;
  }
  const { zodJsonSchema } = await import("./zodJsonSchema.js");
  return zodJsonSchema(schema as unknown as $ZodType);
}
