import { HISTORY_EVENTS, MAX_HISTORY_EVENTS } from "../constants.js";
import { TasksError } from "../errors.js";
import { startState, type MachineState } from "../machine/answer.js";
import { executionName } from "../machine/executionName.js";
import { RUN_RETRIES, stateMachine } from "../machine/stateMachine.js";
import type { Scope } from "../storage/record.js";
import type { ExecutionInfo, TaskService } from "../transport/TaskService.js";
import type { Task } from "../types.js";
import type { Effects } from "./Effects.js";
import { machineEvent } from "./machineEvent.js";
import type { Scheduler } from "./Scheduler.js";

/** What the machine hears of an invocation. */
export type InvocationResult = { answer: MachineState } | { crash: Crash } | "throttled";

/** An error as the machine sees it. */
export interface Crash {
  error: string;
  cause: string;
}

/** One execution of the state machine. */
export interface SimulatedExecution {
  name: string;
  status: ExecutionInfo["status"];
  state: MachineState;
  /** History events, as Step Functions counts them. */
  events: number;
  input: string;
}

export interface MachineOptions {
  /** History events the first execution of a task begins with; default 1. */
  eventsAtStart: number;
  invoke(event: object, name: string): Promise<InvocationResult>;
  onClosed(execution: SimulatedExecution): void;
}

/**
 * Step Functions with the state machine of `src/machine/stateMachine.ts`, step by step: CheckStatus, Wait, Run with its
 * retries, Recover with its own, and the limit on history events. The machine's JSON itself is run by the local runtime.
 */
export class SimulatedMachine {
  readonly executions = new Map<string, SimulatedExecution>();
  private readonly waits = new Map<SimulatedExecution, () => void>();

  constructor(
    private readonly scheduler: Scheduler,
    private readonly effects: Effects,
    private readonly options: MachineOptions
  ) {}

  get isIdle(): boolean {
    return [...this.executions.values()].every(({ status }) => status !== "RUNNING");
  }

  /** The execution service, for the tasks of one tenant and locale. */
  service(scope: () => Scope): TaskService {
    const request = <T>(name: string, carryOut: () => T) =>
      this.effects.effect("request", name, async () => carryOut(), { refuse: () => refuse(name) });
    const find = (task: Task, execution = task.execution) =>
      this.executions.get(executionName(task.definitionId, task.id, execution));
    return {
      send: (task, delay) => request("start", () => this.start(task, delay, scope())),
      fetch: task =>
        request("describe", () => {
          const found = find(task);
          return found && { executionArn: `arn:${found.name}`, name: found.name, status: found.status };
        }).then(info => info ?? null),
      stop: (task, { execution } = {}) =>
        request("stop", () => {
          const found = find(task, execution);
          if (found?.status === "RUNNING") {
            this.close(found, "ABORTED");
          }
        })
    };
  }

  /** Ends an execution from outside, as somebody does in the console. */
  close(execution: SimulatedExecution, status: ExecutionInfo["status"]): void {
    execution.status = status;
    this.waits.get(execution)?.();
    this.options.onClosed(execution);
  }

  private start(task: Task, delaySeconds: number, scope: Scope): { executionArn: string } {
    const { id, definitionId, execution, iterations } = task;
    const name = executionName(definitionId, id, execution);
    const state = startState({ id, definitionId, ...scope, execution, iteration: iterations + 1, delaySeconds });
    const known = this.executions.get(name);
    if (known !== undefined && known.status !== "RUNNING") {
      throw new TasksError("TRIGGER_STEP_FUNCTION_ERROR", `The execution "${name}" exists, and is closed.`, { name });
    }
    if (known === undefined) {
      const events = execution === 1 ? this.options.eventsAtStart : state.events;
      const started: SimulatedExecution = {
        name,
        status: "RUNNING",
        state: { ...state, events },
        events,
        input: JSON.stringify(state)
      };
      this.executions.set(name, started);
      this.scheduler.outside(() => void this.drive(started));
    }
    return { executionArn: `arn:${name}` };
  }

  private async drive(execution: SimulatedExecution): Promise<void> {
    while (execution.status === "RUNNING") {
      if (execution.state.wait > 0) {
        execution.events += HISTORY_EVENTS.wait;
        await this.wait(execution, execution.state.wait);
      }
      const answer = this.isOpen(execution) ? await this.run(execution) : undefined;
      if (!this.isOpen(execution)) {
        return;
      }
      if (answer === undefined || answer.status === "error" || execution.events > MAX_HISTORY_EVENTS) {
        this.close(execution, "FAILED");
        return;
      }
      execution.state = answer;
      if (answer.status !== "continue") {
        this.close(execution, "SUCCEEDED");
      }
    }
  }

  /** Run, and Recover when it fails. @returns undefined when both did */
  private async run(execution: SimulatedExecution): Promise<MachineState | undefined> {
    execution.events += HISTORY_EVENTS.runAndCheck;
    const throttled = RUN_RETRIES[0];
    for (let retryCount = 0; ; retryCount++) {
      const result = await this.options.invoke(machineEvent(execution.state, { retryCount }), "Lambda");
      if (result === "throttled" && throttled !== undefined && retryCount < throttled.MaxAttempts) {
        execution.events += HISTORY_EVENTS.failedAttempt;
        await this.wait(execution, pauseBefore(throttled, retryCount));
      } else if (result === "throttled") {
        return this.recover(execution, { error: "Lambda.TooManyRequestsException", cause: "Rate exceeded" });
      } else {
        return "answer" in result ? result.answer : this.recover(execution, result.crash);
      }
      if (!this.isOpen(execution)) {
        return undefined;
      }
    }
  }

  private async recover(execution: SimulatedExecution, crash: Crash): Promise<MachineState | undefined> {
    execution.events += HISTORY_EVENTS.runAndCheck;
    const [retry] = stateMachine.States.Recover.Retry;
    for (let attempt = 0; retry !== undefined && attempt <= retry.MaxAttempts && this.isOpen(execution); attempt++) {
      const result = await this.options.invoke(machineEvent(execution.state, { crash }), "Recover");
      if (result !== "throttled" && "answer" in result) {
        return result.answer;
      }
      execution.events += HISTORY_EVENTS.failedAttempt;
      await this.wait(execution, pauseBefore(retry, attempt));
    }
    return undefined;
  }

  /** Ends early when the execution is stopped. */
  private async wait(execution: SimulatedExecution, seconds: number): Promise<void> {
    const stopped = new AbortController();
    this.waits.set(execution, () => stopped.abort("stopped"));
    await this.scheduler.time.sleep(seconds * 1000, stopped.signal);
    this.waits.delete(execution);
  }

  // A function, so that TypeScript does not think it knows.
  private isOpen({ status }: SimulatedExecution): boolean {
    return status === "RUNNING";
  }
}

function pauseBefore(
  retry: { IntervalSeconds: number; BackoffRate: number; MaxDelaySeconds: number },
  attempt: number
): number {
  return Math.min(retry.MaxDelaySeconds, retry.IntervalSeconds * retry.BackoffRate ** attempt);
}

function refuse(name: string): never {
  throw new TasksError("TRIGGER_STEP_FUNCTION_ERROR", `The request "${name}" was throttled until it was given up.`, {
    name
  });
}
