import type { Session } from "../Session.js";

export async function abort(session: Session, id: string, { message }: { message?: string }): Promise<void> {
  const task = await session.client.abort(id, { message });
  session.answer(task, `${session.status(task.taskStatus)} ${task.definitionId} ${task.id}`);
}
