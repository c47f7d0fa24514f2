import { MAX_HOOK_ATTEMPTS } from "../constants.js";
import { toTaskError } from "../errors.js";
import { all, any, below, equals, exists, missing, unchanged } from "../storage/conditions.js";
import { retentionEnd, taskIdOf, type Owed, type TaskRecord } from "../storage/record.js";
import { updateRecord } from "../storage/recordFormat.js";
import { noteInLog } from "./noteInLog.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";

/** What is owed to a task, by name: hooks of its definition, and for an abort the stop and the children. */
export type Duties = Record<Owed, (engine: TaskEngine, record: TaskRecord) => Promise<void>>;

/** Who wants to finish what is owed. */
export interface Performer {
  /** Token under which the hooks' lease is held. */
  owner: string;
  /** Epoch ms until which this process may work on it. */
  until: number;
  /** An owner that is known to be dead: its lease need not run out first. */
  dead?: string;
}

/** Between two tries of a hook that threw, in milliseconds. */
const PAUSE_MS = 500;

/**
 * Finishes what a task owes, in order, each entry taken off the record when it is done. A lease of its own keeps two
 * processes from it at once; a process that dies leaves the rest to the next one that comes. An entry that fails three
 * times, thrown or died, is given up with an error in the log: a broken hook must not hold a task for ever.
 * @returns the record as it was last seen
 */
export async function runOwed(
  engine: TaskEngine,
  record: TaskRecord,
  performer: Performer,
  duties: Duties
): Promise<TaskRecord> {
  let current = await takeHookLease(engine, record, performer);
  while (current?.owed !== undefined && current.owed.length > 0) {
    const [next, ...rest] = current.owed as [Owed, ...Owed[]];
    const handedOver = next === "onAbort" ? await leaveToRunner(engine, current, performer) : null;
    if (handedOver !== null) {
      return handedOver;
    }
    await perform(engine, current, next, performer, duties);
    record = current;
    current = await takeOff(engine, current, rest, performer);
  }
  return current ?? record;
}

/** @returns the record with the lease held, or null: somebody else is at it, or nothing is owed */
async function takeHookLease(engine: TaskEngine, record: TaskRecord, performer: Performer): Promise<TaskRecord | null> {
  if (record.owed === undefined || record.hookOwner === performer.owner) {
    return record.owed === undefined ? null : record;
  }
  const now = engine.clock.now();
  const free = any(
    missing("hookUntil"),
    below("hookUntil", now),
    ...(performer.dead ? [equals("hookOwner", performer.dead)] : [])
  );
  const unclaimed = all(exists("owed"), unchanged("hookOwner", record.hookOwner), free);
  return updateRecord(engine.storage, record, unclaimed, {
    set: { hookOwner: performer.owner, hookUntil: performer.until },
    add: { hookAttempts: 1 }
  });
}

/**
 * `onAbort` belongs to the invocation that still runs the task, when there is one: it runs it when `run` has returned.
 * Until its lease is over nobody else does.
 * @returns the record handed over, or null: there is no living runner, or it has just given its lease back
 */
async function leaveToRunner(engine: TaskEngine, record: TaskRecord, performer: Performer): Promise<TaskRecord | null> {
  const { leaseOwner, leaseUntil } = record;
  if (
    leaseOwner === undefined ||
    leaseOwner === performer.owner ||
    leaseOwner === performer.dead ||
    leaseUntil < engine.clock.now()
  ) {
    return null;
  }
  const asRead = all(equals("hookOwner", performer.owner), equals("leaseOwner", leaseOwner));
  const left = await updateRecord(engine.storage, record, asRead, {
    set: { hookOwner: leaseOwner, hookUntil: leaseUntil }
  });
  // It may have been left at the first try, whose answer got lost.
  const current = left ?? (await currentOf(engine, record));
  return current?.hookOwner === performer.owner ? null : (current ?? record);
}

async function perform(
  engine: TaskEngine,
  record: TaskRecord,
  name: Owed,
  performer: Performer,
  duties: Duties
): Promise<void> {
  const died = record.hookAttempts ?? 0;
  let failure: unknown = new Error(`The process died while it ran "${name}", ${died} times.`);
  for (let attempt = died; attempt < MAX_HOOK_ATTEMPTS; attempt++) {
    try {
      await duties[name](engine, record);
      return;
    } catch (error) {
      failure = error;
      engine.logger.warn(`"${name}" of a task failed`, {
        task: taskIdOf(record),
        definition: record.definitionId,
        attempt: attempt + 1,
        error
      });
      if (!(await isStillPerformer(engine, record, performer))) {
        return;
      }
      if (attempt + 1 < MAX_HOOK_ATTEMPTS) {
        await engine.clock.sleep(PAUSE_MS * 2 ** attempt);
      }
    }
  }
  engine.logger.error(`"${name}" of a task was given up`, {
    task: taskIdOf(record),
    definition: record.definitionId,
    error: failure
  });
  await noteInLog(
    engine,
    record,
    `"${name}" failed ${MAX_HOOK_ATTEMPTS} times and was given up.`,
    toTaskError(failure)
  );
}

/** Whoever was stopped for long may find that another one did it all, and that the task is gone. */
async function isStillPerformer(engine: TaskEngine, record: TaskRecord, { owner }: Performer): Promise<boolean> {
  return (await currentOf(engine, record))?.hookOwner === owner;
}

async function currentOf(engine: TaskEngine, { PK, SK }: TaskRecord): Promise<TaskRecord | null> {
  return (await engine.storage.get({ PK, SK }, { consistent: true })) as TaskRecord | null;
}

/** @returns the record without the entry, or null: the lease went to somebody else */
async function takeOff(
  engine: TaskEngine,
  record: TaskRecord,
  rest: Owed[],
  performer: Performer
): Promise<TaskRecord | null> {
  const mine = equals("hookOwner", performer.owner);
  if (rest.length > 0) {
    return updateRecord(engine.storage, record, mine, { set: { owed: rest }, remove: ["hookAttempts"] });
  }
  // A deleted task is removed as soon as no invocation holds it any more.
  const due = record.deleted ? record.leaseUntil : retentionEnd(record.finishedOn ?? 0, engine.retentionDays);
  return updateRecord(engine.storage, record, mine, {
    set: { due },
    remove: ["owed", "hookOwner", "hookUntil", "hookAttempts"]
  });
}
