import type { Local } from "../../local/index.js";
import type { Task } from "../../types.js";
import { errorText, iterations, took } from "../formatTask.js";
import { colorsOf, type Colors, type Terminal } from "../Terminal.js";
import { sourceLine } from "./sourceLine.js";

/** What `dev` says: text for people, or JSON lines. */
export class DevOutput {
  private readonly colors: Colors;

  constructor(
    private readonly terminal: Terminal,
    private readonly isJson: boolean
  ) {
    this.colors = colorsOf(terminal, terminal.stdout);
  }

  ready({ url, endpoints, tasks }: Local, file: string): void {
    const ids = tasks.listDefinitions().flatMap(({ id, isPrivate }) => (isPrivate ? [] : [id]));
    const urls = {
      dashboard: `${url}/`,
      graphql: `${url}/graphql`,
      graphiql: `${url}/graphiql`,
      health: `${url}/health`,
      ...endpoints
    };
    const { bold, cyan } = this.colors;
    const line = (name: string, value: string) => `  ${name.padEnd(14)} ${value}`;
    this.say("ready", { file, urls, definitions: ids }, [
      `${bold(file)} runs on this machine. Ctrl-C stops it; its tasks are kept in .webiny-tasks/.`,
      line("Dashboard", cyan(urls.dashboard)),
      line("GraphQL", cyan(urls.graphql)),
      line("GraphiQL", cyan(urls.graphiql)),
      line("Health", cyan(urls.health)),
      line("DynamoDB", cyan(urls.dynamodb)),
      line("Step Functions", cyan(urls.stepFunctions)),
      line("Definitions", ids.join(", ") || "none that is public")
    ]);
  }

  reloaded(files: string[], { tasks }: Local): void {
    const ids = tasks.listDefinitions().flatMap(({ id, isPrivate }) => (isPrivate ? [] : [id]));
    this.say("reloaded", { files, definitions: ids }, [this.colors.gray(`Loaded again: ${files.join(", ")} changed.`)]);
  }

  notLoaded(file: string, { message, code }: Error & { code?: string }, then: string): void {
    // What ended its process is on the screen already.
    const why = code === "LOCAL_ERROR" ? "See above." : message;
    this.say("notLoaded", { file, message }, [`${this.colors.red(`${file} cannot be loaded.`)} ${why}`, then]);
  }

  ended(task: Task): void {
    const { colors } = this;
    const { taskStatus, definitionId, id, error } = task;
    const color = { success: colors.green, failed: colors.red, aborted: colors.yellow }[taskStatus as "success"];
    const stack = error?.stack === undefined ? undefined : sourceLine(error.stack, colors);
    this.say("taskEnded", { task }, [
      `${color(taskStatus)} ${definitionId} ${id}  ${iterations(task)}  ${took(task)}`,
      ...(error === undefined ? [] : [errorText(error, colors)]),
      ...(stack === undefined ? [] : [stack])
    ]);
  }

  stopping(): void {
    this.say("stopping", {}, ["Stopping; unfinished tasks go on at the next start."]);
  }

  /** What the tasks print goes through as it is. */
  printed(text: string, stream: "stdout" | "stderr"): void {
    this.terminal[this.isJson ? "stderr" : stream].write(text);
  }

  private say(event: string, values: object, lines: string[]): void {
    const text = this.isJson ? JSON.stringify({ event, ...values }) : lines.join("\n");
    this.terminal.stdout.write(`${text}\n`);
  }
}
