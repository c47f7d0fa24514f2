import { describeTask } from "../describeTask.js";
import { foundTask } from "../foundTask.js";
import type { Session } from "../Session.js";

export async function show(session: Session, id: string): Promise<void> {
  const task = await foundTask(session, id);
  session.answer(task, describeTask(session, task));
}
