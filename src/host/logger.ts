import type { Logger, LogLevel } from "../types.js";

const LEVELS: LogLevel[] = ["debug", "info", "warn", "error", "silent"];

/** One JSON line for each entry, on the console that Lambda sends to CloudWatch. Errors are written with code, message and stack. */
export function createLogger(level: LogLevel): Logger {
  const write =
    (at: Exclude<LogLevel, "silent">) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (LEVELS.indexOf(at) >= LEVELS.indexOf(level)) {
        const entry = { level: at, time: new Date().toISOString(), message, ...fields };
        console[at](
          JSON.stringify(entry, (_, value: unknown) => (value instanceof Error ? describeError(value) : value))
        );
      }
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

function describeError(error: Error & { code?: unknown }) {
  return { name: error.name, code: error.code, message: error.message, stack: error.stack };
}
