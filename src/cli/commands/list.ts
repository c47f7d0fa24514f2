import type { Task } from "../../client/index.js";
import { took } from "../formatTask.js";
import type { Session } from "../Session.js";
import { table } from "../table.js";
import { unknownDefinition } from "../unknownDefinition.js";

export interface ListOptions {
  status?: Task["taskStatus"][];
  definition?: string[];
  parent?: string;
  search?: string;
  /** ISO 8601. */
  since?: string;
  limit: number;
}

/** Tasks of one request; a list of fewer asks for no more. */
const PAGE = 100;

export async function list(session: Session, options: ListOptions): Promise<void> {
  const { status, definition, parent, search, since, limit } = options;
  const where = { taskStatus_in: status, definitionId_in: definition, parentId: parent, createdOn_gte: since };
  const tasks: Task[] = [];
  for await (const task of session.client.listTasks({ where, search, limit: Math.min(limit, PAGE) })) {
    if (session.isJson) {
      session.answer(task, "");
    }
    tasks.push(task);
    if (tasks.length === limit) {
      break;
    }
  }
  if (tasks.length === 0) {
    for (const id of definition ?? []) {
      const unknown = await unknownDefinition(session, id);
      if (unknown !== undefined) {
        throw unknown;
      }
    }
    session.note("There are no such tasks.");
  } else if (!session.isJson) {
    const rows = tasks.map(task => [
      task.id,
      session.status(task.taskStatus),
      task.definitionId,
      task.name,
      String(task.iterations),
      task.createdOn,
      took(task)
    ]);
    const head = ["ID", "STATUS", "DEFINITION", "NAME", "ITERATIONS", "CREATED", "TOOK"];
    session.answer(undefined, table(head, rows, session.colors));
  }
}
