import { EARLY_START_MS, LEASE_MARGIN_MS } from "../constants.js";
import type { TaskDefinition } from "../definition/TaskDefinition.js";
import type { Performer } from "../hooks/runOwed.js";
import { executionName } from "../machine/executionName.js";
import type { TaskEvent } from "../machine/event.js";
import { all, atMost, below, equals, oneOf, type Condition } from "../storage/conditions.js";
import { recordKey, scopeOf, statusAttributes, type TaskRecord } from "../storage/record.js";
import { checkFormat, updateRecord } from "../storage/recordFormat.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import { readRecord } from "../tasks/readTask.js";
import type { Invocation } from "./Invocation.js";

/** Which iteration of which execution an invocation is about. */
export interface Place {
  execution: number;
  iteration: number;
}

/**
 * Where this event stands. Ours says so; Webiny's has no numbers, so it takes the next iteration of the record
 * (or the same one, if its lease ran out).
 */
export async function placeOf(engine: TaskEngine, event: TaskEvent): Promise<Place | null> {
  if (event.dialect === "own") {
    return { execution: event.execution, iteration: event.iteration };
  }
  const record = await readRecord(engine, event.webinyTaskId);
  return record === null ? null : { execution: record.execution, iteration: record.nextIteration };
}

/**
 * Claims an iteration: one conditional write that takes the lease and returns the whole record. The numbers are fencing
 * tokens: of any number of deliveries of one iteration, one wins.
 * @returns the record with the lease held, or null: read it to see why
 */
export async function claim(
  engine: TaskEngine,
  event: TaskEvent,
  place: Place,
  definition: TaskDefinition,
  invocation: Invocation
): Promise<TaskRecord | null> {
  const now = engine.clock.now();
  const key = recordKey(engine.scope(), event.webinyTaskId);
  const first = place.iteration === 1;
  const derivedName = executionName(definition.id, event.webinyTaskId, place.execution);
  const record = await updateRecord(engine.storage, key, claimable(place, definition, now), {
    set: {
      iterations: place.iteration,
      leaseOwner: invocation.owner,
      leaseUntil: leaseEnd(now, invocation),
      savedOn: now,
      // Only under Webiny's machine is it called otherwise. Index keys change with the first iteration alone.
      ...(event.executionName === derivedName ? {} : { executionName: event.executionName }),
      ...(first ? statusAttributes(scopeOf(key), definition.id, "running") : {})
    },
    setIfMissing: { startedOn: now, rev: 0 },
    add: { attempt: 1 }
  });
  return record === null ? null : checkFormat(record);
}

/** Until when a lease taken now is good: it never ends before the code does. */
function leaseEnd(now: number, invocation: Invocation): number {
  return now + invocation.remainingMs() + LEASE_MARGIN_MS;
}

/** The invocation as one that finishes what a task owes. */
export function performerOf(engine: TaskEngine, invocation: Invocation): Performer {
  return { owner: invocation.owner, until: leaseEnd(engine.clock.now(), invocation) };
}

function claimable({ execution, iteration }: Place, definition: TaskDefinition, now: number): Condition {
  return all(
    equals("execution", execution),
    equals("definitionId", definition.id),
    iteration === 1 ? oneOf("taskStatus", ["pending", "running"]) : equals("taskStatus", "running"),
    equals("nextIteration", iteration),
    // Nobody holds the lease, or its invocation is dead: every invocation ends before its lease does.
    below("leaseUntil", now),
    atMost("nextAt", now + EARLY_START_MS),
    below("attempt", definition.lostInvocationAttempts)
  );
}
