import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { MAX_STATE_BYTES } from "../constants.js";
import { TasksError } from "../errors.js";
import type { Clock, Logger } from "../types.js";
import type { LocalLambda } from "./LocalLambda.js";
import { closeServer, guardLoopback, listenOnLoopback } from "./loopback.js";
import { createRequestHandler, type SdkRequestHandler, type SdkResponse } from "./requestHandler.js";
import { type CompiledMachine, compileMachine } from "./stepfunctions/compileMachine.js";
import { Execution } from "./stepfunctions/Execution.js";
import { ExecutionFile, type StateMachineRecord } from "./stepfunctions/ExecutionFile.js";
import type { ExecutionRecord, HistoryEvent } from "./stepfunctions/ExecutionRecord.js";
import {
  page,
  readRequest,
  type Request,
  seconds,
  ServiceError,
  text,
  writeResponse
} from "./stepfunctions/protocol.js";
import { type ExecutionStatusChangeEvent, statusChangeEvent } from "./stepfunctions/statusChangeEvent.js";
import { systemClock } from "./systemClock.js";

export interface StepFunctionsEndpointOptions {
  /** Finds the function a Task names (its name or ARN, as the definition has it). */
  lambda: (functionName: string) => LocalLambda | undefined;
  /**
   * Machines that exist from the start: created, or brought up to date, before unfinished executions run again. Their
   * definitions are taken as valid.
   */
  stateMachines?: { name: string; definition: string }[];
  /** Starts and ends are kept in `<dataDir>/executions.jsonl`; without it nothing outlives `stop()`. */
  dataDir?: string;
  /** Port on 127.0.0.1; default 0, a free one. */
  port?: number;
  /** Gets what EventBridge would deliver. `stop` waits for it, and aborts the signal. */
  onStatusChange?: (event: ExecutionStatusChangeEvent, signal: AbortSignal) => unknown;
  clock?: Clock;
  /** For the jitter of retries: 0 to 1. */
  random?: () => number;
  /** Hears of an `onStatusChange` that fails. Default: the console. */
  logger?: Pick<Logger, "error">;
}

/** Sums over the endpoint's life, and what one would pay for: `transitions`. */
export interface StepFunctionsCounts {
  started: number;
  ended: number;
  transitions: number;
  events: number;
}

const REGION = "us-east-1";
const ACCOUNT = "000000000000";
const DEFAULT_ROLE = `arn:aws:iam::${ACCOUNT}:role/local`;
const MACHINE_ARN = /^arn:aws[\w-]*:states:[\w-]+:\d{12}:stateMachine:[^:]{1,80}$/;
const EXECUTION_ARN = /^arn:aws[\w-]*:states:[\w-]+:\d{12}:execution:[^:]{1,80}:[^:]{1,80}$/;

/** Characters a name may not have. https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
// eslint-disable-next-line no-control-regex -- AWS refuses control characters as well
const BAD_NAME = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/;
const MAX_NAME_CHARACTERS = 80;

/** Largest request in bytes: an input whose every byte is escaped fits. */
const MAX_REQUEST_BYTES = 4 * 1_024 * 1_024;

/** Executions that have ended, and events of their histories, that are kept in memory. */
const MAX_CLOSED = 10_000;
const MAX_CLOSED_EVENTS = 100_000;

interface Machine extends StateMachineRecord {
  sequence: number;
  compiled: CompiledMachine;
}

/**
 * An embedded Step Functions (Standard workflows) that the AWS SDK reaches over HTTP on loopback, or in the process
 * through {@link StepFunctionsEndpoint.requestHandler}. It enforces AWS's limits and answers AWS's errors; what is
 * different all the same is in docs/local.md.
 *
 * Only starts and ends are kept: after a restart an execution that had not ended runs again from its beginning, with its
 * input and its start date.
 */
export class StepFunctionsEndpoint {
  /** For `new SFNClient({ requestHandler })`: the same executions, without a socket. */
  readonly requestHandler: SdkRequestHandler;

  private readonly options: StepFunctionsEndpointOptions;
  private readonly clock: Clock;
  private readonly machines = new Map<string, Machine>();
  /** Every execution that is known; those that run have an entry in `running` too. */
  private readonly records = new Map<string, ExecutionRecord>();
  private readonly running = new Map<string, Execution>();
  private readonly closed: ExecutionRecord[] = [];
  private readonly histories = new Map<string, HistoryEvent[]>();
  private closedEvents = 0;
  private sequence = 0;
  private readonly ended: Omit<StepFunctionsCounts, "started"> = { ended: 0, transitions: 0, events: 0 };
  private started = 0;
  /** Runs and deliveries under way, waited for by `stop`. */
  private readonly underWay = new Set<Promise<void>>();
  private stopping = new AbortController();
  private file: ExecutionFile | undefined;
  private server: { http: Server; url: string } | undefined;

  constructor(options: StepFunctionsEndpointOptions) {
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.requestHandler = createRequestHandler(({ headers }, body) => this.answer(lowerCase(headers), body));
  }

  /**
   * Starts to listen, and lets run what had not ended.
   * @throws TasksError LOCAL_ERROR when the port is taken or the file cannot be read
   */
  async start(): Promise<void> {
    if (this.server !== undefined) {
      throw new TasksError("LOCAL_ERROR", "The local Step Functions endpoint was started before. Stop it first.");
    }
    const http = createServer(guardLoopback((request, response) => this.serve(request, response)));
    this.stopping = new AbortController();
    // One listener for each delivery under way is no leak.
    setMaxListeners(0, this.stopping.signal);
    this.server = { http, url: await listenOnLoopback(http, this.options.port ?? 0) };
    try {
      const unfinished = await this.read();
      for (const { name, definition } of this.options.stateMachines ?? []) {
        await this.putMachine({ name, definition, roleArn: DEFAULT_ROLE }, { mayChange: true, isChecked: true });
      }
      for (const record of unfinished) {
        const machine = this.machines.get(record.stateMachineArn);
        if (machine === undefined) {
          throw new TasksError(
            "LOCAL_ERROR",
            `Execution ${record.executionArn} is of a state machine that does not exist any more.`
          );
        }
        this.run({ ...record, events: 0, transitions: 0 }, machine);
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** `http://127.0.0.1:<port>` */
  get url(): string {
    return this.up().url;
  }

  isRunning(executionArn: string): boolean {
    return this.running.has(executionArn);
  }

  /** What has happened since the start. */
  counts(): StepFunctionsCounts {
    const counts = { started: this.started, ...this.ended };
    for (const { record } of this.running.values()) {
      counts.transitions += record.transitions;
      counts.events += record.events;
    }
    return counts;
  }

  /** Lets go of what runs, without an end, and closes the port. Leaves no timers. */
  async stop(): Promise<void> {
    const { server } = this;
    if (server === undefined) {
      return;
    }
    this.server = undefined;
    this.stopping.abort("stopped");
    for (const execution of this.running.values()) {
      execution.shutDown();
    }
    while (this.underWay.size > 0) {
      await Promise.all(this.underWay);
    }
    // Handlers of the interpreter that were ended give back their timers.
    await new Promise(resolve => setImmediate(resolve));
    this.running.clear();
    this.file?.close();
    await closeServer(server.http);
  }

  private up(): { http: Server; url: string } {
    if (this.server === undefined) {
      throw new TasksError("LOCAL_ERROR", "The local Step Functions endpoint is not running.");
    }
    return this.server;
  }

  private async read(): Promise<ExecutionRecord[]> {
    if (this.options.dataDir === undefined) {
      return [];
    }
    this.file = new ExecutionFile(join(this.options.dataDir, "executions.jsonl"));
    const { machines, open, closed } = await this.file.open(this.clock.now(), MAX_CLOSED);
    for (const machine of machines) {
      this.machines.set(machine.stateMachineArn, {
        ...machine,
        sequence: ++this.sequence,
        // It was checked when it was created.
        compiled: await compileMachine(machine.definition, { isChecked: true })
      });
    }
    for (const record of closed) {
      this.records.set(record.executionArn, record);
      this.closed.push(record);
    }
    this.sequence = Math.max(this.sequence, ...[...open, ...closed].map(({ sequence }) => sequence));
    return open;
  }

  // --- Requests ---

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_REQUEST_BYTES) {
        response.writeHead(413, { Connection: "close" }).end();
        request.destroy();
        return;
      }
      chunks.push(chunk);
    });
    request.on("end", () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      this.answer(headers, Buffer.concat(chunks)).then(
        ({ statusCode, headers, body }) => response.writeHead(statusCode, headers).end(body),
        (error: unknown) => response.writeHead(503, { Connection: "close" }).end(String(error))
      );
    });
  }

  private async answer(headers: Record<string, string>, body: Buffer): Promise<SdkResponse> {
    this.up();
    try {
      const { operation, input } = readRequest(headers, body);
      const carryOut = this.operations[operation];
      if (carryOut === undefined) {
        throw new ServiceError("UnknownOperationException", `The local endpoint has no ${operation}.`);
      }
      return writeResponse({ output: await carryOut(input) });
    } catch (error) {
      return writeResponse({ error });
    }
  }

  private readonly operations: Record<string, (input: Request) => unknown> = {
    CreateStateMachine: async input => {
      const type = input.type ?? "STANDARD";
      if (type !== "STANDARD") {
        throw new ServiceError(
          "ValidationException",
          `The local endpoint runs STANDARD state machines, not ${String(type)}.`
        );
      }
      const wanted = {
        name: text(input, "name"),
        definition: text(input, "definition"),
        roleArn: text(input, "roleArn")
      };
      const { stateMachineArn, creationDate } = await this.putMachine(wanted, { mayChange: false });
      return { stateMachineArn, creationDate: seconds(creationDate) };
    },

    UpdateStateMachine: async input => {
      const { name, definition, roleArn } = this.machine(text(input, "stateMachineArn"));
      const wanted = { name, definition, roleArn, ...pick(input, "definition"), ...pick(input, "roleArn") };
      await this.putMachine(wanted, { mayChange: true });
      return { updateDate: seconds(this.clock.now()) };
    },

    DescribeStateMachine: input => {
      const { stateMachineArn, name, definition, roleArn, creationDate } = this.machine(text(input, "stateMachineArn"));
      return {
        stateMachineArn,
        name,
        definition,
        roleArn,
        type: "STANDARD",
        status: "ACTIVE",
        creationDate: seconds(creationDate)
      };
    },

    ListStateMachines: input => {
      const { items, ...next } = page(input, [...this.machines.values()], ({ sequence }) => sequence);
      const stateMachines = items.map(({ stateMachineArn, name, creationDate }) => ({
        stateMachineArn,
        name,
        type: "STANDARD",
        creationDate: seconds(creationDate)
      }));
      return { stateMachines, ...next };
    },

    DeleteStateMachine: input => {
      const stateMachineArn = text(input, "stateMachineArn");
      checkArn(stateMachineArn, MACHINE_ARN);
      if (this.machines.delete(stateMachineArn)) {
        for (const execution of this.running.values()) {
          if (execution.record.stateMachineArn === stateMachineArn) {
            execution.end("ABORTED", { cause: "The state machine was deleted." });
          }
        }
        this.file?.append({ entry: "machine deleted", stateMachineArn });
      }
      return {};
    },

    StartExecution: input => {
      const machine = this.machine(text(input, "stateMachineArn"));
      const name = input.name === undefined || input.name === null ? randomUUID() : text(input, "name");
      checkName(name);
      const given = input.input === undefined || input.input === null ? "{}" : text(input, "input");
      checkInput(given);
      const executionArn = `${machine.stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`;
      const existing = this.records.get(executionArn);
      if (existing !== undefined) {
        if (existing.status !== "RUNNING" || existing.input !== given) {
          throw new ServiceError("ExecutionAlreadyExists", `Execution Already Exists: '${executionArn}'`);
        }
        return { executionArn, startDate: seconds(existing.startDate) };
      }
      const record: ExecutionRecord = {
        sequence: ++this.sequence,
        executionArn,
        name,
        stateMachineArn: machine.stateMachineArn,
        status: "RUNNING",
        startDate: this.clock.now(),
        input: given,
        events: 0,
        transitions: 0
      };
      this.file?.append({ entry: "start", record });
      this.deliver(record);
      this.run(record, machine);
      return { executionArn, startDate: seconds(record.startDate) };
    },

    StopExecution: async input => {
      const record = await this.execution(text(input, "executionArn"));
      this.running.get(record.executionArn)?.end("ABORTED", { ...pick(input, "error"), ...pick(input, "cause") });
      return { stopDate: seconds(record.stopDate ?? this.clock.now()) };
    },

    DescribeExecution: async input => {
      const record = await this.execution(text(input, "executionArn"));
      const { executionArn, stateMachineArn, name, status, startDate, stopDate, output, error, cause } = record;
      return {
        executionArn,
        stateMachineArn,
        name,
        status,
        startDate: seconds(startDate),
        ...(stopDate === undefined ? {} : { stopDate: seconds(stopDate) }),
        input: record.input,
        inputDetails: { included: true },
        ...(output === undefined ? {} : { output, outputDetails: { included: true } }),
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
        redriveCount: 0,
        redriveStatus: "NOT_REDRIVABLE",
        redriveStatusReason: "The local endpoint does not redrive."
      };
    },

    ListExecutions: input => {
      const { stateMachineArn } = this.machine(text(input, "stateMachineArn"));
      const found = [...this.records.values()]
        .filter(record => record.stateMachineArn === stateMachineArn)
        .filter(({ status }) => (input.statusFilter ?? status) === status)
        .sort((a, b) => b.sequence - a.sequence);
      const { items, ...next } = page(input, found, ({ sequence }) => sequence);
      const executions = items.map(({ executionArn, name, status, startDate, stopDate }) => ({
        executionArn,
        stateMachineArn,
        name,
        status,
        startDate: seconds(startDate),
        ...(stopDate === undefined ? {} : { stopDate: seconds(stopDate) })
      }));
      return { executions, ...next };
    },

    GetExecutionHistory: async input => {
      const record = await this.execution(text(input, "executionArn"));
      const history = (
        this.running.get(record.executionArn)?.history ??
        this.histories.get(record.executionArn) ??
        endsOf(record)
      ).map((event, index) => ("id" in event ? (event as HistoryEvent & { id: number }) : { ...event, id: index + 1 }));
      const { items, ...next } = page(input, input.reverseOrder ? history.reverse() : history, ({ id }) => id);
      return { events: items.map(event => describeEvent(event, record)), ...next };
    }
  };

  private machine(stateMachineArn: string): Machine {
    checkArn(stateMachineArn, MACHINE_ARN);
    const machine = this.machines.get(stateMachineArn);
    if (machine === undefined) {
      throw new ServiceError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${stateMachineArn}'`);
    }
    return machine;
  }

  private async execution(executionArn: string): Promise<ExecutionRecord> {
    checkArn(executionArn, EXECUTION_ARN);
    const record = this.records.get(executionArn) ?? (await this.file?.find(executionArn));
    if (record === undefined) {
      throw new ServiceError("ExecutionDoesNotExist", `Execution Does Not Exist: '${executionArn}'`);
    }
    return record;
  }

  private async putMachine(
    wanted: { name: string; definition: string; roleArn: string },
    { mayChange, isChecked = false }: { mayChange: boolean; isChecked?: boolean }
  ): Promise<StateMachineRecord> {
    checkName(wanted.name);
    const stateMachineArn = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${wanted.name}`;
    const existing = this.machines.get(stateMachineArn);
    if (existing?.definition === wanted.definition && existing.roleArn === wanted.roleArn) {
      return existing;
    }
    if (existing !== undefined && !mayChange) {
      throw new ServiceError("StateMachineAlreadyExists", `State Machine Already Exists: '${stateMachineArn}'`);
    }
    let compiled: CompiledMachine;
    try {
      compiled = await compileMachine(wanted.definition, { isChecked });
    } catch (error) {
      throw new ServiceError("InvalidDefinition", `Invalid State Machine Definition: '${(error as Error).message}'`);
    }
    const record: StateMachineRecord = {
      stateMachineArn,
      name: wanted.name,
      definition: wanted.definition,
      roleArn: wanted.roleArn,
      creationDate: existing?.creationDate ?? this.clock.now()
    };
    this.machines.set(stateMachineArn, { ...record, sequence: existing?.sequence ?? ++this.sequence, compiled });
    this.file?.append({ entry: "machine", record });
    return record;
  }

  // --- Executions ---

  private run(record: ExecutionRecord, machine: Machine): void {
    const execution = new Execution(record, machine.compiled, {
      clock: this.clock,
      random: this.options.random ?? Math.random,
      lambda: this.options.lambda,
      onEnd: ended => this.finish(ended)
    });
    this.started++;
    this.records.set(record.executionArn, record);
    this.running.set(record.executionArn, execution);
    // Not before the answer of StartExecution: the first state may be quick.
    this.track(Promise.resolve().then(() => execution.run()));
  }

  private finish({ record, history }: Execution): void {
    this.file?.append({ entry: "end", record });
    this.running.delete(record.executionArn);
    this.ended.ended++;
    this.ended.transitions += record.transitions;
    this.ended.events += record.events;
    this.closed.push(record);
    this.histories.set(record.executionArn, history);
    this.closedEvents += history.length;
    for (const [executionArn, oldest] of this.histories) {
      if (this.closedEvents <= MAX_CLOSED_EVENTS) {
        break;
      }
      this.histories.delete(executionArn);
      this.closedEvents -= oldest.length;
    }
    if (this.closed.length > MAX_CLOSED) {
      this.records.delete((this.closed.shift() as ExecutionRecord).executionArn);
    }
    this.deliver(record);
  }

  private deliver(record: ExecutionRecord): void {
    const { onStatusChange, logger = console } = this.options;
    if (onStatusChange === undefined) {
      return;
    }
    const event = statusChangeEvent(record, this.clock.now());
    this.track(
      Promise.resolve()
        .then(() => onStatusChange(event, this.stopping.signal))
        .then(
          () => {},
          (error: unknown) =>
            logger.error("The handler of a status change failed", {
              executionArn: record.executionArn,
              error: String(error)
            })
        )
    );
  }

  private track(work: Promise<void>): void {
    this.underWay.add(work);
    void work.finally(() => this.underWay.delete(work));
  }
}

function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function pick(input: Request, field: string): Record<string, string> {
  return input[field] === undefined || input[field] === null ? {} : { [field]: text(input, field) };
}

function checkArn(arn: string, form: RegExp): void {
  if (!form.test(arn)) {
    throw new ServiceError("InvalidArn", `Invalid Arn: '${arn}'`);
  }
}

function checkName(name: string): void {
  if (name === "" || name.length > MAX_NAME_CHARACTERS || BAD_NAME.test(name)) {
    throw new ServiceError("InvalidName", `Invalid Name: '${name}'`);
  }
}

function checkInput(input: string): void {
  if (Buffer.byteLength(input) > MAX_STATE_BYTES) {
    throw new ServiceError(
      "InvalidExecutionInput",
      `Invalid Execution Input: it has more than ${MAX_STATE_BYTES} bytes`
    );
  }
  try {
    JSON.parse(input);
  } catch (error) {
    throw new ServiceError("InvalidExecutionInput", `Invalid Execution Input: '${(error as Error).message}'`);
  }
}

/** What is left of a history that is no longer kept: its first and its last event, with their own ids. */
function endsOf({
  startDate,
  stopDate = startDate,
  status,
  events,
  error,
  cause
}: ExecutionRecord): (HistoryEvent & { id: number })[] {
  const last = {
    RUNNING: "Started",
    SUCCEEDED: "Succeeded",
    FAILED: "Failed",
    TIMED_OUT: "TimedOut",
    ABORTED: "Aborted"
  }[status];
  const end = { id: events, type: `Execution${last}`, timestamp: stopDate };
  return [
    { id: 1, type: "ExecutionStarted", timestamp: startDate },
    { ...end, ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) }
  ];
}

function describeEvent(
  { id, type, timestamp, state, error, cause }: HistoryEvent & { id: number },
  record: ExecutionRecord
): Request {
  const event = { id, previousEventId: id === 2 ? 0 : id - 1, type, timestamp: seconds(timestamp) };
  const failure = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
  switch (true) {
    case type === "ExecutionStarted":
      return { ...event, executionStartedEventDetails: { input: record.input } };
    case type === "ExecutionSucceeded":
      return { ...event, executionSucceededEventDetails: { output: record.output } };
    case type.endsWith("StateEntered"):
      return { ...event, stateEnteredEventDetails: { name: state } };
    case type.endsWith("StateExited"):
      return { ...event, stateExitedEventDetails: { name: state } };
    case Object.keys(failure).length > 0: {
      const field = `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
      return {
        ...event,
        [field]: type.startsWith("Task") ? { resourceType: "lambda", resource: "invoke", ...failure } : failure
      };
    }
    default:
      return event;
  }
}
