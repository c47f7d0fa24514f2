import { DEFAULT_LOCALE, DEFAULT_TENANT } from "../constants.js";
import { notFound, TasksError } from "../errors.js";
import { isActive, recordKey, taskIdOf, type TaskRecord } from "../storage/record.js";
import { checkFormat } from "../storage/recordFormat.js";
import type { Storage } from "../storage/Storage.js";
import { load, toTask } from "../tasks/toTask.js";
import type { JsonObject, Task } from "../types.js";

export interface WaitForOptions {
  /** Give up after this many milliseconds; default never. */
  timeoutMs?: number;
  /** Called with the task each time it is looked at and has changed. */
  onUpdate?: (task: Task) => void;
}

/**
 * Between two looks at a task, in milliseconds, while few are waited for; the end of its execution makes it look at once.
 * With many, each is looked at less often: looking must not take the time the tasks need.
 */
const LOOK_MS = 100;
const FEW = 10;

const SCOPE = { tenant: DEFAULT_TENANT, locale: DEFAULT_LOCALE };

/** Waits for tasks to end. */
export class TaskWaiter {
  private readonly waiting = new Map<() => void, string>();
  private stopped = false;

  constructor(private readonly storage: Storage) {}

  async waitFor<I = JsonObject, O = JsonObject>(
    taskId: string,
    { timeoutMs = Infinity, onUpdate }: WaitForOptions = {}
  ): Promise<Task<I, O>> {
    const until = Date.now() + timeoutMs;
    let lastSaved: number | undefined;
    for (;;) {
      const record = await this.read(taskId);
      if (record === null) {
        throw new TasksError("LOCAL_ERROR", `The local runtime was stopped before the task "${taskId}" ended.`, {
          id: taskId
        });
      }
      if (record.savedOn !== lastSaved && onUpdate !== undefined) {
        onUpdate(await this.taskOf(record));
      }
      lastSaved = record.savedOn;
      // Its hooks belong to its end.
      if (!isActive(record) && record.owed === undefined) {
        return (await this.taskOf(record)) as Task<I, O>;
      }
      if (Date.now() >= until) {
        throw new TasksError(
          "LOCAL_ERROR",
          `The task "${taskId}" is still ${record.taskStatus} after ${timeoutMs} ms.`,
          { id: taskId }
        );
      }
      const pause = LOOK_MS * Math.max(1, this.waiting.size / FEW);
      await this.nextLook(taskId, Math.min(pause, until - Date.now()));
    }
  }

  /** An execution has started or ended: look at its task now. */
  look(executionName: string): void {
    for (const [wake, taskId] of [...this.waiting]) {
      if (executionName.includes(taskId)) {
        wake();
      }
    }
  }

  stop(): void {
    this.stopped = true;
    for (const wake of [...this.waiting.keys()]) {
      wake();
    }
  }

  private async taskOf(record: TaskRecord): Promise<Task> {
    const loaded = await load(this.storage, record);
    if (loaded === null) {
      throw notFound("Task", taskIdOf(record));
    }
    return toTask(loaded.record, loaded.payloads);
  }

  /** @returns null when the runtime was stopped */
  private async read(taskId: string): Promise<TaskRecord | null> {
    try {
      const item = this.stopped ? null : await this.storage.get(recordKey(SCOPE, taskId), { consistent: true });
      if (item === null && !this.stopped) {
        throw notFound("Task", taskId);
      }
      return item === null ? null : checkFormat(item);
    } catch (error) {
      if (this.stopped) {
        return null;
      }
      throw error;
    }
  }

  private nextLook(taskId: string, milliseconds: number): Promise<void> {
    return new Promise(resolve => {
      const wake = () => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      this.waiting.set(wake, taskId);
    });
  }
}
