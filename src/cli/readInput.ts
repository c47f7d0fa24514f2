import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { JsonObject } from "../types.js";
import { UsageError } from "./UsageError.js";

/** The input of a task: JSON itself, the path of a file, or `-` for stdin. @throws UsageError */
export async function readInput(given: string, stdin: NodeJS.ReadableStream): Promise<JsonObject> {
  const isJson = given.trimStart().startsWith("{");
  const source = given === "-" ? "stdin" : isJson ? "--input" : given;
  const read = given === "-" ? await text(stdin) : isJson ? given : await readFileOf(given);
  let input: unknown;
  try {
    input = JSON.parse(read);
  } catch (error) {
    throw new UsageError(`The input (${source}) is not JSON: ${(error as Error).message}.`);
  }
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new UsageError(`The input (${source}) has to be a JSON object, as in {"page": 1}; it is ${describe(input)}.`);
  }
  return input;
}

async function readFileOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(
      `--input takes JSON, a file or - for stdin; the file ${path} cannot be read: ${(error as Error).message}.`
    );
  }
}

function describe(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`;
}
