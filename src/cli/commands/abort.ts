import type { Session } from "../Session.js";

export interface AbortOptions {
  message?: string;
  leaveChildren?: boolean;
}

export async function abort(session: Session, id: string, { message, leaveChildren }: AbortOptions): Promise<void> {
  const task = await session.client.abort(id, { message, children: leaveChildren ? "leave" : undefined });
  session.answer(task, `${session.status(task.taskStatus)} ${task.definitionId} ${task.id}`);
}
