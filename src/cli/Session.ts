import type { Command } from "commander";
import { createTasksClient, type Task, type TasksClient } from "../client/index.js";
import { colorsOf, type Colors, type Terminal } from "./Terminal.js";
import { UsageError } from "./UsageError.js";
import { parseHeader } from "./values.js";

export const DEFAULT_URL = "http://127.0.0.1:4000/graphql";

/** The options of every command that talks to a server. */
export interface ServerOptions {
  url?: string;
  header?: Record<string, string>;
  json?: boolean;
}

/** One run of a command that talks to a server: its client, and where its answers go. */
export class Session {
  readonly url: string;
  readonly client: TasksClient;
  readonly isJson: boolean;
  readonly colors: Colors;
  readonly notes: Colors;

  /** @throws TasksClientError INVALID_ARGUMENT; UsageError */
  constructor(
    readonly terminal: Terminal,
    { url, header, json = false }: ServerOptions
  ) {
    const { env } = terminal;
    this.url = url ?? (env.WEBINY_TASKS_URL || DEFAULT_URL);
    this.client = createTasksClient({ url: this.url, headers: { ...headersOf(env), ...header } });
    this.isJson = json;
    this.colors = colorsOf(terminal, terminal.stdout);
    this.notes = colorsOf(terminal, terminal.stderr);
  }

  /** What was asked for: JSON in one line, or text for people. */
  answer(value: unknown, text: string): void {
    this.terminal.stdout.write(`${this.isJson ? JSON.stringify(value) : text}\n`);
  }

  /** Whatever else there is to say. */
  note(text: string): void {
    this.terminal.stderr.write(`${text}\n`);
  }

  /** A status in its colour. */
  status(status: Task["taskStatus"], colors = this.colors): string {
    const color = {
      pending: colors.gray,
      running: colors.cyan,
      success: colors.green,
      failed: colors.red,
      aborted: colors.yellow
    };
    return color[status](status);
  }
}

/** @throws UsageError */
function headersOf(env: Terminal["env"]): Record<string, string> {
  const lines = (env.WEBINY_TASKS_HEADERS ?? "").split("\n").filter(line => line.trim() !== "");
  try {
    return lines.reduce<Record<string, string>>((headers, line) => parseHeader(line, headers), {});
  } catch (error) {
    throw new UsageError(`WEBINY_TASKS_HEADERS has a line that is no header. ${(error as Error).message}`);
  }
}

/** Adds the options of a server to a command. */
export function talksToServer(command: Command): Command {
  return command
    .option("-u, --url <url>", `GraphQL endpoint (default: $WEBINY_TASKS_URL, else ${DEFAULT_URL})`)
    .option(
      "-H, --header <name: value>",
      "header of every request, repeatable; before them go the lines of $WEBINY_TASKS_HEADERS",
      parseHeader
    )
    .option("--json", "print JSON, one value a line; everything else goes to stderr");
}
