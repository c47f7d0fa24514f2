import { DEFAULT_ABORT_GRACE_SECONDS, DEFAULT_LOST_INVOCATION_ATTEMPTS, DEFAULT_MAX_ITERATIONS } from "../constants.js";
import { checkDefinition } from "./checkDefinition.js";
import type {
  TaskContext,
  TaskDefinition,
  TaskDefinitionField,
  TaskDefinitionParams,
  Triggerable
} from "./TaskDefinition.js";
import type { JsonObject } from "../types.js";

export const TASK_DEFINITION_TYPE = "webiny.backgroundTask";

/** A task definition as a plugin. Found by its `type`. Made by `createTaskDefinition` and `createPrivateTaskDefinition`. */
export class TaskDefinitionPlugin<C = TaskContext, I = JsonObject, O = JsonObject, TI = I>
  implements TaskDefinition<C, I, O>, Triggerable<TI>
{
  static readonly type = TASK_DEFINITION_TYPE;
  readonly type = TASK_DEFINITION_TYPE;
  readonly isPrivate: boolean;
  readonly fields: TaskDefinitionField[];
  declare readonly givenInput?: TI;
  private readonly params: TaskDefinitionParams<C, I, O, TI>;

  /** @throws TasksError INVALID_DEFINITION */
  constructor(params: TaskDefinitionParams<C, I, O, TI>, options: { isPrivate: boolean }) {
    checkDefinition(params);
    this.params = params;
    this.isPrivate = options.isPrivate;
    let fields = [...(params.fields ?? [])];
    params.config?.({
      addField: field => {
        fields.push(field);
      },
      setFields: change => {
        fields = change(fields);
      }
    });
    this.fields = fields;
  }

  get id() {
    return this.params.id;
  }
  get title() {
    return this.params.title;
  }
  get description() {
    return this.params.description;
  }
  get maxIterations() {
    return this.params.maxIterations ?? DEFAULT_MAX_ITERATIONS;
  }
  get lostInvocationAttempts() {
    return this.params.lostInvocationAttempts ?? DEFAULT_LOST_INVOCATION_ATTEMPTS;
  }
  get abortGraceSeconds() {
    return this.params.abortGraceSeconds ?? DEFAULT_ABORT_GRACE_SECONDS;
  }
  get inputSchema() {
    return this.params.inputSchema;
  }
  get burst() {
    return this.params.burst ?? false;
  }
  get budget() {
    return this.params.budget;
  }
  get noProgressIterations() {
    return this.params.noProgressIterations;
  }
  get retry() {
    return this.params.retry;
  }
  get disableDatabaseLogs() {
    return this.params.disableDatabaseLogs ?? false;
  }
  // Bound: the params may be an instance of a class, whose methods use `this`.
  get run() {
    return this.params.run.bind(this.params);
  }
  get onBeforeTrigger() {
    return this.params.onBeforeTrigger?.bind(this.params);
  }
  get onDone() {
    return this.params.onDone?.bind(this.params);
  }
  get onError() {
    return this.params.onError?.bind(this.params);
  }
  get onAbort() {
    return this.params.onAbort?.bind(this.params);
  }
  get onMaxIterations() {
    return this.params.onMaxIterations?.bind(this.params);
  }

  getTask(): TaskDefinition<C, I, O> {
    return this;
  }
}
