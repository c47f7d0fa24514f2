import type { TaskDefinition, TasksContextObject } from "../definition/TaskDefinition.js";
import { TasksError, type ErrorCode } from "../errors.js";
import type { TasksCall, TasksCallAnswer } from "./callTasks.js";
import type { LocalLambda } from "./LocalLambda.js";

/** What runs the user's code (hooks, checks) and so has to run where that code is. */
const REMOTE = ["trigger", "abort", "createTask", "updateTask", "deleteTask"] as const;

/**
 * `context.tasks` for code that runs in processes of its own: reads are answered here, everything that may run the user's
 * code is called there. Starting the process also shows at once whether the file can be loaded.
 * @throws TasksError LOCAL_ERROR
 */
export async function remoteTasks(lambda: LocalLambda, own: TasksContextObject): Promise<TasksContextObject> {
  const ask = (method: string, args: unknown[]) => call(lambda, { method, args });
  const definitions = ((await ask("listDefinitions", [])) as TaskDefinition[]).map(definition => ({
    ...definition,
    run: elsewhere
  }));
  const remote = Object.fromEntries(REMOTE.map(method => [method, (...args: unknown[]) => ask(method, args)]));
  return {
    ...own,
    ...(remote as Pick<TasksContextObject, (typeof REMOTE)[number]>),
    listDefinitions: () => definitions,
    getDefinition: id => definitions.find(definition => definition.id === id) ?? null
  };
}

/** Has a call made in a process of the handler. @throws TasksError what the call threw, or LOCAL_ERROR */
export async function call(
  lambda: LocalLambda,
  webinyTasksLocalCall: TasksCall["webinyTasksLocalCall"]
): Promise<unknown> {
  const { value, error } = await invoke(lambda, { webinyTasksLocalCall });
  if (error !== undefined) {
    throw new TasksError((error.code ?? "LOCAL_ERROR") as ErrorCode, error.message, error.data);
  }
  return value;
}

async function invoke(lambda: LocalLambda, event: TasksCall): Promise<TasksCallAnswer> {
  try {
    return (await lambda.invoke(event)).payload as TasksCallAnswer;
  } catch (error) {
    throw new TasksError(
      "LOCAL_ERROR",
      `The handler could not be called: ${(error as Error).name}: ${(error as Error).message}`,
      {},
      { cause: error }
    );
  }
}

function elsewhere(): never {
  throw new TasksError(
    "LOCAL_ERROR",
    "This definition's code is in a process of its own: trigger it instead of calling run."
  );
}
