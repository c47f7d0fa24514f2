import type { TaskContext } from "../definition/TaskDefinition.js";
import { TasksError } from "../errors.js";
import type { Visibility } from "../tasks/readTask.js";

/** What somebody may do with tasks, as Webiny keeps it; `"*"` stands for every permission. */
export interface TasksPermission {
  name: string;
  /** `r` for queries, `w` for trigger and abort, `d` for delete; without it all three. */
  rwd?: string;
  /** True: the tasks of private definitions are seen, too. Default false, also for `"*"`. */
  private?: boolean;
}

type Operation = "r" | "w" | "d";
const WORDS: Record<Operation, string> = {
  r: "read background tasks",
  w: "trigger or abort background tasks",
  d: "delete background tasks"
};

interface SecuredContext extends TaskContext {
  security?: { getPermissions?(name: string): Promise<unknown[]> };
}

/**
 * Checks that the caller may do something.
 * @returns what the caller may see
 * @throws TasksError NOT_AUTHORIZED
 */
export async function checkPermission(context: TaskContext, operation: Operation): Promise<Visibility> {
  const fitting = await permissionsFor(context, operation);
  if (fitting.length === 0) {
    throw new TasksError("NOT_AUTHORIZED", `Not authorized to ${WORDS[operation]}.`, {
      permission: "tasks",
      rwd: operation
    });
  }
  return fitting.some(permission => permission.private === true) ? "all" : "public";
}

/** What the caller may do, for screens that show only that. */
export async function accessOf(context: TaskContext) {
  const [read, write, remove] = await Promise.all(
    (["r", "w", "d"] as const).map(operation => permissionsFor(context, operation))
  );
  return {
    read: read?.length !== 0,
    write: write?.length !== 0,
    delete: remove?.length !== 0,
    private: read?.some(permission => permission.private === true) === true
  };
}

async function permissionsFor(context: TaskContext, operation: Operation): Promise<TasksPermission[]> {
  const granted = ((await (context as SecuredContext).security?.getPermissions?.("tasks")) ?? []).filter(isTasks);
  return granted.filter(({ rwd }) => typeof rwd !== "string" || rwd.includes(operation));
}

function isTasks(permission: unknown): permission is TasksPermission {
  const { name } = (permission ?? {}) as { name?: unknown };
  return name === "tasks" || name === "*";
}
