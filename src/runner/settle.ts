import { RECENT_ITERATIONS } from "../constants.js";
import type { TaskDefinition } from "../definition/TaskDefinition.js";
import type { TaskEvent } from "../machine/event.js";
import type { TaskResult } from "../machine/result.js";
import { equals } from "../storage/conditions.js";
import { keyOf, movedDue, shortOwner, statusAttributesOf, type TaskRecord } from "../storage/record.js";
import type { Changes } from "../storage/Storage.js";
import { finishOwed } from "../tasks/duties.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import { answerFrom, notFoundResult } from "./afterLostClaim.js";
import { leaseEnd } from "./claim.js";
import { errorText } from "./errorText.js";
import { finalAttributes } from "./finalAttributes.js";
import { handOver, needsFreshExecution } from "./handOver.js";
import type { Invocation } from "./Invocation.js";
import { LostWrite } from "./IterationState.js";
import { continueResult, storedResult } from "./results.js";
import type { Outcome, RanIteration } from "./run.js";

/**
 * Settles an iteration: one conditional write with everything it changed, then what the end of a task owes. If somebody
 * else is in charge by now, nothing is written, and the answer is what the record says.
 */
export async function settle(
  engine: TaskEngine,
  event: TaskEvent,
  { state, outcome, startedAt }: RanIteration,
  definition: TaskDefinition,
  invocation: Invocation
): Promise<TaskResult> {
  const performer = { owner: invocation.owner, until: leaseEnd(engine.clock.now(), invocation) };
  const place = { execution: state.record.execution, iteration: state.iteration };
  try {
    const settled = await state.write(record => {
      const now = engine.clock.now();
      const common = {
        settledBy: shortOwner(invocation.owner),
        savedOn: now,
        recent: [...(record.recent ?? []), startedAt - (record.startedOn ?? startedAt), now - startedAt].slice(
          -2 * RECENT_ITERATIONS
        )
      };
      return outcome.status === "continue"
        ? goingOn(record, outcome.wait, now, common)
        : ending(record, outcome, common);
    });
    if (outcome.status === "continue" && settled.execution !== place.execution) {
      return await handOver(engine, event, settled);
    }
    if (outcome.status === "continue") {
      return { ...continueResult(event, settled, place.iteration + 1, outcome.wait), input: state.input() };
    }
    await finishOwed(engine, settled, performer);
    return await storedResult(engine, event, settled);
  } catch (error) {
    if (!(error instanceof LostWrite)) {
      throw error;
    }
    if (error.record === null) {
      return notFoundResult(event);
    }
    const record = error.record.taskStatus === "aborted" ? await leaveAborted(error.record) : error.record;
    return answerFrom(engine, event, place, record, definition, invocation);
  }

  function goingOn(record: TaskRecord, wait: number, now: number, common: Changes["set"]): Changes {
    const nextAt = wait > 0 ? now + wait * 1000 : 0;
    const moves = needsFreshExecution(event, record, wait, now);
    return {
      set: {
        ...common,
        ...(moves ? { execution: record.execution + 1, executionStartedOn: now } : {}),
        nextIteration: record.iterations + 1,
        attempt: 0,
        leaseUntil: 0,
        nextAt,
        due: movedDue(record.due, Math.max(now, nextAt))
      },
      remove: ["leaseOwner", "revives", ...(moves ? ["executionName"] : [])]
    };
  }

  function ending(
    record: TaskRecord,
    outcome: Exclude<Outcome, { status: "continue" }>,
    common: Changes["set"]
  ): Changes & { error?: string } {
    const { status, hooks } = ENDS[outcome.status];
    const final = finalAttributes(engine, record, hooks, performer);
    const by = { id: record.createdBy.id, displayName: record.createdBy.displayName, type: record.createdBy.type };
    return {
      set: {
        ...common,
        ...statusAttributesOf(record, status),
        ...final.set,
        ...(outcome.status === "done" ? { message: outcome.message } : {}),
        ...(outcome.status === "aborted" ? { abort: { by, reason: "Task aborted.", token: invocation.owner } } : {})
      },
      remove: final.remove,
      ...(outcome.status === "error" ? { error: errorText(outcome.error) } : {})
    };
  }

  /** The aborter left `onAbort` to this invocation while it held the lease; once it is given back, whoever comes first runs it. */
  async function leaveAborted(record: TaskRecord): Promise<TaskRecord> {
    const left = await engine.storage.update(keyOf(record), equals("leaseOwner", invocation.owner), {
      set: { leaseUntil: 0, attempt: 0 },
      remove: ["leaseOwner"]
    });
    return (left as TaskRecord | null) ?? record;
  }
}

const ENDS = {
  done: { status: "success", hooks: ["onDone"] },
  error: { status: "failed", hooks: ["onError"] },
  aborted: { status: "aborted", hooks: ["children", "onAbort"] }
} as const;
