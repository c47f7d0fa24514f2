import { CommanderError } from "commander";
import { TasksClientError } from "../client/index.js";
import { createProgram } from "./createProgram.js";
import { EXIT } from "./exitCodes.js";
import type { Session } from "./Session.js";
import { colorsOf, type Terminal } from "./Terminal.js";
import { Interrupted } from "./untilInterrupted.js";
import { UsageError } from "./UsageError.js";

/**
 * Carries out one command line. Never rejects.
 * @param args what follows the name of the command
 * @returns the exit code
 */
export async function run(args: string[], terminal: Terminal): Promise<number> {
  const program = createProgram(terminal);
  try {
    await program.command.parseAsync(args, { from: "user" });
    return program.exitCode();
  } catch (error) {
    if (error instanceof CommanderError) {
      // It has said itself what is wrong, or printed the help.
      return error.exitCode === 0 ? EXIT.DONE : EXIT.USAGE;
    }
    const exitCode = exitCodeOf(error);
    say(error, exitCode, terminal, args.includes("--json"), program.session());
    return exitCode;
  }
}

const NO_ANSWER = ["NETWORK_ERROR", "REQUEST_TIMEOUT", "INVALID_ANSWER", "SERVER_ERROR", "INTERNAL_ERROR"];

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) {
    return EXIT.USAGE;
  }
  if (error instanceof Interrupted) {
    return EXIT.INTERRUPTED;
  }
  if (!(error instanceof TasksClientError)) {
    return EXIT.NO_SERVER;
  }
  const { code, status } = error;
  if (code === "WAIT_TIMEOUT") {
    return EXIT.TIME_OVER;
  }
  if (NO_ANSWER.includes(code) || (status ?? 0) >= 500) {
    return EXIT.NO_SERVER;
  }
  return status === undefined ? EXIT.USAGE : EXIT.REFUSED;
}

function say(error: unknown, exitCode: number, terminal: Terminal, isJson: boolean, session?: Session): void {
  const { code, data, stack } = error as { code?: string; data?: object; stack?: string };
  const message = messageOf(error, session);
  if (isJson) {
    terminal.stderr.write(`${JSON.stringify({ error: { message, code, data }, exitCode })}\n`);
    return;
  }
  const colors = colorsOf(terminal, terminal.stderr);
  const prefix = code === undefined ? "" : `${code}: `;
  terminal.stderr.write(`${colors.red(`${prefix}${message}`)}\n`);
  const isKnown = code !== undefined || error instanceof UsageError || error instanceof Interrupted;
  if (!isKnown) {
    terminal.stderr.write(`${stack ?? ""}\n`);
  }
}

function messageOf(error: unknown, session?: Session): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof TasksClientError && error.code === "NETWORK_ERROR" && session !== undefined) {
    const isHere = /^(localhost|127\.|\[::1\])/.test(new URL(session.url).hostname);
    return isHere ? `${message} The local one is started with: webiny-tasks dev` : message;
  }
  return message;
}
