import { createBackgroundTasks } from "../host/backgroundTasks.js";
import { createHost, type Host } from "../host/createHandler.js";
import type { BackgroundTasksOptions } from "../host/options.js";
import { TASK_SERVICE_TYPE, type TaskServicePlugin } from "../host/plugins.js";
import { DEFAULT_RETENTION_DAYS, DUE_SHARDS, SWEEP_EVENT } from "../constants.js";
import type { TasksContextObject, TaskTopics } from "../definition/TaskDefinition.js";
import type { MachineState } from "../machine/answer.js";
import { MemoryStorage } from "../storage/memory/MemoryStorage.js";
import { queryAll } from "../storage/batches.js";
import { isActive, partitionKey, scopeOf, taskIdOf, type Scope, type TaskRecord } from "../storage/record.js";
import type { Task } from "../types.js";
import { Effects } from "./Effects.js";
import type { Effect, PlannedFault } from "./faults.js";
import { observedDefinitions, type Observed } from "./observedDefinitions.js";
import { seededRandom } from "./random.js";
import { NeverComes, Scheduler, type Outcome } from "./Scheduler.js";
import { SimulatedMachine, type InvocationResult, type SimulatedExecution } from "./SimulatedMachine.js";
import type { SimulatedProcess } from "./SimulatedProcess.js";
import { simulatedStorage } from "./simulatedStorage.js";

/** What a {@link Simulation} takes. */
export interface SimulationOptions {
  /** The task definitions and other plugins, or what makes them for this simulation. */
  plugins: readonly unknown[] | ((simulation: Simulation) => readonly unknown[]);
  /** Decides the order of what happens at once, the ids and the jitter; default 1. The same seed gives the same run. */
  seed?: number;
  /** What goes wrong; default nothing. */
  faults?: readonly PlannedFault[];
  /** Options of `createBackgroundTasks`, such as `retentionDays`. */
  options?: Pick<BackgroundTasksOptions, "retentionDays" | "closeToTimeoutMinutes">;
  /** Seconds a Lambda invocation may take; default 900. */
  lambdaSeconds?: number;
  /** Seconds between two sweeps; default 900. 0: none. */
  sweepSeconds?: number;
  /** Whether the handler is told when an execution fails or is stopped; default true. */
  statusEvents?: boolean;
  /** History events the first execution of a task begins with, to be near the limit of 25,000; default 1. */
  eventsAtStart?: number;
}

/** A call of the user's code that the library made. */
export interface Call {
  /** Epoch milliseconds, virtual. */
  at: number;
  name: Observed;
  taskId: string | undefined;
  /** In `run`: which iteration. */
  iteration: number | undefined;
  /** It threw, or its process died in it. */
  failed: boolean;
}

/** A call of {@link Simulation.tasks}, and what its caller was told. */
export interface Caller {
  /** Epoch milliseconds, virtual. */
  at: number;
  name: string;
  args: unknown[];
  scope: Scope;
  /** `died`: it was told nothing; what it asked for may have happened. */
  told: "value" | "error" | "died";
  value?: unknown;
  error?: unknown;
}

/** `context.tasks` from outside, without what needs no request. */
export type SimulatedTasks = Omit<TasksContextObject, keyof TaskTopics | "getDefinition" | "listDefinitions">;

/** What a task was when the caller who aborted it was told so. */
export type AbortedTask = Pick<TaskRecord, "iterations" | "nextIteration" | "output" | "outputRef">;

const ROOT: Scope = { tenant: "root", locale: "en-US" };

/**
 * A whole deployment in memory and virtual time: handler, table, state machine, status events and sweep. A task that
 * waits for a year is over in a moment, and anything can be made to go wrong at any step.
 * @example
 * const simulation = new Simulation({ plugins: [syncArticles] });
 * const { id } = await simulation.tasks.trigger({ definition: "syncArticles", delay: 3600 });
 * const task = await simulation.waitFor(id);
 */
export class Simulation {
  /** `context.tasks` of a caller with all permissions. Each call is made by a process of its own. */
  readonly tasks: SimulatedTasks;
  /** What was asked of {@link tasks}, in order. */
  readonly callers: Caller[] = [];
  /** What your code was called for, in order. */
  readonly calls: Call[] = [];
  /** Tasks whose abort was answered, as they were then. */
  readonly aborted = new Map<string, AbortedTask>();
  /** Lambda invocations so far. */
  invocations = 0;
  /** From 0 up to 1, by the seed. */
  readonly random: () => number;
  private readonly table = new MemoryStorage();
  private readonly scheduler = new Scheduler();
  private readonly effectsDone: Effects;
  private readonly machine: SimulatedMachine;
  private host: Promise<Host> | undefined;
  private readonly given: SimulationOptions;

  constructor(options: SimulationOptions) {
    this.given = options;
    const { seed = 1, faults = [], sweepSeconds = 900, eventsAtStart = 1 } = options;
    this.random = seededRandom(seed);
    this.effectsDone = new Effects(this.scheduler, this.random, faults, () => this.abortEverything());
    this.machine = new SimulatedMachine(this.scheduler, this.effectsDone, {
      eventsAtStart,
      invoke: (event, name) => this.invoke(event, name),
      onClosed: execution => this.tellStatus(execution)
    });
    if (sweepSeconds > 0) {
      this.scheduler.every(sweepSeconds * 1000, () => this.invoke(SWEEP_EVENT, "sweep"));
    }
    this.tasks = this.tasksOf();
  }

  /** The virtual time, in epoch milliseconds. */
  now(): number {
    return this.scheduler.clock.now();
  }

  /** How long a finished task is kept, in milliseconds. */
  get retentionMs(): number {
    return (this.given.options?.retentionDays ?? DEFAULT_RETENTION_DAYS) * 24 * 60 * 60 * 1000;
  }

  /** Every effect so far: requests, invocations, and calls of your code. */
  get effects(): readonly Effect[] {
    return this.effectsDone.done;
  }

  get executions(): SimulatedExecution[] {
    return [...this.machine.executions.values()];
  }

  /**
   * Says that your code does something to the world outside, such as charging a card: a fault may happen right before or
   * after it, as with each request of the library.
   * @example await simulation.effect("charge", () => shop.charge(order));
   */
  effect<T>(name: string, carryOut: () => Promise<T>): Promise<T> {
    return this.effectsDone.effect("code", name, carryOut);
  }

  /** `context.tasks` of another tenant and locale. */
  tasksOf(scope: Scope = ROOT): SimulatedTasks {
    return new Proxy({} as SimulatedTasks, {
      get: (_, name) => (name === "then" ? undefined : (...args: unknown[]) => this.ask(scope, String(name), args))
    });
  }

  /**
   * Moves time on until a task has ended and what it owes is done.
   * @throws Error when it does not exist, or never ends
   */
  async waitFor(taskId: string, scope: Scope = ROOT): Promise<Task> {
    await this.scheduler.until(async () => isFinished(await this.record(taskId)));
    const task = await this.look(tasks => tasks.getTask(taskId), scope);
    if (task === null) {
      throw new Error(`There is no task "${taskId}".`);
    }
    return task;
  }

  /**
   * Moves time on until nothing is left to do for anybody.
   * @returns whether every task ended; false when something is stuck
   * @throws Error when your code waits for something that is not in the simulation
   */
  async untilQuiet(): Promise<boolean> {
    try {
      await this.scheduler.until(async () => {
        const isIdle = this.scheduler.isIdle && this.machine.isIdle;
        return isIdle && (await this.records()).every(isFinished);
      });
      return true;
    } catch (error) {
      if (error instanceof NeverComes) {
        return false;
      }
      throw error;
    }
  }

  /** Moves time on by so many milliseconds. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.scheduler.time.now() + milliseconds;
    this.scheduler.later(milliseconds, async () => undefined);
    await this.scheduler.until(() => this.scheduler.time.now() >= end);
  }

  /** For your code: passes so many milliseconds of virtual time, in which other processes go on. */
  sleep(milliseconds: number): Promise<void> {
    return this.scheduler.clock.sleep(milliseconds);
  }

  /** Ends the process whose code calls this, as a crash does. */
  crash(): Promise<never> {
    this.scheduler.process?.die();
    return new Promise(() => undefined);
  }

  /** Ends a task's open execution from outside, as a limit of Step Functions or somebody in its console does. */
  closeExecution(taskId: string, status: "FAILED" | "TIMED_OUT" | "ABORTED"): void {
    for (const execution of this.executions) {
      if (execution.status === "RUNNING" && execution.state.webinyTaskId === taskId) {
        this.machine.close(execution, status);
      }
    }
  }

  /** The records of all tasks that are stored, of all tenants. */
  async records(): Promise<TaskRecord[]> {
    const found: TaskRecord[] = [];
    for (let shard = 0; shard < DUE_SHARDS; shard++) {
      const page = await this.table.query({ index: "byDue", partition: `DUE#${shard}` });
      for (const key of page.items) {
        found.push((await this.table.get(key)) as TaskRecord);
      }
    }
    return found;
  }

  /** Keys of whatever is stored for a task: its record, logs, payloads and pointers to children. */
  async itemsOf(taskId: string, scope: Scope = ROOT): Promise<string[]> {
    const keys: string[] = [];
    for await (const { SK } of queryAll(this.table, { partition: partitionKey(scope, taskId) })) {
      keys.push(SK);
    }
    return keys;
  }

  /** Asks without being counted: no fault happens, and no time passes. */
  async look<T>(ask: (tasks: TasksContextObject) => Promise<T>, scope: Scope = ROOT): Promise<T> {
    return this.scheduler.outside(async () => ask((await (await this.start()).createContext(scope)).tasks));
  }

  private async record(taskId: string): Promise<TaskRecord | undefined> {
    return (await this.records()).find(record => taskIdOf(record) === taskId);
  }

  /** The handler, loaded before anything is counted. */
  private start(): Promise<Host> {
    return (this.host ??= this.scheduler.outside(() => this.load()));
  }

  private async load(): Promise<Host> {
    const { plugins, options } = this.given;
    const host = createHost({
      plugins: [
        createBackgroundTasks({
          ...options,
          storage: simulatedStorage(this.table, this.effectsDone, this.scheduler),
          clock: this.scheduler.clock,
          random: this.random,
          logLevel: "silent"
        }),
        this.servicePlugin(),
        await observedDefinitions(typeof plugins === "function" ? plugins(this) : plugins, (name, params, call) =>
          this.observe(name, params, call)
        )
      ]
    });
    await host.createContext();
    return host;
  }

  private servicePlugin(): TaskServicePlugin {
    return {
      type: TASK_SERVICE_TYPE,
      default: true,
      createService: ({ getTenant, getLocale }) =>
        this.machine.service(() => ({ tenant: getTenant(), locale: getLocale() }))
    };
  }

  private observe(name: Observed, params: unknown, call: () => Promise<unknown>): Promise<unknown> {
    const { task, store } = params as { task?: Task; store?: { getTask(): Task } };
    const known = task ?? store?.getTask();
    return this.effectsDone.effect("code", name, async () => {
      const iteration = name === "run" ? known?.iterations : undefined;
      const made: Call = { at: this.now(), name, taskId: known?.id, iteration, failed: true };
      this.calls.push(made);
      const result = await call();
      made.failed = false;
      return result;
    });
  }

  /** A caller in a process of its own. */
  private async ask(scope: Scope, name: string, args: unknown[]): Promise<unknown> {
    const host = await this.start();
    const process = this.effectsDone.newProcess("caller", { inInvocation: false });
    const outcome = await this.scheduler.run(process, () =>
      this.effectsDone.effect("call", name, async () => {
        const { tasks } = await host.createContext(scope);
        return (tasks as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>)[name]?.(...args);
      })
    );
    const told = "value" in outcome ? "value" : "error" in outcome ? "error" : "died";
    this.callers.push({ at: this.now(), name, args, scope, told, ...outcome });
    if (name === "abort" && told === "value") {
      await this.noteAborted((args[0] as { id: string }).id);
    }
    return valueOf(outcome);
  }

  private async noteAborted(taskId: string): Promise<void> {
    const record = await this.record(taskId);
    if (record !== undefined) {
      const { iterations, nextIteration, output, outputRef } = record;
      this.aborted.set(taskId, { iterations, nextIteration, output, outputRef });
    }
  }

  /** Somebody aborts every task there is, at this very moment. */
  private async abortEverything(): Promise<void> {
    const host = await this.start();
    for (const record of (await this.records()).filter(isActive)) {
      const operator = this.effectsDone.newProcess("operator", { inInvocation: false, immune: true });
      const id = taskIdOf(record);
      const outcome = await this.scheduler.run(operator, async () =>
        (await host.createContext(scopeOf(record))).tasks.abort({ id })
      );
      if ("value" in outcome) {
        await this.noteAborted(id);
      }
    }
  }

  /** Invokes the Lambda as AWS does: JSON in, JSON out, and its end at the deadline. */
  private async invoke(event: object, name: string): Promise<InvocationResult> {
    const host = await this.start();
    const process = this.effectsDone.newProcess(name, { inInvocation: true, isPeriodic: event === SWEEP_EVENT });
    const result = this.scheduler.run(process, () =>
      this.effectsDone.effect<InvocationResult>("invocation", name, () => this.handle(host, event), {
        refuse: () => "throttled"
      })
    );
    const outcome = await result;
    return "value" in outcome ? outcome.value : { crash: crashOf(process, outcome) };
  }

  private async handle(host: Host, event: object): Promise<InvocationResult> {
    this.invocations += 1;
    const process = this.scheduler.process as SimulatedProcess;
    const lambdaMs = 1000 * (this.given.lambdaSeconds ?? 900);
    const { time } = this.scheduler;
    const deadline = time.now() + lambdaMs;
    const cancel = time.schedule(lambdaMs, () => process.die("timeout"));
    try {
      const answer = await host.handle(copy(event), {
        awsRequestId: process.id,
        getRemainingTimeInMillis: () => deadline - time.now()
      });
      return { answer: copy(answer) as MachineState };
    } finally {
      cancel();
    }
  }

  /** EventBridge tells the handler, without anybody waiting for it. */
  private tellStatus({ name, status, input }: SimulatedExecution): void {
    if ((this.given.statusEvents ?? true) && status !== "SUCCEEDED") {
      const detail = { name, status, input };
      const event = { source: "aws.states", "detail-type": "Step Functions Execution Status Change", detail };
      this.scheduler.later(this.random() * 2_000, () => this.invoke(event, "status event"));
    }
  }
}

/** Nothing is left to do for a task. */
export function isFinished(record: TaskRecord | undefined): boolean {
  return record === undefined || (!isActive(record) && (record.owed ?? []).length === 0 && !record.deleted);
}

function valueOf<T>(outcome: Outcome<T>): T {
  if ("value" in outcome) {
    return outcome.value;
  }
  throw "error" in outcome ? outcome.error : new Error("The process of the caller died.");
}

/** What Step Functions says of an invocation that gave no answer. */
function crashOf({ id }: SimulatedProcess, outcome: Exclude<Outcome<unknown>, { value: unknown }>) {
  if ("error" in outcome) {
    const { name, message } = outcome.error as Error;
    return { error: name, cause: JSON.stringify({ errorType: name, errorMessage: message }) };
  }
  const isTimeout = outcome.death === "timeout";
  const errorType = isTimeout ? "Sandbox.Timedout" : "Runtime.ExitError";
  const why = isTimeout ? "Task timed out" : "Runtime exited with error: signal: killed";
  return { error: errorType, cause: JSON.stringify({ errorType, errorMessage: `RequestId: ${id} Error: ${why}` }) };
}

function copy(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
