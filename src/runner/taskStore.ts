import type { StoreOptions, TaskStore, TaskUpdate } from "../definition/TaskDefinition.js";
import { TasksError, hasCode, toTaskError } from "../errors.js";
import { isJsonObject, mergeJson } from "../storage/json.js";
import { checkUpdate } from "../tasks/checkUpdate.js";
import { listTasks } from "../tasks/listTasks.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import type { JsonObject, ListResult, Task, TaskError, TaskLogItem } from "../types.js";
import { MAX_LIST_LIMIT } from "../constants.js";
import { errorText } from "./errorText.js";
import type { IterationLog } from "./IterationLog.js";
import type { IterationState } from "./IterationState.js";

/** The `store` that `run` gets: stages changes on the state, and saves them. */
export function createTaskStore(
  engine: TaskEngine,
  state: IterationState,
  log: IterationLog,
  onRefused: (error: unknown) => void
): TaskStore {
  const save = async ({ save = true }: StoreOptions = {}) => {
    if (!save) {
      return;
    }
    try {
      await state.save();
    } catch (error) {
      if (hasCode(error, "TASK_ABORTED") || hasCode(error, "TASK_SUPERSEDED") || hasCode(error, "TASK_FINISHED")) {
        onRefused(error);
      }
      throw error;
    }
  };
  const addLine = (line: Omit<TaskLogItem, "createdOn">, options: StoreOptions = {}) => {
    const createdOn = new Date(engine.clock.now()).toISOString();
    log.add({ ...line, createdOn }, { schedule: options.save !== false });
    return Promise.resolve();
  };
  return {
    getTask: () => state.task(),
    getStatus: () => state.record.taskStatus,
    getInput: () => state.input(),
    getOutput: () => state.output(),
    async updateTask(values, options) {
      const update = typeof values === "function" ? values(state.task()) : values;
      state.stageAll(() => stageUpdate(state, update));
      await save(options);
    },
    async updateInput(values, options) {
      const valuesFor = typeof values === "function" ? (values as (input: JsonObject) => JsonObject) : () => values;
      state.stageInput(current => mergeJson(current, valuesFor(current)));
      await save(options);
    },
    async updateOutput(values, options) {
      state.stageOutput(current => mergeJson(current, values));
      await save(options);
    },
    async addInfoLog({ message, data }, options) {
      await addLine({ message: String(message), type: "info", ...(data === undefined ? {} : { data }) }, options);
    },
    async addErrorLog({ message, error, data }, options) {
      const line = {
        message: String(message),
        type: "error" as const,
        error: JSON.parse(errorText(toTaskError(error))) as TaskError
      };
      await addLine({ ...line, ...(data === undefined ? {} : { data }) }, options);
    },
    async listChildTasks<CI, CO>(definitionId?: string): Promise<ListResult<Task<CI, CO>>> {
      const where = { parentId: state.task().id, ...(definitionId === undefined ? {} : { definitionId }) };
      return listTasks<CI, CO>(engine, { where, sort: ["createdOn_ASC"], limit: MAX_LIST_LIMIT });
    },
    async save() {
      await save();
      await log.flush();
    }
  };
}

const CHANGEABLE = ["name", "input", "output"];

function stageUpdate(state: IterationState, values: TaskUpdate): void {
  checkUpdate(values, CHANGEABLE);
  const { name, input, output } = values;
  if (name !== undefined) {
    state.stageName(name);
  }
  if (input !== undefined) {
    state.stageInput(() => input);
  }
  if (output !== undefined) {
    if (!isJsonObject(output)) {
      throw new TasksError("INVALID_INPUT", "The output must be a JSON object.", { what: "output" });
    }
    state.stageOutput(() => output);
  }
}
