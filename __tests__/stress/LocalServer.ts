import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createTasksClient, type TasksClient } from "../../src/client/index.js";

// The built package, as users have it: it starts in half the time of the source.
const PROGRAM = resolve("__tests__/stress/fixtures/server.mjs");

export interface ServerSettings {
  dataDir: string;
  /** Where the tasks tell what they do. */
  secondSystem: string;
  /** Default 90. */
  retentionDays?: number;
  sweepSeconds?: number;
}

/** Whether the code of the tasks runs in the server itself, or in processes of its own. */
export type CodeIn = "plugins" | "processes";

/** One process of the local server, from its start to its death. */
export interface Life {
  /** 1, then one more at each start. */
  number: number;
  client: TasksClient;
  /** Resolves when it is killed. */
  over: Promise<void>;
  endpoints: { dynamodb: string; stepFunctions: string };
}

type Message = { ready: { url: string; endpoints: Life["endpoints"] } } | { memory: NodeJS.MemoryUsage };

/** The local server as a process of its own, with its data on disk: killed and started again on the same data. */
export class LocalServer {
  /** What its processes have printed. */
  output = "";
  private readonly settings: ServerSettings;
  private lives = 0;
  private child: ChildProcess | undefined;
  private exited: Promise<void> = Promise.resolve();
  private life: Life | undefined;
  private endLife = () => {};
  private looks: (() => void)[] = [];

  constructor(settings: ServerSettings) {
    this.settings = settings;
  }

  /** Starts a process. It may be killed before it is ready. */
  begin(codeIn: CodeIn = "plugins"): void {
    const { secondSystem, ...settings } = this.settings;
    const number = ++this.lives;
    const child = spawn(
      process.execPath,
      ["--expose-gc", PROGRAM, JSON.stringify({ code: codeIn, logLevel: "error", ...settings })],
      {
        env: {
          ...process.env,
          STRESS_SECOND_SYSTEM: secondSystem,
          STRESS_LIFE: String(number),
          AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true"
        },
        stdio: ["ignore", "pipe", "pipe", "ipc"],
        // A group of its own: one signal reaches it and the processes of the code.
        detached: true
      }
    );
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    }
    child.on("message", (message: Message) => {
      if ("ready" in message && this.child === child) {
        const { url, endpoints } = message.ready;
        const over = new Promise<void>(resolve => (this.endLife = resolve));
        this.life = { number, endpoints, over, client: createTasksClient({ url: `${url}/graphql` }) };
        this.looks.splice(0).forEach(look => look());
      }
    });
    this.exited = new Promise(resolve =>
      child.once("exit", (code, signal) => {
        if (signal !== "SIGKILL") {
          this.output += `The server of life ${number} ended by itself, with ${code ?? signal}.\n`;
          this.looks.splice(0).forEach(look => look());
        }
        resolve();
      })
    );
  }

  /** Whether the process ended that nobody killed. */
  get hasCrashed(): boolean {
    return this.child?.exitCode !== null && this.child?.exitCode !== undefined;
  }

  /**
   * The life that is under way, as soon as it answers: the present one, or after a kill the next. Rejects when the server
   * ends by itself.
   */
  async ready(): Promise<Life> {
    while (this.life === undefined) {
      if (this.hasCrashed) {
        throw new Error(`The server does not start:\n${this.output}`);
      }
      await new Promise<void>(resolve => this.looks.push(resolve));
    }
    return this.life;
  }

  /** SIGKILL for all its processes, now, whatever they do. */
  async kill(): Promise<void> {
    this.life = undefined;
    this.endLife();
    if (this.child?.exitCode === null && this.child.signalCode === null) {
      process.kill(-(this.child.pid as number), "SIGKILL");
    }
    await this.exited;
    this.child = undefined;
  }

  /** Bytes the process uses, after its garbage was collected. */
  memory(): Promise<NodeJS.MemoryUsage> {
    return new Promise((resolve, reject) => {
      const { child } = this;
      const gone = () => reject(new Error("The server is gone."));
      const hear = (message: Message) => {
        if ("memory" in message) {
          child?.off("message", hear).off("exit", gone);
          resolve(message.memory);
        }
      };
      child?.on("message", hear).once("exit", gone).send("memory");
    });
  }
}
