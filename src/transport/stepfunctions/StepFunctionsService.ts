import {
  DescribeExecutionCommand,
  StartExecutionCommand,
  StopExecutionCommand,
  type DescribeExecutionCommandOutput,
  type SFNClient
} from "@aws-sdk/client-sfn";
import { TasksError } from "../../errors.js";
import { startState, webinyStartState } from "../../machine/answer.js";
import { executionName } from "../../machine/executionName.js";
import type { JsonObject, Task } from "../../types.js";
import type { ExecutionInfo, TaskService } from "../TaskService.js";

/** What the Step Functions service is made of. */
export interface StepFunctionsServiceOptions {
  client: SFNClient;
  /** Or what finds it: asked at every request, so it should remember what it found. */
  stateMachineArn: string | (() => Promise<string>);
  tenant(): string;
  locale(): string;
  /** Whose machine it is: ours, or the one Webiny deploys (start input wrapped as `{ detail }`). Default ours. */
  dialect?: "own" | "webiny";
}

/**
 * Executions on AWS Step Functions. A method is one request; a start whose name is taken looks whether that execution is
 * open. Starts are idempotent: the name follows from the task and the number of the execution, the input from the record.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
export class StepFunctionsService implements TaskService {
  constructor(private readonly options: StepFunctionsServiceOptions) {}

  async send(task: Task, delay: number): Promise<JsonObject> {
    const name = nameOf(task, task.execution);
    try {
      const { executionArn, startDate } = await this.options.client.send(
        new StartExecutionCommand({
          stateMachineArn: await this.stateMachineArn(),
          name,
          input: this.input(task, delay)
        })
      );
      return { executionArn, startDate: startDate?.toISOString() };
    } catch (error) {
      if (nameOfError(error) === "ExecutionAlreadyExists") {
        return this.openExecution(task, error);
      }
      throw startError(task, name, error);
    }
  }

  async fetch(task: Task): Promise<ExecutionInfo | null> {
    return this.describe(await this.executionArn(task, task.execution));
  }

  async stop(
    task: Task,
    { execution = task.execution, reason }: { execution?: number; reason?: string } = {}
  ): Promise<void> {
    const executionArn = await this.executionArn(task, execution);
    try {
      // At most 32,768 characters of cause and 256 of error.
      await this.options.client.send(
        new StopExecutionCommand({
          executionArn,
          error: "TaskAborted",
          cause: (reason ?? "Task aborted.").slice(0, 1_000)
        })
      );
    } catch (error) {
      if (nameOfError(error) !== "ExecutionDoesNotExist") {
        throw serviceError("stopped", executionArn, error);
      }
    }
  }

  /** The name is taken, with another input or by a closed execution: success only if it is open. */
  private async openExecution(task: Task, error: unknown): Promise<JsonObject> {
    const info = await this.fetch(task);
    if (info?.status === "RUNNING") {
      return { executionArn: info.executionArn, startDate: info.startDate };
    }
    throw startError(task, nameOf(task, task.execution), error);
  }

  private async describe(executionArn: string): Promise<ExecutionInfo | null> {
    try {
      return toInfo(await this.options.client.send(new DescribeExecutionCommand({ executionArn })));
    } catch (error) {
      if (nameOfError(error) === "ExecutionDoesNotExist") {
        return null;
      }
      throw serviceError("described", executionArn, error);
    }
  }

  private input(task: Task, delay: number): string {
    const state = startState({
      id: task.id,
      definitionId: task.definitionId,
      tenant: this.options.tenant(),
      locale: this.options.locale(),
      execution: task.execution,
      iteration: task.iterations + 1,
      delaySeconds: delay
    });
    return JSON.stringify(this.options.dialect === "webiny" ? webinyStartState(state) : state);
  }

  /** `arn:<partition>:states:<region>:<account>:execution:<machine>:<name>`, from the machine's ARN. */
  private async executionArn(task: Task, execution: number): Promise<string> {
    const name =
      task.executionName !== "" && execution === task.execution ? task.executionName : nameOf(task, execution);
    return `${(await this.stateMachineArn()).replace(":stateMachine:", ":execution:")}:${name}`;
  }

  private async stateMachineArn(): Promise<string> {
    const { stateMachineArn } = this.options;
    if (typeof stateMachineArn === "string") {
      return stateMachineArn;
    }
    try {
      return await stateMachineArn();
    } catch (error) {
      throw new TasksError(
        "SERVICE_ERROR",
        `The state machine could not be found: ${messageOf(error)}`,
        { name: nameOfError(error) },
        { cause: error }
      );
    }
  }
}

function nameOf(task: Task, execution: number): string {
  return executionName(task.definitionId, task.id, execution);
}

function toInfo(output: DescribeExecutionCommandOutput): ExecutionInfo {
  const { executionArn, name, status, startDate, stopDate, error, cause, input, output: result } = output;
  return {
    executionArn: executionArn as string,
    name: name as string,
    status: status as ExecutionInfo["status"],
    ...(startDate === undefined ? {} : { startDate: startDate.toISOString() }),
    ...(stopDate === undefined ? {} : { stopDate: stopDate.toISOString() }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
    ...(input === undefined ? {} : { input }),
    ...(result === undefined ? {} : { output: result })
  };
}

function startError(task: Task, name: string, error: unknown): TasksError {
  const message = `The execution "${name}" of the task "${task.definitionId}" could not be started: ${messageOf(error)}`;
  return new TasksError(
    "TRIGGER_STEP_FUNCTION_ERROR",
    message,
    { id: task.id, definitionId: task.definitionId, name: nameOfError(error) },
    { cause: error }
  );
}

function serviceError(done: string, executionArn: string, error: unknown): TasksError {
  return new TasksError(
    "SERVICE_ERROR",
    `The execution ${executionArn} could not be ${done}: ${messageOf(error)}`,
    { executionArn, name: nameOfError(error) },
    { cause: error }
  );
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
const nameOfError = (error: unknown) => (error instanceof Error ? error.name : undefined);
