import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync
} from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { TasksError } from "../../errors.js";
import type { ExecutionRecord } from "./ExecutionRecord.js";

export interface StateMachineRecord {
  stateMachineArn: string;
  name: string;
  definition: string;
  roleArn: string;
  creationDate: number;
}

/** A line of the file. */
type Entry =
  | { entry: "machine"; record: StateMachineRecord }
  | { entry: "machine deleted"; stateMachineArn: string }
  | { entry: "start"; record: ExecutionRecord }
  | { entry: "end"; record: ExecutionRecord };

/** What was on the file at the start. */
export interface FileContent {
  machines: StateMachineRecord[];
  open: ExecutionRecord[];
  /** The newest ones that have ended, oldest first. */
  closed: ExecutionRecord[];
}

/** Step Functions forgets an execution, and frees its name, so long after its end. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const RETENTION_MS = 90 * 24 * 60 * 60 * 1_000;

/**
 * Starts and ends of executions, and machines, as JSON lines that are only ever appended. A line is written before the
 * request that caused it is answered. What died in the middle of a line did not happen.
 */
export class ExecutionFile {
  private readonly path: string;
  private file: number | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Reads the file, writes it anew without what is outdated, and opens it.
   * @throws TasksError LOCAL_ERROR when a line other than the last cannot be read
   */
  async open(now: number, keepClosed: number): Promise<FileContent> {
    mkdirSync(dirname(this.path), { recursive: true });
    const compacted = `${this.path}.new`;
    const target = openSync(compacted, "w");
    const machines = new Map<string, StateMachineRecord>();
    const open = new Map<string, ExecutionRecord>();
    let closed: ExecutionRecord[] = [];
    try {
      for await (const entry of this.entries()) {
        switch (entry.entry) {
          case "machine":
            machines.set(entry.record.stateMachineArn, entry.record);
            break;
          case "machine deleted":
            machines.delete(entry.stateMachineArn);
            break;
          case "start":
            open.set(entry.record.executionArn, entry.record);
            break;
          case "end":
            open.delete(entry.record.executionArn);
            if ((entry.record.stopDate ?? now) > now - RETENTION_MS) {
              writeSync(target, line(entry));
              closed.push(entry.record);
              closed = closed.length > 2 * keepClosed ? closed.slice(-keepClosed) : closed;
            }
            break;
        }
      }
      for (const record of machines.values()) {
        writeSync(target, line({ entry: "machine", record }));
      }
      for (const record of open.values()) {
        writeSync(target, line({ entry: "start", record }));
      }
      fsyncSync(target);
    } finally {
      closeSync(target);
    }
    renameSync(compacted, this.path);
    this.file = openSync(this.path, "a");
    return { machines: [...machines.values()], open: [...open.values()], closed: closed.slice(-keepClosed) };
  }

  append(entry: Entry): void {
    if (this.file !== undefined) {
      writeSync(this.file, line(entry));
    }
  }

  /** Looks for an execution that has ended and is too old to be in memory. */
  async find(executionArn: string): Promise<ExecutionRecord | undefined> {
    for await (const entry of this.entries(executionArn)) {
      if (entry.entry === "end" && entry.record.executionArn === executionArn) {
        return entry.record;
      }
    }
    return undefined;
  }

  close(): void {
    if (this.file !== undefined) {
      closeSync(this.file);
      this.file = undefined;
    }
  }

  private async *entries(containing = ""): AsyncGenerator<Entry> {
    if (!existsSync(this.path)) {
      return;
    }
    let torn: number | undefined;
    let number = 0;
    const lines = createInterface({ input: createReadStream(this.path), crlfDelay: Infinity });
    for await (const text of lines) {
      number++;
      if (torn !== undefined) {
        throw new TasksError("LOCAL_ERROR", `Line ${torn} of ${this.path} cannot be read. Correct or delete it.`, {
          path: this.path,
          line: torn
        });
      }
      if (!text.includes(containing)) {
        continue;
      }
      let entry: Entry;
      try {
        entry = JSON.parse(text) as Entry;
      } catch {
        // The last line of a process that was killed while writing it. Any other is reported when the next one comes.
        torn = number;
        continue;
      }
      yield entry;
    }
  }
}

function line(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`;
}
