import { ABORT_NOTICE_MS, DEFAULT_ABORT_GRACE_SECONDS, LEASE_MARGIN_MS, MAX_HOOK_ATTEMPTS } from "../constants.js";
import { toTaskError } from "../errors.js";
import { all, any, below, equals, exists, missing, unchanged } from "../storage/conditions.js";
import { logFieldsOf, retentionEnd, type Owed, type TaskRecord } from "../storage/record.js";
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
 * processes from it at once; a process that dies leaves the rest to the next one that comes. A hook that fails three
 * times, thrown or died, is given up with an error in the log: a broken hook must not hold a task for ever. What the
 * engine itself could not do (stop the execution, abort the children) stays owed, and is tried by three more processes.
 * @returns the record as it was last seen
 */
export async function runOwed(
  engine: TaskEngine,
  record: TaskRecord,
  performer: Performer,
  duties: Duties
): Promise<TaskRecord> {
  const left: Owed[] = [];
  let current = await takeHookLease(engine, record, performer);
  while (current !== null) {
    record = current;
    const next = current.owed?.find(name => !left.includes(name));
    if (next === undefined) {
      break;
    }
    const handedOver = next === "onAbort" ? await leaveToRunner(engine, current, performer) : null;
    if (handedOver !== null) {
      return handedOver;
    }
    const outcome = await perform(engine, current, next, performer, duties);
    if (outcome === "left") {
      left.push(next);
    } else {
      current = await takeOff(engine, current, { name: next, outcome }, performer, left.length === 0);
    }
  }
  return record;
}

/** @returns the record with the lease held, or null: somebody else is at it, or nothing is owed */
async function takeHookLease(engine: TaskEngine, record: TaskRecord, performer: Performer): Promise<TaskRecord | null> {
  if (record.owed === undefined) {
    return null;
  }
  if (record.hookOwner === performer.owner) {
    // One that was handed over for the time of the grace may end before this process does.
    return (record.hookUntil ?? 0) >= performer.until - LEASE_MARGIN_MS
      ? record
      : updateRecord(engine.storage, record, equals("hookOwner", performer.owner), {
          set: { hookUntil: performer.until }
        });
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
 * `onAbort` belongs to the invocation that still runs the task, when there is one: it runs it when `run` has returned, or
 * beside it when the grace is over. Nobody else does until a little later.
 * @returns the record handed over, or null: there is no living runner, or its grace is over
 */
async function leaveToRunner(engine: TaskEngine, record: TaskRecord, performer: Performer): Promise<TaskRecord | null> {
  const { leaseOwner, leaseUntil, definitionId, finishedOn = 0 } = record;
  if (leaseOwner === undefined || leaseOwner === performer.owner || leaseOwner === performer.dead) {
    return null;
  }
  const { abortGraceSeconds = DEFAULT_ABORT_GRACE_SECONDS } = engine.definitions.get(definitionId) ?? {};
  const until = Math.min(leaseUntil, finishedOn + ABORT_NOTICE_MS + abortGraceSeconds * 1000);
  if (until < engine.clock.now()) {
    return null;
  }
  const asRead = all(equals("hookOwner", performer.owner), equals("leaseOwner", leaseOwner));
  const left = await updateRecord(engine.storage, record, asRead, {
    set: { hookOwner: leaseOwner, hookUntil: until + LEASE_MARGIN_MS }
  });
  // It may have been left at the first try, whose answer got lost.
  const current = left ?? (await currentOf(engine, record));
  return current?.hookOwner === performer.owner ? null : (current ?? record);
}

/** How a try went; what is `left` was not done, and stays owed. */
type Outcome = "done" | "givenUp" | "left";

async function perform(
  engine: TaskEngine,
  record: TaskRecord,
  name: Owed,
  performer: Performer,
  duties: Duties
): Promise<Outcome> {
  const died = record.hookAttempts ?? 0;
  let failure: unknown = new Error(`The process died while it ran "${name}", ${died} times.`);
  for (let attempt = died; attempt < MAX_HOOK_ATTEMPTS; attempt++) {
    try {
      await duties[name](engine, record);
      return "done";
    } catch (error) {
      failure = error;
      engine.logger.warn(`"${name}" of a task failed`, {
        ...logFieldsOf(record),
        tries: attempt + 1,
        error
      });
      if ((await currentOf(engine, record))?.hookOwner !== performer.owner) {
        // Whoever was stopped for long may find that another one did it all, and that the task is gone.
        return "done";
      }
      if (attempt + 1 < MAX_HOOK_ATTEMPTS) {
        await engine.clock.sleep(PAUSE_MS * 2 ** attempt);
      }
    }
  }
  if ((name === "stop" || name === "children") && died < MAX_HOOK_ATTEMPTS) {
    return "left";
  }
  engine.logger.error(`"${name}" of a task was given up`, {
    ...logFieldsOf(record),
    error: failure
  });
  await noteInLog(
    engine,
    record,
    `"${name}" failed ${MAX_HOOK_ATTEMPTS} times and was given up.`,
    toTaskError(failure)
  );
  return "givenUp";
}

async function currentOf(engine: TaskEngine, { PK, SK }: TaskRecord): Promise<TaskRecord | null> {
  return (await engine.storage.get({ PK, SK }, { consistent: true })) as TaskRecord | null;
}

/** @returns the record without the entry, or null: the lease went to somebody else */
async function takeOff(
  engine: TaskEngine,
  record: TaskRecord,
  { name, outcome }: { name: Owed; outcome: "done" | "givenUp" },
  performer: Performer,
  isNoneLeft: boolean
): Promise<TaskRecord | null> {
  const mine = equals("hookOwner", performer.owner);
  const owed = (record.owed ?? []).filter(one => one !== name);
  const on = engine.clock.now();
  const followUps = [...(record.followUps ?? []), { name, on, ...(outcome === "givenUp" ? { givenUp: true } : {}) }];
  if (owed.length > 0) {
    // Attempts are counted for one entry at a time, and go on being counted for one that is left.
    const remove = isNoneLeft ? ["hookAttempts"] : [];
    return updateRecord(engine.storage, record, mine, { set: { owed, followUps }, remove });
  }
  // A deleted task is removed as soon as no invocation holds it any more.
  const due = record.deleted ? record.leaseUntil : retentionEnd(record.finishedOn ?? 0, engine.retentionDays);
  return updateRecord(engine.storage, record, mine, {
    set: { due, followUps },
    remove: ["owed", "hookOwner", "hookUntil", "hookAttempts"]
  });
}
