import { randomUUID } from "node:crypto";
import { createBackgroundTasks } from "../../src/host/backgroundTasks.js";
import { createHost } from "../../src/host/createHandler.js";
import type { MachineState } from "../../src/machine/answer.js";
import { startState } from "../../src/machine/answer.js";
import { executionName } from "../../src/machine/executionName.js";
import type { TasksContextObject } from "../../src/definition/TaskDefinition.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { MeteredStorage } from "../../src/storage/MeteredStorage.js";
import { recordKey, type Scope, type TaskRecord } from "../../src/storage/record.js";
import type { Storage } from "../../src/storage/Storage.js";
import type { ExecutionInfo, TaskService } from "../../src/transport/TaskService.js";
import type { HttpOptions } from "../../src/host/http/httpOptions.js";
import type { BackgroundTasksOptions } from "../../src/host/options.js";
import type { Task } from "../../src/types.js";
import { machineEvent } from "../../src/testing/machineEvent.js";
import { VirtualClock } from "../../src/testing/VirtualClock.js";

const ROOT: Scope = { tenant: "root", locale: "en-US" };

/** One open or closed execution of the small machine below. */
export interface TestExecution {
  name: string;
  state: MachineState;
  status: ExecutionInfo["status"];
}

/**
 * A handler on storage in memory and virtual time, with a machine that a test drives step by step: what the state
 * machine of `src/machine` does, without an interpreter (that one is tested in `__tests__/local`).
 */
export async function createTestTasks(
  plugins: unknown[],
  options: BackgroundTasksOptions & { underlying?: Storage; lambdaSeconds?: number; http?: HttpOptions } = {}
) {
  const { underlying = new MemoryStorage(), lambdaSeconds = 900, http, ...rest } = options;
  const clock = (options.clock as VirtualClock | undefined) ?? new VirtualClock();
  const storage = Object.assign(new MeteredStorage(underlying), {
    pause: (milliseconds: number) => clock.sleep(milliseconds)
  });
  const executions = new Map<string, TestExecution>();
  const log: string[] = [];
  let current: Scope = ROOT;

  const service: TaskService = {
    async send(task, delay) {
      const name = executionName(task.definitionId, task.id, task.execution);
      log.push(`start ${task.definitionId}`);
      const state = startState({
        id: task.id,
        definitionId: task.definitionId,
        ...current,
        execution: task.execution,
        iteration: task.iterations + 1,
        delaySeconds: delay
      });
      if (!executions.has(name)) {
        executions.set(name, { name, state, status: "RUNNING" });
      }
      return { executionArn: `arn:${name}` };
    },
    async fetch(task) {
      const execution = executions.get(executionName(task.definitionId, task.id, task.execution));
      return execution === undefined
        ? null
        : { executionArn: `arn:${execution.name}`, name: execution.name, status: execution.status };
    },
    async stop(task, { execution = task.execution } = {}) {
      const found = executions.get(executionName(task.definitionId, task.id, execution));
      log.push(`stop ${task.definitionId}`);
      if (found?.status === "RUNNING") {
        found.status = "ABORTED";
      }
    }
  };

  const host = createHost({
    plugins: [createBackgroundTasks({ storage, service, clock, logLevel: "silent", ...rest }), plugins],
    http
  });

  /** Invokes the Lambda as AWS does: JSON in, JSON out. */
  async function invoke(
    event: unknown,
    lambda: { requestId?: string; remainingMs?: () => number } = {}
  ): Promise<MachineState> {
    const deadline = clock.now() + lambdaSeconds * 1000;
    const answer = await host.handle(JSON.parse(JSON.stringify(event)), {
      awsRequestId: lambda.requestId ?? randomUUID(),
      getRemainingTimeInMillis: lambda.remainingMs ?? (() => deadline - clock.now())
    });
    return JSON.parse(JSON.stringify(answer)) as MachineState;
  }

  function executionOf(task: Pick<Task, "id" | "definitionId">, number = 1): TestExecution {
    const execution = executions.get(executionName(task.definitionId, task.id, number));
    if (execution === undefined) {
      throw new Error(`No execution ${number} of ${task.id} was started.`);
    }
    return execution;
  }

  /** One turn of the machine: waits, then invokes once. */
  async function step(execution: TestExecution, more: Record<string, unknown> = {}): Promise<MachineState> {
    const { state } = execution;
    if (state.wait > 0) {
      await clock.advance(state.wait * 1000);
    }
    if (execution.status !== "RUNNING") {
      return execution.state;
    }
    execution.state = await invoke(machineEvent(state, more));
    if (execution.state.status !== "continue") {
      execution.status = execution.state.status === "error" ? "FAILED" : "SUCCEEDED";
    }
    return execution.state;
  }

  /** Drives a task's execution to its end, and those it is handed over to. */
  async function runToEnd(task: Pick<Task, "id" | "definitionId">, limit = 2_000): Promise<MachineState> {
    let execution = executionOf(task);
    for (let turn = 0; execution.status === "RUNNING"; turn++) {
      if (turn === limit) {
        throw new Error(`The task ${task.id} did not end in ${limit} turns.`);
      }
      await step(execution);
      if (execution.state.status === "handover") {
        execution = executionOf(task, execution.state.execution + 1);
      }
    }
    return execution.state;
  }

  async function tasksOf(scope: Scope = ROOT): Promise<TasksContextObject> {
    current = scope;
    return (await host.createContext(scope)).tasks;
  }

  async function record(id: string, scope: Scope = ROOT): Promise<TaskRecord | null> {
    return (await underlying.get(recordKey(scope, id), { consistent: true })) as TaskRecord | null;
  }

  return {
    host,
    storage,
    underlying,
    clock,
    service,
    executions,
    log,
    tasks: await tasksOf(),
    tasksOf,
    eventFor: machineEvent,
    invoke,
    step,
    runToEnd,
    executionOf,
    record
  };
}

export type TestTasks = Awaited<ReturnType<typeof createTestTasks>>;
