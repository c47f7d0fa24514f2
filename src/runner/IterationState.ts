import { MAX_PAYLOAD_BYTES } from "../constants.js";
import { notFound, TasksError } from "../errors.js";
import { all, equals, type Condition } from "../storage/conditions.js";
import { jsonText } from "../storage/json.js";
import { deletePayload, writeSlices, type PayloadKind } from "../storage/payloads.js";
import { fitsAtTheEnd, fitsWhileRunning, placePayload } from "../storage/placePayload.js";
import { isActive, logFieldsOf, shortOwner, taskIdOf, type TaskRecord } from "../storage/record.js";
import { updateRecord } from "../storage/recordFormat.js";
import type { Changes } from "../storage/Storage.js";
import { readRecord } from "../tasks/readTask.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import { load, toTask, type Payloads } from "../tasks/toTask.js";
import type { JsonObject, Task } from "../types.js";

/** A change of the input or output, kept as a function: when somebody else changed it first, it is applied again. */
export type JsonChange = (current: JsonObject) => JsonObject;

type Kept = "input" | "output" | "error";

/** A fenced write did not hold: somebody else is in charge of the task now. `record` is what it says. */
export class LostWrite extends Error {
  constructor(readonly record: TaskRecord | null) {
    super("The write did not hold.");
  }
}

/** What one write takes along. What is staged while it is on its way is left for the next one. */
interface Taken {
  values: Payloads;
  staged: Staged;
}

interface Staged {
  input: readonly JsonChange[];
  output: readonly JsonChange[];
  name?: string;
}

/**
 * The record of the iteration in progress, as this invocation may change it. Every write is fenced by iteration, lease
 * and status: after an abort, a takeover or the end it changes nothing. Code may stage and save from many places at once:
 * writes are made one after the other.
 */
export class IterationState {
  private staged: Staged = { input: [], output: [] };
  private version = 0;
  private writing: Promise<unknown> = Promise.resolve();
  private readonly opened: Payloads;
  /** The record may be at a later one, when a burst goes on. */
  readonly iteration: number;

  private constructor(
    private readonly engine: TaskEngine,
    public record: TaskRecord,
    private stored: Payloads,
    readonly owner: string,
    /** The values with what is staged, as JSON text. */
    private current: Payloads
  ) {
    this.opened = stored;
    this.iteration = record.iterations;
  }

  static async open(engine: TaskEngine, record: TaskRecord, owner: string): Promise<IterationState> {
    const loaded = await load(engine.storage, record);
    if (loaded === null) {
      throw notFound("Task", taskIdOf(record));
    }
    return new IterationState(engine, loaded.record, loaded.payloads, owner, { ...loaded.payloads });
  }

  /** A copy: changing it changes nothing. */
  input(): JsonObject {
    return JSON.parse(this.current.input) as JsonObject;
  }

  output(): JsonObject | undefined {
    return this.current.output === undefined ? undefined : (JSON.parse(this.current.output) as JsonObject);
  }

  task(): Task {
    return toTask({ ...this.record, name: this.staged.name ?? this.record.name }, this.current);
  }

  /** @throws TasksError INVALID_INPUT, PAYLOAD_TOO_LARGE; then nothing is staged */
  stageInput(change: JsonChange): void {
    this.current = { ...this.current, input: jsonText("input", change(this.input()), MAX_PAYLOAD_BYTES) };
    this.staged = { ...this.staged, input: [...this.staged.input, change] };
  }

  /** @throws TasksError INVALID_INPUT, PAYLOAD_TOO_LARGE; then nothing is staged */
  stageOutput(change: JsonChange): void {
    this.current = { ...this.current, output: jsonText("output", change(this.output() ?? {}), MAX_PAYLOAD_BYTES) };
    this.staged = { ...this.staged, output: [...this.staged.output, change] };
  }

  stageName(name: string): void {
    this.staged = { ...this.staged, name };
  }

  /** Several changes: all are staged, or, when one throws, none. */
  stageAll(stage: () => void): void {
    const { staged, current } = this;
    try {
      stage();
    } catch (error) {
      Object.assign(this, { staged, current });
      throw error;
    }
  }

  /** Drops what is staged and was not saved. */
  unstage(): void {
    this.staged = { input: [], output: [] };
    this.current = { ...this.stored };
  }

  /** Whether input or output are other than when the iteration began, saved or not. */
  get hasProgressed(): boolean {
    return this.current.input !== this.opened.input || this.current.output !== this.opened.output;
  }

  private get hasChanges(): boolean {
    const { name } = this.staged;
    return (
      this.current.input !== this.stored.input ||
      this.current.output !== this.stored.output ||
      (name !== undefined && name !== this.record.name)
    );
  }

  /**
   * Saves what is staged; no change, no write.
   * @throws TasksError TASK_ABORTED, TASK_SUPERSEDED
   */
  async save(): Promise<void> {
    try {
      await this.inTurn(async () => {
        // An earlier write may have taken it along.
        if (this.hasChanges) {
          await this.writeNow(() => ({ set: { savedOn: this.engine.clock.now() } }));
        }
      });
    } catch (error) {
      throw error instanceof LostWrite ? refusal(error.record, this.record) : error;
    }
  }

  /**
   * Writes what is staged, together with `more`, in one conditional write.
   * @param more.error JSON text of the error a task ends with
   * @throws LostWrite when somebody else is in charge
   */
  write(more: (record: TaskRecord) => Changes & { error?: string }): Promise<TaskRecord> {
    return this.inTurn(() => this.writeNow(more));
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.writing.then(work);
    // Whoever asked for it is told what went wrong; the next one tries for itself.
    this.writing = turn.catch(() => undefined);
    return turn;
  }

  private async writeNow(more: (record: TaskRecord) => Changes & { error?: string }): Promise<TaskRecord> {
    for (;;) {
      const { error, ...changes } = more(this.record);
      const ends = changes.set?.finishedOn !== undefined;
      const taken: Taken = { values: this.current, staged: this.staged };
      const payloads = await this.payloadChanges({ ...taken.values, error }, ends, changes);
      const changed = payloads.set.rev !== undefined;
      const set = { ...changes.set, ...payloads.set, name: taken.staged.name };
      const written = await updateRecord(this.engine.storage, this.record, this.fence(changed), {
        ...changes,
        set,
        remove: [...(changes.remove ?? []), ...payloads.remove]
      });
      const won = written ?? (await this.afterLostWrite(set));
      if (won !== null) {
        await this.adopt(won, taken);
        return won;
      }
      await this.discard(payloads.refs);
    }
  }

  private fence(payloadsChanged: boolean): Condition {
    return all(
      equals("iterations", this.iteration),
      equals("leaseOwner", this.owner),
      equals("taskStatus", "running"),
      ...(payloadsChanged ? [equals("rev", this.record.rev)] : [])
    );
  }

  /**
   * @returns the record, when the write held after all (the answer to its first try got lost); null, to try again: the
   *   input or output was changed from outside, and what is staged was applied to it again
   * @throws LostWrite
   */
  private async afterLostWrite(set: NonNullable<Changes["set"]>): Promise<TaskRecord | null> {
    const current = await readRecord(this.engine, taskIdOf(this.record));
    const isMine = current?.leaseOwner === this.owner && current.taskStatus === "running";
    // In a burst the write also claims the next iteration.
    if (isMine && set.iterations !== undefined && current.iterations === set.iterations) {
      return current;
    }
    const sameIteration = current?.iterations === this.iteration;
    if (current === null || !sameIteration) {
      throw new LostWrite(current);
    }
    const settledByMe = current.leaseOwner === undefined && current.settledBy === shortOwner(this.owner);
    if (set.settledBy !== undefined && settledByMe) {
      return current;
    }
    if (!isMine) {
      throw new LostWrite(current);
    }
    if (isOwnWrite(current, set)) {
      return current;
    }
    const loaded = await load(this.engine.storage, current);
    if (loaded === null) {
      throw new LostWrite(null);
    }
    this.record = loaded.record;
    this.stored = loaded.payloads;
    this.restage();
    return null;
  }

  /** Makes the staged changes again, to what is stored now. */
  private restage(): void {
    const { input, output } = this.stored;
    this.current = { input: this.changed("input", input) ?? input, output: this.changed("output", output) };
  }

  /** The value with what is staged. Without a change the very text that is stored, which then is not written. */
  private changed(kind: "input" | "output", stored: string | undefined): string | undefined {
    if (this.staged[kind].length === 0) {
      return stored;
    }
    const value = this.staged[kind].reduce((current, change) => change(current), parsed(stored));
    return jsonText(kind, value, MAX_PAYLOAD_BYTES);
  }

  /** Where each changed payload goes: into the record while it stays small, else into slices, which are written here. */
  private async payloadChanges(values: Payloads, ends: boolean, changes: Changes) {
    const set: NonNullable<Changes["set"]> = {};
    const remove: string[] = [];
    const refs: [PayloadKind, string][] = [];
    const texts: [Kept, string | undefined, string | undefined][] = [
      ["input", values.input, this.stored.input],
      ["output", values.output, this.stored.output],
      ["error", values.error, undefined]
    ];
    for (const [kind, text, before] of texts) {
      if (text === undefined || text === before) {
        continue;
      }
      if (kind !== "error") {
        set.rev = this.record.rev + 1;
      }
      this.version += 1;
      const version = `${this.iteration}-${shortOwner(this.owner)}.${this.version}`;
      const draft = { ...this.record, ...changes.set, ...set };
      const placed = await placePayload(draft, kind, text, version, ends ? fitsAtTheEnd : fitsWhileRunning);
      if (placed.slices !== null) {
        await writeSlices(this.engine.storage, placed.slices);
        refs.push([kind, placed.slices.ref]);
      }
      Object.assign(set, placed.set);
      remove.push(...placed.remove);
    }
    return { set, remove, refs };
  }

  /** The write held: slices that nothing points at any more are removed. */
  private async adopt(written: TaskRecord, { values, staged }: Taken): Promise<void> {
    const before = this.record;
    this.record = written;
    this.stored = values;
    const { input, output, name } = this.staged;
    this.staged = {
      input: input.filter(change => !staged.input.includes(change)),
      output: output.filter(change => !staged.output.includes(change)),
      name: name === staged.name ? undefined : name
    };
    this.restage();
    for (const kind of ["input", "output"] as const) {
      const ref = before[`${kind}Ref`];
      if (ref !== undefined && ref !== written[`${kind}Ref`]) {
        await this.discard([[kind, ref]]);
      }
    }
  }

  // Garbage, not data: what can't be removed now goes with the task.
  private async discard(refs: readonly [PayloadKind, string][]): Promise<void> {
    for (const [kind, ref] of refs) {
      try {
        await deletePayload(this.engine.storage, this.record.PK, kind, ref);
      } catch (error) {
        this.engine.logger.warn("Slices of an old payload could not be removed", {
          ...logFieldsOf(this.record),
          kind,
          ref,
          error
        });
      }
    }
  }
}

function parsed(text: string | undefined): JsonObject {
  return text === undefined ? {} : (JSON.parse(text) as JsonObject);
}

/** Whether the record holds the payloads of this write, whose answer got lost. */
function isOwnWrite(current: TaskRecord, set: NonNullable<Changes["set"]>): boolean {
  return (
    current.rev === set.rev &&
    (["input", "inputRef", "output", "outputRef"] as const).every(
      name => set[name] === undefined || set[name] === current[name]
    )
  );
}

function refusal(current: TaskRecord | null, record: TaskRecord): TasksError {
  const id = taskIdOf(record);
  if (current === null || current.taskStatus === "aborted") {
    return new TasksError("TASK_ABORTED", `The task "${id}" was aborted: what this iteration wrote is not saved.`, {
      id
    });
  }
  if (!isActive(current)) {
    return new TasksError("TASK_FINISHED", `The task "${id}" has ended: what this iteration wrote is not saved.`, {
      id
    });
  }
  return new TasksError(
    "TASK_SUPERSEDED",
    `Another invocation carries out iteration ${record.iterations} of the task "${id}": what this one wrote is not saved.`,
    {
      id
    }
  );
}
