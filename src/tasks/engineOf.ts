import type { TaskContext } from "../definition/TaskDefinition.js";
import { TasksError } from "../errors.js";
import type { TaskEngine } from "./TaskEngine.js";

// By symbol, so that the runner of one copy of this package finds what another copy installed.
const ENGINE = Symbol.for("@webiny/tasks:engine");

/** What the runner, the event sources and the API work with. @throws TasksError PLUGIN_ERROR */
export function engineOf(context: TaskContext): TaskEngine {
  const engine = (context as { [ENGINE]?: TaskEngine })[ENGINE];
  if (engine === undefined) {
    throw new TasksError(
      "PLUGIN_ERROR",
      "The context has no background tasks: add createBackgroundTasks() to the plugins."
    );
  }
  return engine;
}

export function putEngine(context: TaskContext, engine: TaskEngine): void {
  Object.defineProperty(context, ENGINE, { value: engine, configurable: true });
}
