import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { run } from "../../src/cli/run.js";

/** A terminal that keeps what is written to it. */
export class FakeTerminal extends EventEmitter {
  out = "";
  err = "";
  readonly stdin: Readable;
  readonly stdout;
  readonly stderr;

  constructor(
    readonly env: Record<string, string | undefined> = {},
    { isTTY = false, columns = 80, stdin = "" }: { isTTY?: boolean; columns?: number; stdin?: string } = {}
  ) {
    super();
    this.stdin = Readable.from([stdin]);
    this.stdout = { isTTY, columns, write: (text: string) => (this.out += text) };
    this.stderr = {
      isTTY,
      columns,
      write: (text: string) => {
        this.err += text;
        this.emit("stderr", this.err);
      }
    };
  }

  run(...args: string[]): Promise<number> {
    return run(args, this);
  }

  /** The JSON lines of stdout. */
  get json(): any[] {
    return this.out
      .split("\n")
      .filter(line => line !== "")
      .map(line => JSON.parse(line));
  }
}
