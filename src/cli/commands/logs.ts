import { sleep } from "../../client/sleep.js";
import { logLines } from "../formatTask.js";
import { foundTask } from "../foundTask.js";
import type { Session } from "../Session.js";
import { untilInterrupted } from "../untilInterrupted.js";

/** Between two looks of --follow, in milliseconds: log lines are written about a second after they are made. */
const LOOK_MS = 1_000;

/** Prints the log of a task from its beginning; with `follow` goes on until the task has ended. */
export async function logs(session: Session, id: string, { follow = false }: { follow?: boolean }): Promise<void> {
  const printed = new Map<string, number>();
  await untilInterrupted(session.terminal, async signal => {
    for (let latest = 0; ;) {
      // Before the lines: what comes after the end of the task is not missed.
      const { taskStatus } = await foundTask(session, id);
      const where = { task: id, iteration_gte: latest };
      for await (const log of session.client.listLogs({ where, sort: "createdOn_ASC" })) {
        const from = printed.get(log.id) ?? 0;
        const lines = logLines(log, from, session.colors);
        log.items.slice(from).forEach((item, index) => {
          session.answer({ task: id, iteration: log.iteration, ...item }, lines[index] as string);
        });
        printed.set(log.id, log.items.length);
        latest = Math.max(latest, log.iteration);
      }
      if (!follow || (taskStatus !== "pending" && taskStatus !== "running")) {
        return;
      }
      await sleep(LOOK_MS, signal);
    }
  });
}
