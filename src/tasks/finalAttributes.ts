import type { Performer } from "../hooks/runOwed.js";
import { retentionEnd, type Owed, type TaskRecord } from "../storage/record.js";
import type { TaskEngine } from "./TaskEngine.js";

/**
 * What every end of a task writes. With hooks it owes them, and the writer holds their lease; `due` stays as it is (an
 * active task is due within the hour), which saves two write units. Without, `due` is the end of retention.
 */
export function finalAttributes(engine: TaskEngine, record: TaskRecord, hooks: readonly Owed[], performer: Performer) {
  const now = engine.clock.now();
  const definition = engine.definitions.get(record.definitionId);
  const owed = hooks.filter(name => name === "stop" || name === "children" || definition?.[name] !== undefined);
  return {
    set: {
      finishedOn: now,
      savedOn: now,
      leaseUntil: 0,
      attempt: 0,
      nextAt: 0,
      ...(owed.length > 0
        ? { owed, hookOwner: performer.owner, hookUntil: performer.until }
        : { due: retentionEnd(now, engine.retentionDays) })
    },
    remove: ["leaseOwner", "revives"]
  };
}
