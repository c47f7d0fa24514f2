import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { resolve as resolvePath } from "node:path";
import { pathToFileURL } from "node:url";
import directory from "./directory.cjs";
import type { InvocationSettings, Outcome } from "./invocation.js";
import {
  DEFAULT_FUNCTION_NAME,
  DEFAULT_MEMORY_MB,
  LambdaError,
  type LocalLambda,
  readAnswer,
  stopped,
  timedOut
} from "./LocalLambda.js";

export interface ProcessLambdaOptions {
  /** A `.ts`, `.js`, `.mjs` or `.cjs` file that exports `handler`. */
  handlerPath: string;
  /** Seconds, counted from the moment the process starts the invocation. */
  timeoutSeconds: number;
  /** Added to this process's own environment. */
  env?: Record<string, string>;
  /** Processes at most; further invocations wait for a free one. Default 4. */
  concurrency?: number;
  /** Heap of a process in MB, over which it crashes. Default: Node's own. */
  memoryMb?: number;
  /** Default `tasks-local`. */
  functionName?: string;
  /** Gets what the code writes. Default: on to this process's own stdout and stderr. */
  onOutput?: (text: string, stream: "stdout" | "stderr") => void;
  /** Gets the path or file URL of every module a process loads, also of one that cannot be loaded. */
  onModule?: (module: string) => void;
}

/** Asks a process for an invocation. `event` is JSON text. */
export type ToProcess = Omit<InvocationSettings, "deadline"> & { event: string; timeoutMs: number };

export type FromProcess =
  { lambda: "ready" } | { lambda: "started" } | { lambda: "ended"; outcome: Outcome; exits?: boolean };

/** What Node sends to whoever started it to watch it. */
interface LoadedModules {
  "watch:import"?: (string | null)[];
  "watch:require"?: (string | null)[];
}

const DEFAULT_CONCURRENCY = 4;

/** What Lambda gives a function to load its code, on top of the time-out. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
const INIT_MS = 10_000;

/** Signals as Lambda words them. */
const SIGNALS: Record<string, string> = {
  SIGKILL: "killed",
  SIGABRT: "aborted",
  SIGSEGV: "segmentation fault",
  SIGTERM: "terminated",
  SIGINT: "interrupt"
};

/**
 * A Lambda whose code runs in processes of its own: it may crash, and it is killed at its deadline, also in an endless
 * loop. A process is used again for the next invocation, one at a time. Processes end with this one, however it ends.
 */
export function createProcessLambda(options: ProcessLambdaOptions): LocalLambda {
  return new ProcessLambda(options);
}

class ProcessLambda implements LocalLambda {
  readonly functionName: string;
  private readonly options: ProcessLambdaOptions;
  private readonly processes = new Set<LambdaProcess>();
  private readonly idle: LambdaProcess[] = [];
  private readonly waiting: (() => void)[] = [];
  private isStopped = false;

  constructor(options: ProcessLambdaOptions) {
    this.options = options;
    this.functionName = options.functionName ?? DEFAULT_FUNCTION_NAME;
  }

  async invoke(event: unknown, { signal }: { signal?: AbortSignal } = {}): Promise<{ payload: unknown }> {
    const requestId = randomUUID();
    const text = JSON.stringify(event ?? null);
    const process = await this.freeProcess(signal);
    if (process === undefined) {
      throw stopped(requestId);
    }
    if (signal?.aborted) {
      this.release(process);
      throw stopped(requestId);
    }
    const kill = () => process.kill();
    signal?.addEventListener("abort", kill);
    try {
      return readAnswer(await process.invoke(requestId, text));
    } finally {
      signal?.removeEventListener("abort", kill);
      this.release(process);
    }
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.wakeNext();
    await Promise.all([...this.processes].map(process => process.kill()));
  }

  /** An idle process, or a new one, or the first that gets free; undefined when there is none to wait for any more. */
  private async freeProcess(signal?: AbortSignal): Promise<LambdaProcess | undefined> {
    for (;;) {
      if (this.isStopped || signal?.aborted) {
        this.wakeNext();
        return undefined;
      }
      const idle = this.idle.pop();
      if (idle !== undefined) {
        return idle;
      }
      if (this.processes.size < (this.options.concurrency ?? DEFAULT_CONCURRENCY)) {
        const process = new LambdaProcess(this.options, this.functionName, () => this.forget(process));
        this.processes.add(process);
        return process;
      }
      await new Promise<void>(resolve => {
        const wake = () => {
          signal?.removeEventListener("abort", wake);
          const at = this.waiting.indexOf(wake);
          if (at >= 0) {
            this.waiting.splice(at, 1);
          }
          resolve();
        };
        this.waiting.push(wake);
        signal?.addEventListener("abort", wake);
      });
    }
  }

  private wakeNext(): void {
    this.waiting[0]?.();
  }

  private release(process: LambdaProcess): void {
    if (process.isAlive) {
      this.idle.push(process);
    }
    this.wakeNext();
  }

  private forget(process: LambdaProcess): void {
    this.processes.delete(process);
    const at = this.idle.indexOf(process);
    if (at >= 0) {
      this.idle.splice(at, 1);
    }
    this.wakeNext();
  }
}

class LambdaProcess {
  /** Whether it may be given another invocation. */
  isAlive = true;
  private readonly options: ProcessLambdaOptions;
  private readonly functionName: string;
  private readonly child: ChildProcess;
  private readonly exited: Promise<void>;
  private exit: { code: number | null; signal: string | null } | undefined;
  private isReady = false;
  /** The one invocation under way. */
  private current:
    | {
        requestId: string;
        event: string;
        resolve: (text: string) => void;
        reject: (error: LambdaError) => void;
        timer: NodeJS.Timeout;
      }
    | undefined;

  constructor(options: ProcessLambdaOptions, functionName: string, onExit: () => void) {
    this.options = options;
    this.functionName = functionName;
    const { env, memoryMb, onOutput } = options;
    const tsx = pathToFileURL(createRequire(directory.lambdaProcess).resolve("tsx")).href;
    const heap = memoryMb === undefined ? [] : [`--max-old-space-size=${memoryMb}`];
    this.child = spawn(
      process.execPath,
      [...heap, "--import", tsx, directory.lambdaProcess, resolvePath(options.handlerPath), String(process.pid)],
      {
        env: {
          ...process.env,
          AWS_LAMBDA_FUNCTION_NAME: functionName,
          AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
          // What Node's own --watch sets: the process then sends what it loads.
          ...(options.onModule === undefined ? {} : { WATCH_REPORT_DEPENDENCIES: "1" }),
          ...env
        },
        stdio: ["ignore", "pipe", "pipe", "ipc"]
      }
    );
    for (const stream of ["stdout", "stderr"] as const) {
      const pass = onOutput ?? (text => void process[stream].write(text));
      this.child[stream]?.setEncoding("utf8").on("data", (text: string) => pass(text, stream));
    }
    this.child.on("message", (message: FromProcess | LoadedModules) => {
      if ("lambda" in message) {
        this.hear(message);
      } else {
        [...(message["watch:import"] ?? []), ...(message["watch:require"] ?? [])].forEach(module => {
          // Node's own modules come as null where tsx stands in between.
          if (module !== null) {
            options.onModule?.(module);
          }
        });
      }
    });
    this.exited = new Promise(resolve => {
      const end = (code: number | null, signal: string | null) => {
        this.isAlive = false;
        this.exit = { code, signal };
        onExit();
        this.fail(requestId => exitError(requestId, { code, signal }));
        resolve();
      };
      this.child.once("exit", end);
      this.child.once("error", error => {
        options.onOutput?.(`${error.message}\n`, "stderr");
        end(1, null);
      });
    });
  }

  /** @returns the JSON text of the answer */
  invoke(requestId: string, event: string): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.exit !== undefined) {
        reject(exitError(requestId, this.exit));
        return;
      }
      const timer = this.deadline(INIT_MS + this.options.timeoutSeconds * 1_000);
      this.current = { requestId, event, resolve, reject, timer };
      if (this.isReady) {
        this.begin();
      }
    });
  }

  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exited;
  }

  private begin(): void {
    if (this.current !== undefined) {
      const { requestId, event } = this.current;
      const message: ToProcess = {
        requestId,
        event,
        functionName: this.functionName,
        memoryMb: this.options.memoryMb ?? DEFAULT_MEMORY_MB,
        timeoutMs: this.options.timeoutSeconds * 1_000
      };
      // An error here means that the process is gone, which its exit tells.
      this.child.send(message, () => {});
    }
  }

  private hear(message: FromProcess): void {
    switch (message.lambda) {
      case "ready":
        this.isReady = true;
        this.begin();
        break;
      case "started":
        if (this.current !== undefined) {
          clearTimeout(this.current.timer);
          this.current.timer = this.deadline(this.options.timeoutSeconds * 1_000);
        }
        break;
      case "ended": {
        const { current } = this;
        this.isAlive &&= !message.exits;
        if (current === undefined) {
          break;
        }
        const { outcome } = message;
        if (outcome.error === undefined) {
          this.current = undefined;
          clearTimeout(current.timer);
          current.resolve(outcome.text);
        } else {
          this.fail(() => new LambdaError(outcome.error));
        }
        break;
      }
    }
  }

  private deadline(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.isAlive = false;
      this.child.kill("SIGKILL");
      this.fail(requestId => timedOut(requestId, this.options.timeoutSeconds));
    }, milliseconds);
  }

  private fail(describe: (requestId: string) => LambdaError): void {
    const { current } = this;
    if (current !== undefined) {
      this.current = undefined;
      clearTimeout(current.timer);
      current.reject(describe(current.requestId));
    }
  }
}

function exitError(requestId: string, { code, signal }: { code: number | null; signal: string | null }): LambdaError {
  const why =
    signal !== null
      ? `Runtime exited with error: signal: ${SIGNALS[signal] ?? signal}`
      : code === 0
        ? "Runtime exited without providing a reason"
        : `Runtime exited with error: exit status ${code}`;
  return new LambdaError({ errorType: "Runtime.ExitError", errorMessage: `RequestId: ${requestId} Error: ${why}` });
}
