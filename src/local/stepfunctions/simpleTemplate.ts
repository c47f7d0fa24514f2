type Json = Record<string, unknown>;

/** Evaluates Parameters for an input and the context object. @throws Error when a path points at nothing */
export type Template = (input: unknown, context: unknown) => unknown;

/** `$`, `$.a.b` or `$$.a.b`: all that most Parameters use. */
const SIMPLE_PATH = /^\$(\$?(\.[A-Za-z_]\w*)+)?$/;

/**
 * Compiles Parameters whose paths are all simple; undefined when one is not, and the interpreter has to evaluate them.
 * Worth it because of jsonpath-plus, which throws an Error inside for every scalar it finds: 7 µs a path, of which
 * an event of the runner has twelve.
 */
export function compileSimpleTemplate(template: unknown): Template | undefined {
  if (Array.isArray(template)) {
    const parts = template.map(compileSimpleTemplate);
    return parts.every(part => part !== undefined)
      ? (input, context) => parts.map(part => part(input, context))
      : undefined;
  }
  if (typeof template !== "object" || template === null) {
    return () => template;
  }
  const fields: [string, Template][] = [];
  for (const [key, value] of Object.entries(template as Json)) {
    const isPath = key.endsWith(".$") && typeof value === "string";
    const part = isPath ? compilePath(value) : compileSimpleTemplate(value);
    if (part === undefined) {
      return undefined;
    }
    fields.push([isPath ? key.slice(0, -2) : key, part]);
  }
  return (input, context) => Object.fromEntries(fields.map(([key, part]) => [key, part(input, context)]));
}

function compilePath(path: string): Template | undefined {
  if (!SIMPLE_PATH.test(path)) {
    return undefined;
  }
  const ofContext = path.startsWith("$$");
  const names = path.split(".").slice(1);
  return (input, context) => {
    let value = ofContext ? context : input;
    for (const name of names) {
      if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) {
        throw new Error(`Path expression '${path}' does not point to a value`);
      }
      value = (value as Json)[name];
    }
    return value;
  };
}
