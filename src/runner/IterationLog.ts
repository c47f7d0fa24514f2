import { LOG_FLUSH_BYTES, LOG_FLUSH_MS } from "../constants.js";
import { writeAll } from "../storage/batches.js";
import { batchAt } from "../storage/logItems.js";
import { logFieldsOf, type TaskRecord } from "../storage/record.js";
import { checkLogLine, logBatchItems } from "../tasks/logs/logBatches.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import type { TaskLogItem } from "../types.js";

/**
 * The log of the iteration in progress: lines are kept in order and written together, a batch an item, so that a line
 * costs a part of a write. A crash loses the lines of the last second at most.
 */
export class IterationLog {
  private lines: TaskLogItem[] = [];
  private bytes = 0;
  private batch = -1;
  private writing: Promise<void> = Promise.resolve();
  private readonly closed = new AbortController();
  private scheduled = false;
  /** Whether the iteration had anything to say, stored or not. */
  hasLines = false;

  constructor(
    private readonly engine: TaskEngine,
    private readonly record: TaskRecord,
    private readonly disabled: boolean
  ) {}

  /** @throws TasksError PAYLOAD_TOO_LARGE, INVALID_INPUT */
  add(line: TaskLogItem, options: { schedule: boolean }): void {
    const bytes = checkLogLine(line);
    this.hasLines = true;
    if (this.disabled) {
      return;
    }
    if (this.closed.signal.aborted) {
      // Its lease is given back: the task may be over, or removed.
      this.engine.logger.warn("A log line came after its iteration", {
        ...logFieldsOf(this.record),
        line: line.message
      });
      return;
    }
    this.lines.push(line);
    this.bytes += bytes;
    if (this.bytes >= LOG_FLUSH_BYTES) {
      this.flushInBackground();
    } else if (options.schedule && !this.scheduled) {
      this.scheduled = true;
      void this.flushLater();
    }
  }

  /** Writes what there is; resolves when every line so far is stored. */
  flush(): Promise<void> {
    const turn = this.writing.then(() => this.writeLines());
    // A failed batch stays in `lines`; the next flush tries it again and reports for itself.
    this.writing = turn.catch(() => undefined);
    return turn;
  }

  /** Writes the rest, and no later line. */
  async close(): Promise<void> {
    this.closed.abort("closed");
    await this.flush();
  }

  private async flushLater(): Promise<void> {
    await this.engine.clock.sleep(LOG_FLUSH_MS, this.closed.signal);
    this.scheduled = false;
    if (!this.closed.signal.aborted) {
      this.flushInBackground();
    }
  }

  private flushInBackground(): void {
    this.flush().catch((error: unknown) => {
      this.engine.logger.warn("Log lines could not be written yet", { ...logFieldsOf(this.record), error });
    });
  }

  private async writeLines(): Promise<void> {
    // Others may be added while these are written.
    const lines = [...this.lines];
    if (lines.length === 0) {
      return;
    }
    const { PK, execution, iterations: iteration, attempt } = this.record;
    const now = this.engine.clock.now();
    const batch = Math.max(this.batch + 1, batchAt(now, this.record));
    const items = await logBatchItems({ PK, execution, iteration, attempt, batch }, lines, now);
    await writeAll(
      this.engine.storage,
      items.map(item => ({ put: item }))
    );
    this.batch = batch;
    this.lines = this.lines.slice(lines.length);
    this.bytes = this.lines.reduce((sum, line) => sum + Buffer.byteLength(JSON.stringify(line)), 0);
  }
}
