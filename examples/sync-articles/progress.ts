import { SingleBar } from "cli-progress";
import type { Task } from "@webiny/tasks";
import type { SyncInput, SyncOutput } from "./syncArticles.js";

type SyncTask = Task<SyncInput, SyncOutput>;

/** Shows how far the task is: a bar in a terminal, a line now and then elsewhere. */
export interface Progress {
  update(task: SyncTask): void;
  stop(): void;
}

export function createProgress(total: number, output: NodeJS.WriteStream): Progress {
  return output.isTTY ? createBar(total, output) : createLines(total, output);
}

function createBar(total: number, stream: NodeJS.WriteStream): Progress {
  const bar = new SingleBar({
    stream,
    format: "  {bar} {value} of {total} articles · {state}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 20,
    hideCursor: true,
    // Ctrl-C is handled in main.ts.
    gracefulExit: false
  });
  bar.start(total, 0, { state: "starting" });
  return {
    update: task => bar.update(syncedOf(task), { state: stateOf(task) }),
    stop: () => bar.stop()
  };
}

const LINE_EVERY_MS = 1_000;

function createLines(total: number, output: NodeJS.WritableStream): Progress {
  let last = "";
  let lastSynced = -1;
  let lastAt = 0;
  return {
    update(task) {
      const line = `  ${syncedOf(task)} of ${total} articles, ${stateOf(task)}`;
      const due = syncedOf(task) !== lastSynced && Date.now() - lastAt >= LINE_EVERY_MS;
      if (line !== last && (due || isWaiting(task) || isFinal(task))) {
        output.write(`${line}\n`);
        [last, lastSynced, lastAt] = [line, syncedOf(task), Date.now()];
      }
    },
    stop: () => undefined
  };
}

const syncedOf = (task: SyncTask) => task.output?.synced ?? 0;

const isFinal = ({ taskStatus }: SyncTask) => taskStatus !== "pending" && taskStatus !== "running";

/** Between two iterations. */
export const isWaiting = ({ taskStatus, nextAt }: SyncTask) =>
  taskStatus === "running" && nextAt !== undefined && Date.parse(nextAt) > Date.now();

function stateOf(task: SyncTask): string {
  if (isWaiting(task)) {
    const seconds = Math.round((Date.parse(task.nextAt ?? "") - Date.parse(task.savedOn)) / 1000);
    return `second system busy, waiting ${seconds} s`;
  }
  return task.taskStatus === "running" ? `iteration ${task.iterations}` : task.taskStatus;
}
