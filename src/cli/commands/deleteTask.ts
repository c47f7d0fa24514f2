import type { Session } from "../Session.js";

export async function deleteTask(session: Session, id: string): Promise<void> {
  await session.client.deleteTask(id);
  session.answer({ id, deleted: true }, `deleted ${id}`);
}
