import { type ChildProcess, spawn } from "node:child_process";
import { built } from "../helpers/built.js";

/** What starts the command line. */
export const COMMAND = [process.execPath, built("cli/main.js")];

/** A process of the command line, whose output can be waited for. */
export class CliProcess {
  text = "";
  out = "";
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | null>;
  private readonly looks = new Set<() => void>();

  constructor(command: string[], { cwd, env = {} }: { cwd: string; env?: Record<string, string> }) {
    const [program = "", ...args] = command;
    const { WEBINY_TASKS_URL: _url, NO_COLOR: _noColor, ...own } = process.env;
    this.child = spawn(program, args, { cwd, env: { ...own, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    for (const stream of ["stdout", "stderr"] as const) {
      this.child[stream]?.setEncoding("utf8").on("data", (text: string) => {
        this.text += text;
        this.out += stream === "stdout" ? text : "";
        this.looks.forEach(look => look());
      });
    }
    this.ended = new Promise(resolve => this.child.once("close", code => resolve(code)));
    void this.ended.then(() => this.looks.forEach(look => look()));
  }

  get pid() {
    return this.child.pid as number;
  }

  /** Resolves when this was printed, from the given place of the text on. Rejects when the process ends before. */
  printed(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(this.text.slice(from));
        if (found !== null) {
          this.looks.delete(look);
          resolve(found);
        } else if (this.child.exitCode !== null) {
          this.looks.delete(look);
          reject(new Error(`It ended without printing ${String(pattern)}:\n${this.text}`));
        }
      };
      this.looks.add(look);
      look();
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  type(text: string): void {
    this.child.stdin?.write(text);
  }

  /** The exit code. */
  end(): Promise<number | null> {
    return this.ended;
  }
}
