import { AsyncLocalStorage } from "node:async_hooks";
import { createBackgroundTasks } from "../../src/host/backgroundTasks.js";
import { createHost } from "../../src/host/createHandler.js";
import { startState, type MachineState } from "../../src/machine/answer.js";
import { executionName } from "../../src/machine/executionName.js";
import { queryAll } from "../../src/storage/batches.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { partitionKey, type TaskRecord } from "../../src/storage/record.js";
import type { Storage } from "../../src/storage/Storage.js";
import type { TasksContextObject } from "../../src/definition/TaskDefinition.js";
import type { ExecutionInfo, TaskService } from "../../src/transport/TaskService.js";
import { settle, VirtualClock } from "../helpers/VirtualClock.js";

/** What may happen at an effect. */
export const FAULTS = [
  "the process dies before it",
  "the process dies after it",
  "its answer is lost, and it is sent again",
  "it is refused",
  "it takes 20 minutes",
  "an abort lands before it"
] as const;
/** What may happen to an invocation besides. */
export const DELIVERIES = ["it is delivered again, later", "it is delivered twice at once"] as const;
export type Fault = (typeof FAULTS | typeof DELIVERIES)[number];

/** Which fault happens at which effect: number 0 is the first one. */
export interface Schedule {
  at: number;
  fault: Fault;
}

/** One Lambda invocation, or one caller: it dies as a whole. */
class Process {
  isDead = false;
  private announce = () => {};
  readonly death = new Promise<void>(resolve => (this.announce = resolve));

  constructor(readonly requestId: string) {}

  die(): void {
    this.isDead = true;
    this.announce();
  }
}

interface Execution {
  name: string;
  state: MachineState;
  status: ExecutionInfo["status"];
}

const HOUR_MS = 60 * 60 * 1000;
const LAMBDA_MS = 15 * 60 * 1000;
const NEVER = new Promise<never>(() => undefined);
const STORAGE_METHODS = ["get", "put", "update", "delete", "batchGet", "batchWrite", "query"] as const;

/**
 * A whole deployment in memory and virtual time: handler, table, state machine with Recover, status events, sweep. Every
 * single request, invocation and call of the user's code is an effect, counted, at which a fault may happen.
 */
export class World {
  readonly clock = new VirtualClock();
  readonly underlying = new MemoryStorage();
  readonly executions = new Map<string, Execution>();
  /** What happened, in order: the names of the effects. */
  readonly effects: string[] = [];
  /** What the user's code did. */
  readonly done: string[] = [];
  /** Task ids whose abort was answered. */
  readonly aborted = new Set<string>();
  private readonly current = new AsyncLocalStorage<Process>();
  private readonly host;
  private requests = 0;
  private isQuiet = false;
  /** History events an execution begins with: near the limit, a hand-over is near. */
  eventsAtStart = 1;

  constructor(
    definitions: (world: World) => unknown[],
    private readonly schedule: Schedule | null
  ) {
    this.host = createHost({
      plugins: [
        createBackgroundTasks({
          storage: this.storage(),
          service: this.service(),
          clock: this.clock,
          logLevel: "silent"
        }),
        definitions(this)
      ]
    });
  }

  /** One effect of the process that runs. */
  async effect<T>(name: string, carryOut: () => Promise<T>, refuse?: () => T): Promise<T> {
    const process = this.current.getStore();
    if (process?.isDead) {
      return NEVER;
    }
    if (process === undefined || this.isQuiet) {
      return carryOut();
    }
    const at = this.effects.push(name) - 1;
    switch (this.schedule?.at === at ? this.schedule.fault : undefined) {
      case "the process dies before it":
        process.die();
        return NEVER;
      case "the process dies after it":
        await carryOut();
        process.die();
        return NEVER;
      case "its answer is lost, and it is sent again":
        await carryOut();
        return carryOut();
      case "it is refused":
        if (refuse !== undefined) {
          return refuse();
        }
        throw Object.assign(new Error(`${name} was throttled.`), { code: "STORAGE_ERROR" });
      case "it takes 20 minutes":
        await this.clock.sleep(20 * 60 * 1000);
        return process.isDead ? NEVER : carryOut();
      case "it is delivered again, later": {
        const answer = await carryOut();
        await this.again(carryOut);
        return answer;
      }
      case "it is delivered twice at once": {
        const [answer] = await Promise.all([carryOut(), this.again(carryOut)]);
        return answer;
      }
      case "an abort lands before it":
        await this.quietly(() => this.abortEverything());
        return carryOut();
      default:
        return carryOut();
    }
  }

  /** The same invocation in a process of its own; its answer reaches nobody. */
  private async again(carryOut: () => Promise<unknown>): Promise<void> {
    const process = new Process(`again-${String(this.requests++).padStart(8, "0")}`);
    await this.current.run(process, carryOut).catch(() => undefined);
  }

  /** Calls `context.tasks` in a process of its own. @returns what became of it */
  async call<T>(work: (tasks: TasksContextObject) => Promise<T>): Promise<{ value?: T; error?: unknown; died?: true }> {
    const process = new Process(`caller-${this.requests++}`);
    const result = this.current.run(process, async () => work((await this.host.createContext()).tasks));
    return this.finished(process, result);
  }

  /** Aborts a task in a process of its own, and remembers it when it was answered. */
  async abort(id: string): Promise<void> {
    const { value } = await this.call(tasks => tasks.abort({ id }));
    if (value !== undefined) {
      this.aborted.add(id);
    }
  }

  /** Lets everything go on until nothing is left to do, with the nets. */
  async untilQuiet(): Promise<void> {
    for (let round = 0; round < 30; round++) {
      for (const execution of [...this.executions.values()]) {
        await this.runExecution(execution);
      }
      const open = [...this.executions.values()].some(({ status }) => status === "RUNNING");
      if (!open && (await this.records()).every(isFinished)) {
        return;
      }
      await this.clock.advance(HOUR_MS + 1);
      await this.invoke({ webinyTasks: "sweep" }, "sweep");
    }
  }

  async records(): Promise<TaskRecord[]> {
    const { items } = await this.underlying.query({
      index: "byDue",
      partition: "DUE#0",
      from: 0,
      to: Number.MAX_SAFE_INTEGER
    });
    const all = [items];
    for (let shard = 1; shard < 8; shard++) {
      all.push(
        (
          await this.underlying.query({
            index: "byDue",
            partition: `DUE#${shard}`,
            from: 0,
            to: Number.MAX_SAFE_INTEGER
          })
        ).items
      );
    }
    const records = await Promise.all(all.flat().map(key => this.underlying.get(key)));
    return records as TaskRecord[];
  }

  async task(id: string) {
    return this.quietly(async () => (await this.host.createContext()).tasks.getTask(id));
  }

  /** Items of a task, its record apart. */
  async parts(id: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { SK } of queryAll(this.underlying, {
      partition: partitionKey({ tenant: "root", locale: "en-US" }, id)
    })) {
      keys.push(SK);
    }
    return keys;
  }

  /** Looks, or makes a fault, without being counted. */
  private async quietly<T>(work: () => Promise<T>): Promise<T> {
    const before = this.isQuiet;
    this.isQuiet = true;
    try {
      return await this.current.exit(work);
    } finally {
      this.isQuiet = before;
    }
  }

  private async abortEverything(): Promise<void> {
    const { tasks } = await this.host.createContext();
    for (const record of await this.records()) {
      if (record.taskStatus === "pending" || record.taskStatus === "running") {
        const id = record.PK.slice(record.PK.lastIndexOf("#") + 1);
        await tasks.abort({ id });
        this.aborted.add(id);
      }
    }
  }

  /** The state machine: CheckStatus, Wait, Run, Recover, until the execution is over. */
  private async runExecution(execution: Execution): Promise<void> {
    while (execution.status === "RUNNING") {
      const { state } = execution;
      if (state.wait > 0) {
        await this.clock.advance(state.wait * 1000);
      }
      if (!this.isRunning(execution)) {
        break;
      }
      const answer = (await this.invoke(this.event(state), "Lambda")) ?? (await this.recover(state));
      if (!this.isRunning(execution)) {
        break;
      }
      execution.state = answer ?? state;
      if (answer?.status !== "continue") {
        execution.status = answer === undefined || answer.status === "error" ? "FAILED" : "SUCCEEDED";
      }
    }
  }

  // A function, so that TypeScript does not think it knows.
  private isRunning({ status }: Execution): boolean {
    return status === "RUNNING";
  }

  private async recover(state: MachineState): Promise<MachineState | undefined> {
    const crash = { error: "Lambda.Unknown", cause: `{"errorMessage":"RequestId: ${this.lastRequest} Error: exited"}` };
    for (let attempt = 0; attempt < 3; attempt++) {
      const answer = await this.invoke(this.event(state, { crash }), "Recover");
      if (answer !== undefined) {
        return answer;
      }
      await this.clock.advance(5_000);
    }
    return undefined;
  }

  private lastRequest = "";

  /** @returns the answer; undefined for a crash */
  private async invoke(event: unknown, name: string): Promise<MachineState | undefined> {
    const process = new Process(`request-${String(this.requests++).padStart(8, "0")}`);
    if (name === "Lambda") {
      this.lastRequest = process.requestId;
    }
    const deadline = this.clock.now() + LAMBDA_MS;
    const result = this.current.run(process, () =>
      this.effect(name, () =>
        this.host.handle(JSON.parse(JSON.stringify(event)), {
          awsRequestId: this.current.getStore()?.requestId ?? process.requestId,
          getRemainingTimeInMillis: () => deadline - this.clock.now()
        })
      )
    );
    const { value } = await this.finished(process, result, deadline);
    return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as MachineState);
  }

  /** Moves time on while the process sleeps; kills it at its deadline. */
  private async finished<T>(
    process: Process,
    work: Promise<T>,
    deadline = Infinity
  ): Promise<{ value?: T; error?: unknown; died?: true }> {
    let outcome: { value?: T; error?: unknown; died?: true } | undefined;
    void work.then(
      value => (outcome ??= { value }),
      (error: unknown) => (outcome ??= { error })
    );
    void process.death.then(() => (outcome ??= { died: true }));
    for (let second = 0; ; second++) {
      await settle();
      if (outcome !== undefined) {
        return outcome;
      }
      if (this.clock.now() > deadline || second > 4_000) {
        process.die();
        continue;
      }
      await this.clock.advance(1_000);
    }
  }

  private storage(): Storage {
    const methods = STORAGE_METHODS.map(method => {
      const carryOut = this.underlying[method].bind(this.underlying) as (...args: unknown[]) => Promise<unknown>;
      return [
        method,
        (...args: unknown[]) => this.effect(`storage.${method}`, () => carryOut(...structuredClone(args)))
      ];
    });
    return Object.fromEntries(methods);
  }

  private service(): TaskService {
    return {
      send: (task, delay) =>
        this.effect("start", async () => {
          const name = executionName(task.definitionId, task.id, task.execution);
          const known = this.executions.get(name);
          if (known !== undefined && known.status !== "RUNNING") {
            throw Object.assign(new Error("It exists, and is closed."), { code: "TRIGGER_STEP_FUNCTION_ERROR" });
          }
          if (known === undefined) {
            const state = startState({
              id: task.id,
              definitionId: task.definitionId,
              tenant: "root",
              locale: "en-US",
              execution: task.execution,
              iteration: task.iterations + 1,
              delaySeconds: delay
            });
            const events = task.execution === 1 ? this.eventsAtStart : state.events;
            this.executions.set(name, { name, state: { ...state, events }, status: "RUNNING" });
          }
          return {};
        }),
      fetch: task =>
        this.effect("describe", async () => {
          const found = this.executions.get(executionName(task.definitionId, task.id, task.execution));
          return found === undefined ? null : { executionArn: "arn", name: found.name, status: found.status };
        }),
      stop: (task, { execution = task.execution } = {}) =>
        this.effect("stop", async () => {
          const found = this.executions.get(executionName(task.definitionId, task.id, execution));
          if (found?.status === "RUNNING") {
            found.status = "ABORTED";
          }
        })
    };
  }

  private event(state: MachineState, more: object = {}) {
    const { webinyTaskId, webinyTaskDefinitionId, tenant, locale, execution, iteration, events } = state;
    const name = executionName(webinyTaskDefinitionId, webinyTaskId, execution);
    return {
      name: "background-task",
      payload: {
        webinyTaskId,
        webinyTaskDefinitionId,
        tenant,
        locale,
        delay: -1,
        endpoint: "manage",
        executionName: name,
        executionArn: `arn:${name}`,
        stateMachineId: "arn:machine",
        execution,
        iteration,
        events,
        retryCount: 0,
        ...more
      }
    };
  }
}

export function isFinished(record: TaskRecord): boolean {
  const isActive = record.taskStatus === "pending" || record.taskStatus === "running";
  return !isActive && (record.owed ?? []).length === 0 && !record.deleted;
}
