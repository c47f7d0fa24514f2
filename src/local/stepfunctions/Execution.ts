import { MAX_HISTORY_EVENTS, MAX_STATE_BYTES } from "../../constants.js";
import type { Clock, JsonObject } from "../../types.js";
import { LambdaError, type LocalLambda } from "../LocalLambda.js";
import { sleepUntil } from "../systemClock.js";
import { AGAIN, type CompiledMachine, type CompiledState, contextKey } from "./compileMachine.js";
import type { ExecutionRecord, ExecutionStatus, HistoryEvent } from "./ExecutionRecord.js";
import { DATA_LIMIT_EXCEEDED, matches, nextRetry, RUNTIME, TIMEOUT } from "./retry.js";

/** What an execution needs of the endpoint. */
export interface ExecutionHost {
  clock: Clock;
  random: () => number;
  lambda: (functionName: string) => LocalLambda | undefined;
  /** Called once, when the record has got its final status. */
  onEnd: (execution: Execution) => void;
}

/** Longest execution: one year. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const MAX_EXECUTION_MS = 365 * 24 * 60 * 60 * 1_000;

/** Largest `error` and `cause` of an execution, in characters. https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html */
const MAX_ERROR_CHARACTERS = 256;
const MAX_CAUSE_CHARACTERS = 32_768;

/** Longest Wait in seconds. https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html */
const MAX_WAIT_SECONDS = 99_999_999;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** An error in a state, in the form the interpreter's Catch reads: `name` is Error, `message` is Cause. */
class StateError extends Error {
  readonly isRetryable = false;
  readonly isCatchable: boolean;
  /** A Fail state may have no cause. */
  readonly hasCause: boolean;

  constructor(name: string, cause: string | undefined, isCatchable: boolean) {
    super(cause ?? "");
    this.name = name;
    this.hasCause = cause !== undefined;
    this.isCatchable = isCatchable;
  }
}

/** One execution of a state machine, from its start to its end. */
export class Execution {
  readonly record: ExecutionRecord;
  readonly history: HistoryEvent[] = [];
  private readonly machine: CompiledMachine;
  private readonly host: ExecutionHost;
  private readonly deadline: number;
  /** Aborted at the end, however it comes: waits end, nothing more is invoked. */
  private readonly closed = new AbortController();
  /** Aborted when the endpoint stops; unlike the above it reaches running functions. */
  private readonly shutDownSignal = new AbortController();
  private readonly contexts: Record<string, { Name: string; RetryCount: number; EnteredTime: string }> = {};
  /** The context object, `$$`. */
  private context: Record<string, unknown> = {};
  private readonly attempts = new Map<string, number[]>();
  /**
   * Before its first Task an execution has only waited, so its waits count from its start date: one that runs again after
   * a restart waits for what is left. Undefined once a Task has begun.
   */
  private waitedUntil: number | undefined;
  private abortInterpreter: (() => void) | undefined;
  /** A retry makes the interpreter leave and enter the state again, which on AWS it does not. */
  private skipped: "none" | "exit" | "entry" = "none";

  constructor(record: ExecutionRecord, machine: CompiledMachine, host: ExecutionHost) {
    this.record = record;
    this.machine = machine;
    this.host = host;
    const milliseconds = Math.min(MAX_EXECUTION_MS, (machine.timeoutSeconds ?? Infinity) * 1_000);
    this.deadline = record.startDate + milliseconds;
    this.waitedUntil = record.startDate;
  }

  /** Runs to the end, or to {@link shutDown}. Never rejects. */
  async run(): Promise<void> {
    const { record, machine, host } = this;
    const handlers: Record<string, (input: unknown) => Promise<never>> = {};
    for (const [index, [name, state]] of [...machine.states].entries()) {
      this.contexts[contextKey(index)] = this.stateContext(name);
      const handle = this.handlerOf(state, contextKey(index));
      // The interpreter's JSON type cannot be named from outside of it.
      handlers[name] = input => handle(input as Record<string, unknown>) as Promise<never>;
    }
    this.add("ExecutionStarted");
    if (host.clock.now() >= this.deadline) {
      this.end("TIMED_OUT", { error: TIMEOUT });
      return;
    }
    const input = JSON.parse(record.input) as JsonObject;
    this.context = {
      Execution: { Id: record.executionArn, Name: record.name, Input: input },
      ExecutionStartTime: new Date(record.startDate).toISOString(),
      StateMachine: { Id: record.stateMachineArn, Name: record.stateMachineArn.split(":").pop() },
      States: this.contexts
    };
    const { result, abort, eventLogs } = machine.interpreter.run(input, {
      overrides: { taskResourceLocalHandlers: handlers },
      context: this.context
    });
    this.abortInterpreter = abort;
    const followed = this.follow(eventLogs);
    try {
      const output = await result;
      await followed;
      this.end("SUCCEEDED", { output: JSON.stringify(output) });
    } catch (error) {
      // Also when it was ended from outside; then `end` has been here before.
      const cause = (error as Error).cause as (Error & Partial<StateError>) | undefined;
      this.end("FAILED", {
        error: cause?.name ?? RUNTIME,
        ...(cause?.hasCause === false ? {} : { cause: cause?.message ?? String(error) })
      });
      await followed;
    }
  }

  /** Ends it from within or from outside; the first end holds. */
  end(status: Exclude<ExecutionStatus, "RUNNING">, outcome: { output?: string; error?: string; cause?: string }): void {
    const { record } = this;
    if (record.status !== "RUNNING" || this.shutDownSignal.signal.aborted) {
      return;
    }
    const { output, error, cause } = outcome;
    record.status = status;
    record.stopDate = this.host.clock.now();
    Object.assign(record, {
      ...(output === undefined ? {} : { output }),
      ...(error === undefined ? {} : { error: error.slice(0, MAX_ERROR_CHARACTERS) }),
      ...(cause === undefined ? {} : { cause: cause.slice(0, MAX_CAUSE_CHARACTERS) })
    });
    const last = { SUCCEEDED: "Succeeded", FAILED: "Failed", TIMED_OUT: "TimedOut", ABORTED: "Aborted" }[status];
    this.push({
      type: `Execution${last}`,
      timestamp: record.stopDate,
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause })
    });
    this.close();
    this.host.onEnd(this);
  }

  /** Lets go of it without an end: after a restart it runs again from its beginning. */
  shutDown(): void {
    this.shutDownSignal.abort();
    this.close();
  }

  private close(): void {
    this.closed.abort("closed");
    this.abortInterpreter?.();
  }

  /** Counts a history event. The last of the 25,000 is kept for the failure that the limit is. */
  private add(type: string, more: Omit<HistoryEvent, "type" | "timestamp"> = {}): void {
    if (this.closed.signal.aborted) {
      return;
    }
    if (this.history.length + 1 >= MAX_HISTORY_EVENTS) {
      this.end("FAILED", {
        error: RUNTIME,
        cause: `The execution reached the maximum number of history events (${MAX_HISTORY_EVENTS}).`
      });
      return;
    }
    this.push({ type, timestamp: this.host.clock.now(), ...more });
  }

  private push(event: HistoryEvent): void {
    this.history.push(event);
    this.record.events = this.history.length;
  }

  /**
   * Follows the interpreter's own log, which tells when a state is entered and left. It lags behind by some promises, so a
   * handler gives way once before it looks at the count.
   */
  private async follow(log: AsyncGenerator<{ type: string }>): Promise<void> {
    for await (const event of log) {
      const { state, catch: caught } = event as LogEvent;
      const name = state?.name ?? "";
      switch (event.type) {
        case "StateCaught":
          this.skipped = caught?.catcher.ErrorEquals[0] === AGAIN ? "exit" : "none";
          break;
        case "StateEntered":
          if (this.skipped === "entry") {
            this.skipped = "none";
            break;
          }
          this.record.transitions++;
          this.add(`${this.machine.states.get(name)?.type}StateEntered`, { state: name });
          break;
        case "StateExited":
          if (this.skipped === "exit") {
            this.skipped = "entry";
            break;
          }
          this.add(`${this.machine.states.get(name)?.type}StateExited`, { state: name });
          this.checkOutput(name, state?.output);
          break;
      }
    }
  }

  private checkOutput(name: string, output: unknown): void {
    if (this.machine.states.get(name)?.mayGrow && bytesOf(output) > MAX_STATE_BYTES) {
      this.end("FAILED", {
        error: DATA_LIMIT_EXCEEDED,
        cause: `The state '${name}' has an output of more than ${MAX_STATE_BYTES} bytes.`
      });
    }
  }

  private stateContext(name: string) {
    const { clock } = this.host;
    let enteredTime: string | undefined;
    return {
      Name: name,
      RetryCount: 0,
      get EnteredTime() {
        enteredTime ??= new Date(clock.now()).toISOString();
        return enteredTime;
      },
      set EnteredTime(_left: string) {
        enteredTime = undefined;
      }
    };
  }

  /** What stands behind a state that is a Task for the interpreter. */
  private handlerOf(state: CompiledState, key: string): (input: Record<string, unknown>) => Promise<unknown> {
    const handle = (input: Record<string, unknown>) => {
      switch (state.type) {
        case "Wait":
          return this.wait(state, input);
        case "Fail":
          return this.fail(input);
        default:
          return this.task(state, key, input);
      }
    };
    return async input => {
      // Timers and sockets get their turn, and the log is read, so that the count of events is right.
      await new Promise(resolve => setImmediate(resolve));
      this.throwIfClosed();
      return await handle(input);
    };
  }

  private async fail({ error, cause }: { error?: unknown; cause?: unknown }): Promise<never> {
    for (const value of [error, cause]) {
      if (value !== undefined && typeof value !== "string") {
        throw new StateError(
          RUNTIME,
          `A Fail state needs text as Error and Cause, not ${JSON.stringify(value)}.`,
          false
        );
      }
    }
    throw new StateError((error ?? "") as string, cause as string | undefined, false);
  }

  private async wait(state: CompiledState, { input, seconds, timestamp }: Record<string, unknown>): Promise<unknown> {
    const until = timestamp === undefined ? this.timeAfter(state, seconds) : this.timeOf(state, timestamp);
    await this.waitUntil(until);
    if (this.waitedUntil !== undefined) {
      this.waitedUntil = Math.max(this.waitedUntil, until);
    }
    return input;
  }

  private timeAfter(state: CompiledState, seconds: unknown): number {
    if (!Number.isInteger(seconds) || (seconds as number) < 0 || (seconds as number) > MAX_WAIT_SECONDS) {
      throw this.runtimeError(
        state,
        `The wait is not a whole number of seconds from 0 to ${MAX_WAIT_SECONDS}: ${JSON.stringify(seconds)}`
      );
    }
    return (this.waitedUntil ?? this.host.clock.now()) + (seconds as number) * 1_000;
  }

  private timeOf(state: CompiledState, timestamp: unknown): number {
    if (typeof timestamp !== "string" || !TIMESTAMP.test(timestamp)) {
      throw this.runtimeError(
        state,
        `The wait is not until a time like 2026-01-31T12:00:00Z: ${JSON.stringify(timestamp)}`
      );
    }
    return Date.parse(timestamp);
  }

  private runtimeError(state: CompiledState, why: string): StateError {
    return new StateError(RUNTIME, `An error occurred while executing the state '${state.name}'. ${why}`, false);
  }

  /** One attempt. The next one is the same state entered again, so that its Parameters see the new RetryCount. */
  private async task(state: CompiledState, key: string, selected: unknown): Promise<unknown> {
    this.waitedUntil = undefined;
    const input = this.parametersOf(state, selected);
    const prefix = state.isIntegration ? "Task" : "LambdaFunction";
    this.add(`${prefix}Scheduled`, { state: state.name });
    this.add(`${prefix}Started`, { state: state.name });
    this.throwIfClosed();
    const context = this.contexts[key] as { RetryCount: number; EnteredTime: string };
    try {
      const result = await this.invoke(state, input);
      this.add(`${prefix}Succeeded`, { state: state.name });
      this.leave(state, context);
      return result;
    } catch (error) {
      this.throwIfClosed();
      const { name, message } = error as Error;
      this.add(`${prefix}${name === TIMEOUT ? "TimedOut" : "Failed"}`, {
        state: state.name,
        error: name,
        cause: message
      });
      const attempts = this.attempts.get(state.name) ?? [];
      const pause = nextRetry(state.retry, attempts, name, this.host.random);
      if (pause === undefined) {
        this.leave(state, context);
        throw new StateError(name, message, matches(state.caught, name));
      }
      this.attempts.set(state.name, attempts);
      context.RetryCount++;
      this.record.transitions++;
      await this.waitUntil(this.host.clock.now() + pause);
      throw new StateError(AGAIN, "", true);
    }
  }

  private parametersOf(state: CompiledState, input: unknown): unknown {
    try {
      return state.parameters === undefined ? input : state.parameters(input, this.context);
    } catch (error) {
      throw this.runtimeError(state, (error as Error).message);
    }
  }

  private leave(state: CompiledState, context: { RetryCount: number; EnteredTime: string }): void {
    this.attempts.delete(state.name);
    context.RetryCount = 0;
    context.EnteredTime = "";
  }

  private async invoke(state: CompiledState, input: unknown): Promise<unknown> {
    const { FunctionName, Payload } = state.isIntegration
      ? (input as { FunctionName?: unknown; Payload?: unknown })
      : { FunctionName: state.resource, Payload: input };
    if (typeof FunctionName !== "string") {
      throw this.runtimeError(state, "Parameters have no FunctionName.");
    }
    if (bytesOf(Payload) > MAX_STATE_BYTES) {
      throw new StateError(
        DATA_LIMIT_EXCEEDED,
        `The state '${state.name}' has an input of more than ${MAX_STATE_BYTES} bytes.`,
        true
      );
    }
    const lambda = this.host.lambda(FunctionName);
    if (lambda === undefined) {
      const cause = {
        errorType: "Lambda.ResourceNotFoundException",
        errorMessage: `Function not found: ${FunctionName}`
      };
      throw new StateError("Lambda.ResourceNotFoundException", JSON.stringify(cause), true);
    }
    const { payload } = await this.answerInTime(state, lambda.invoke(Payload, { signal: this.shutDownSignal.signal }));
    if (bytesOf(payload) > MAX_STATE_BYTES) {
      throw new StateError(
        DATA_LIMIT_EXCEEDED,
        `The state/task '${FunctionName}' returned a result with a size exceeding the maximum number of bytes service limit.`,
        true
      );
    }
    return state.isIntegration ? { ExecutedVersion: "$LATEST", Payload: payload, StatusCode: 200 } : payload;
  }

  /** Waits for an invocation, but no longer than the state's time-out, nor the execution's end. The function goes on, as on AWS. */
  private async answerInTime<T>(state: CompiledState, invocation: Promise<T>): Promise<T> {
    const { clock } = this.host;
    const timeout = clock.now() + (state.timeoutSeconds ?? Infinity) * 1_000;
    const until = Math.min(timeout, this.deadline);
    const settled = new AbortController();
    // With a reason: without one, each abort makes an exception with a stack.
    const stopWaiting = () => settled.abort("settled");
    this.closed.signal.addEventListener("abort", stopWaiting);
    try {
      return await Promise.race([
        invocation.catch((error: unknown) => {
          throw describeFailure(error);
        }),
        sleepUntil(clock, until, settled.signal).then(reached => {
          this.throwIfClosed();
          if (reached) {
            this.throwIfPast(timeout);
            throw new StateError(TIMEOUT, "", true);
          }
          // The invocation has settled: its answer or error is what counts.
          return invocation;
        })
      ]);
    } finally {
      this.closed.signal.removeEventListener("abort", stopWaiting);
      stopWaiting();
    }
  }

  private async waitUntil(time: number): Promise<void> {
    await sleepUntil(this.host.clock, Math.min(time, this.deadline), this.closed.signal);
    this.throwIfClosed();
    this.throwIfPast(time);
  }

  /** Ends the execution when its own time is over before the one that was waited for. */
  private throwIfPast(time: number): void {
    if (time > this.deadline) {
      this.end("TIMED_OUT", { error: TIMEOUT });
      this.throwIfClosed();
    }
  }

  private throwIfClosed(): void {
    if (this.closed.signal.aborted) {
      throw new StateError(RUNTIME, "The execution has ended.", false);
    }
  }
}

interface LogEvent {
  state?: { name: string; output?: unknown };
  catch?: { catcher: { ErrorEquals: string[] } };
}

function describeFailure(error: unknown): StateError {
  if (error instanceof LambdaError) {
    return new StateError(error.error, error.cause, true);
  }
  // Not of the local Lambdas: somebody's own implementation of the interface failed.
  const cause = { errorType: "Lambda.Unknown", errorMessage: String(error) };
  return new StateError("Lambda.Unknown", JSON.stringify(cause), true);
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? "null");
}
