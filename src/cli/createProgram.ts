import { Command, Option } from "commander";
import type { Format } from "../deploy/artefacts.js";
import { TaskDataStatus } from "../types.js";
import { abort, type AbortOptions } from "./commands/abort.js";
import { dashboard, type DashboardExportOptions } from "./commands/dashboard.js";
import { definitions } from "./commands/definitions.js";
import { deleteTask } from "./commands/deleteTask.js";
import { list, type ListOptions } from "./commands/list.js";
import { logs } from "./commands/logs.js";
import { show } from "./commands/show.js";
import { FORMATS, template } from "./commands/template.js";
import { trigger, type TriggerOptions } from "./commands/trigger.js";
import { EXIT, EXIT_CODES_HELP } from "./exitCodes.js";
import { Session, talksToServer, type ServerOptions } from "./Session.js";
import type { Terminal } from "./Terminal.js";
import { parseHeader, parseSeconds, parseSignIn, parseSince, parseWholeNumber } from "./values.js";

const DEFAULT_PORT = 4000;
const DEFAULT_LIMIT = 20;

export interface Program {
  command: Command;
  /** What the command that ran says it ended with. */
  exitCode(): number;
  /** Of the command that talks to a server, once it has begun. */
  session(): Session | undefined;
}

/** The commands, their options and help. */
export function createProgram(terminal: Terminal): Program {
  let exitCode: number = EXIT.DONE;
  let session: Session | undefined;
  const open = (options: ServerOptions) => (session = new Session(terminal, options));
  const program = new Command("webiny-tasks")
    .description("Runs background tasks on this machine, looks after those of a server, and prints what to deploy.")
    .configureOutput({
      writeOut: text => terminal.stdout.write(text),
      writeErr: text => terminal.stderr.write(text)
    })
    .exitOverride()
    .showHelpAfterError("(--help says more)")
    .addHelpText("after", EXIT_CODES_HELP);

  program
    .command("dev")
    .description("run the tasks of a file on this machine, and load it again when it changes")
    .argument("[file]", "exports task definitions, or a `handler` made by createHandler", "tasks.ts")
    .option("-p, --port <port>", "port of the API on 127.0.0.1; 0: a free one", parseWholeNumber(0), DEFAULT_PORT)
    .option("--reset", "forget all tasks first: empties .webiny-tasks/dev/")
    .option("--json", "print what happens as JSON lines; what the tasks print goes to stderr")
    .action(async (file: string, options: { port: number; reset?: boolean; json?: boolean }) => {
      const { dev } = await import("./dev/dev.js");
      exitCode = await dev(terminal, file, options);
    });

  program
    .command("template")
    .description("print what to deploy to AWS")
    .addOption(
      new Option(
        "-f, --format <format>",
        "a CloudFormation template; the state machine alone; the policies of the roles"
      )
        .choices(FORMATS)
        .default("cloudformation")
    )
    .action(async ({ format }: { format: Format }) => template(terminal, format));

  program
    .command("dashboard")
    .description("write the dashboard as static files, for any web server or bucket")
    .requiredOption("-o, --out <folder>", "where to; an earlier export there is replaced")
    .option("--api <url>", "the API it asks (default: graphql, beside the page)")
    .option("--title <text>", "shown in its menu and in the browser's tab")
    .option(
      "--sign-in <header>",
      'header a token is sent in, as in "x-api-key: " or "authorization: Bearer "',
      parseSignIn
    )
    .option("--no-sign-in", "it asks for no token: cookies or a proxy sign in")
    .option("-H, --header <name: value>", "sent with every request; readable by whoever opens the page", parseHeader)
    .option("--credentials", "send cookies also to an API of another origin")
    .option("--json", "print one JSON object")
    .action(async (options: DashboardExportOptions) => dashboard(terminal, options));

  talksToServer(program.command("definitions").description("list what can be triggered")).action(
    async (options: ServerOptions) => definitions(open(options))
  );

  talksToServer(
    program
      .command("trigger")
      .description("start a task and print its id")
      .argument("<definition>", "id of a task definition")
      .option("-i, --input <json|file|->", "its input: a JSON object, a file with one, or - for stdin")
      .option("-n, --name <name>", "its name (default: the title of the definition)")
      .option("-d, --delay <seconds>", "whole seconds before it starts", parseWholeNumber(0))
      .option("-w, --wait", "wait for its end; the exit code tells how it ended")
      .option("--timeout <seconds>", "with --wait: give up waiting after so long", parseSeconds)
  ).action(async (definition: string, options: ServerOptions & TriggerOptions) => {
    exitCode = await trigger(open(options), definition, options);
  });

  talksToServer(
    program
      .command("list")
      .description("list tasks, the newest first")
      .addOption(
        new Option("-s, --status <status...>", "only of these statuses").choices(Object.values(TaskDataStatus))
      )
      .option("-d, --definition <id...>", "only of these definitions")
      .option("--parent <id>", "only children of this task")
      .option("--search <text>", "only with this in their names")
      .option("--since <age|date>", "only created since then: 30s, 15m, 2h, 7d, or a date", parseSince)
      .option("-n, --limit <number>", "at most so many", parseWholeNumber(1), DEFAULT_LIMIT)
  ).action(async (options: ServerOptions & ListOptions) => list(open(options), options));

  talksToServer(program.command("show").description("show all of a task").argument("<id>", "id of the task")).action(
    async (id: string, options: ServerOptions) => show(open(options), id)
  );

  talksToServer(
    program
      .command("logs")
      .description("print the log of a task")
      .argument("<id>", "id of the task")
      .option("-f, --follow", "go on until the task has ended")
  ).action(async (id: string, options: ServerOptions & { follow?: boolean }) => logs(open(options), id, options));

  talksToServer(
    program
      .command("abort")
      .description("abort a pending or running task and its children")
      .argument("<id>", "id of the task")
      .option("-m, --message <text>", "why; kept with the task")
      .option("--leave-children", "let its children go on")
  ).action(async (id: string, options: ServerOptions & AbortOptions) => abort(open(options), id, options));

  talksToServer(
    program
      .command("delete")
      .description("remove a task and its log; an active one is aborted first")
      .argument("<id>", "id of the task")
  ).action(async (id: string, options: ServerOptions) => deleteTask(open(options), id));

  return { command: program, exitCode: () => exitCode, session: () => session };
}
