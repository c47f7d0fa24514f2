// Also loaded by lambdaProcess.mts, so it stands on nothing.

/**
 * The plugins a file exports: by name or as its default, each by itself, in arrays, or as the values of an object. Whatever
 * else it exports is left alone.
 */
export function exportedPlugins(exported: object): unknown[] {
  const found = new Set<unknown>();
  const look = (value: unknown, depth: number) => {
    if (typeof value !== "object" || value === null) {
      return;
    }
    if (typeof (value as { type?: unknown }).type === "string") {
      found.add(value);
    } else if (depth > 0 && (Array.isArray(value) || isPlain(value))) {
      Object.values(value).forEach(one => look(one, depth - 1));
    }
  };
  // The exports; the default, which is an object of exports itself for CommonJS; an array or object of plugins; one in it.
  for (const value of Object.values(exported)) {
    look(value, DEPTH);
  }
  return [...found];
}

const DEPTH = 3;

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // CommonJS of a transpiler, or of another realm.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
