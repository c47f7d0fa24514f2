import { NOT_WRITTEN } from "../observe/boundLogger.js";
import type { Logger, LogLevel } from "../types.js";

const LEVELS: LogLevel[] = ["debug", "info", "warn", "error", "silent"];

/**
 * One line of JSON for each entry, `debug` and `info` to stdout, the rest to stderr. Past the console on purpose: on Lambda
 * that puts words of its own before the line, or the line as a text into another one, and neither is read as JSON.
 */
export function createLogger(level: LogLevel): Logger {
  const write = (at: Exclude<LogLevel, "silent">, stream: "stdout" | "stderr"): Logger["info"] =>
    LEVELS.indexOf(at) < LEVELS.indexOf(level)
      ? NOT_WRITTEN
      : (message, fields) => writeLine({ timestamp: new Date().toISOString(), level: at, message, ...fields }, stream);
  return {
    debug: write("debug", "stdout"),
    info: write("info", "stdout"),
    warn: write("warn", "stderr"),
    error: write("error", "stderr")
  };
}

function writeLine(line: object, stream: "stdout" | "stderr"): void {
  process[stream].write(`${JSON.stringify(line)}\n`);
}
