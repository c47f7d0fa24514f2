import { types } from "node:util";

/**
 * Jest gives each test file an `Error` of its own, and what Node itself throws is none of it: the SDK would wrap a broken
 * connection in an error without a name. This makes `instanceof Error` true for Node's errors, as it is outside of Jest.
 */
export function knowErrorsOfNode(): void {
  const ordinary = Function.prototype[Symbol.hasInstance];
  Object.defineProperty(Error, Symbol.hasInstance, {
    configurable: true,
    value(this: unknown, value: unknown): boolean {
      return (this === Error && types.isNativeError(value)) || ordinary.call(this as never, value);
    }
  });
}
