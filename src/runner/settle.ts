import { RECENT_ITERATIONS } from "../constants.js";
import type { TaskDefinition } from "../definition/TaskDefinition.js";
import { noteInLog } from "../hooks/noteInLog.js";
import type { TaskEvent } from "../machine/event.js";
import type { TaskResult } from "../machine/result.js";
import { equals } from "../storage/conditions.js";
import { logFieldsOf, movedDue, shortOwner, statusAttributesOf, type TaskRecord } from "../storage/record.js";
import { updateRecord } from "../storage/recordFormat.js";
import type { Changes } from "../storage/Storage.js";
import { finishOwed } from "../tasks/duties.js";
import { finalAttributes } from "../tasks/finalAttributes.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import { answerFrom, notFoundResult } from "./afterLostClaim.js";
import { goesOnHere } from "./burst.js";
import { performerOf } from "./claim.js";
import { errorText } from "./errorText.js";
import { handOver, needsFreshExecution } from "./handOver.js";
import type { Invocation } from "./Invocation.js";
import { LostWrite } from "./IterationState.js";
import { continueResult, storedResult } from "./results.js";
import { retryDelay } from "./retryDelay.js";
import type { Outcome, RanIteration } from "./run.js";
import type { TaskError } from "../types.js";

/** What a settled iteration leads to: an answer, or in a burst the record with the next iteration claimed. */
export type Settled = { answer: TaskResult } | { claimed: TaskRecord };

/**
 * Settles an iteration: one conditional write with everything it changed, then what the end of a task owes. If somebody
 * else is in charge by now, nothing is written, and the answer is what the record says.
 */
export async function settle(
  engine: TaskEngine,
  event: TaskEvent,
  ran: RanIteration,
  definition: TaskDefinition,
  invocation: Invocation
): Promise<Settled> {
  const { state, outcome, startedAt } = ran;
  const performer = performerOf(engine, invocation);
  const place = { execution: state.record.execution, iteration: state.iteration };
  const before = state.record;
  const decided = decide(engine, definition, before, outcome);
  if (decided.status === "again") {
    state.unstage();
  }
  try {
    const settled = await state.write(record => {
      const now = engine.clock.now();
      const common = {
        settledBy: shortOwner(invocation.owner),
        idle: ran.idle,
        savedOn: now,
        recent: [...(record.recent ?? []), startedAt - (record.startedOn ?? startedAt), now - startedAt].slice(
          -2 * RECENT_ITERATIONS
        )
      };
      return decided.status === "continue" || decided.status === "again"
        ? goingOn(record, decided, now, common)
        : ending(record, decided, common);
    });
    switch (decided.status) {
      case "again":
        await noteRetry(engine, before, decided);
        return { answer: await goesOn(settled, place.iteration, decided.wait) };
      case "continue":
        return settled.leaseOwner === invocation.owner
          ? { claimed: settled }
          : { answer: await goesOn(settled, place.iteration + 1, decided.wait) };
      default:
        await finishOwed(engine, settled, performer);
        return { answer: await storedResult(engine, event, settled) };
    }
  } catch (error) {
    if (!(error instanceof LostWrite)) {
      throw error;
    }
    if (error.record === null) {
      return { answer: notFoundResult(event) };
    }
    const record = error.record.taskStatus === "aborted" ? await leaveAborted(error.record) : error.record;
    return { answer: await answerFrom(engine, event, place, record, definition, invocation) };
  }

  /** The next iteration, or the same one again; in this execution or in a fresh one. In a burst it is claimed at once. */
  function goingOn(record: TaskRecord, next: GoesOn, now: number, common: Changes["set"]): Changes {
    const nextAt = next.wait > 0 ? now + next.wait * 1000 : 0;
    const moves = needsFreshExecution(event, record, next.wait, now);
    const isForgotten = next.status === "continue" ? OF_THE_ITERATION.filter(name => record[name] !== undefined) : [];
    if (!moves && next.wait === 0 && goesOnHere(engine, definition, ran, 0, invocation)) {
      const iteration = record.iterations + 1;
      return {
        set: { ...common, iterations: iteration, nextIteration: iteration, attempt: 1, due: movedDue(record.due, now) },
        remove: ["revives", ...isForgotten]
      };
    }
    return {
      set: {
        ...common,
        ...(moves ? { execution: record.execution + 1, executionStartedOn: now } : {}),
        ...(next.status === "again" ? { failedAttempts: next.failed } : {}),
        nextIteration: record.iterations + (next.status === "again" ? 0 : 1),
        attempt: 0,
        leaseUntil: 0,
        nextAt,
        due: movedDue(record.due, Math.max(now, nextAt))
      },
      remove: ["leaseOwner", "revives", ...(moves ? ["executionName"] : []), ...isForgotten]
    };
  }

  async function goesOn(settled: TaskRecord, iteration: number, wait: number): Promise<TaskResult> {
    return settled.execution === place.execution
      ? continueResult(event, settled, iteration, wait)
      : handOver(engine, event, settled);
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
    const left = await updateRecord(engine.storage, record, equals("leaseOwner", invocation.owner), {
      set: { leaseUntil: 0, attempt: 0 },
      remove: ["leaseOwner"]
    });
    return left ?? record;
  }
}

/** What an outcome means for the task: an error may be the iteration's last one, or it is run again. */
function decide(engine: TaskEngine, definition: TaskDefinition, record: TaskRecord, outcome: Outcome): Outcome | Again {
  if (outcome.status !== "error") {
    return outcome;
  }
  const failed = (record.failedAttempts ?? 0) + 1;
  const wait = retryDelay(definition.retry, outcome, failed, engine.random);
  return wait === null ? outcome : { status: "again", wait, failed, error: outcome.error };
}

/** In the log of the iteration, after what the attempt wrote itself. */
async function noteRetry(engine: TaskEngine, record: TaskRecord, { failed, wait, error }: Again): Promise<void> {
  const { message, code, stack } = error;
  const line = `Attempt ${failed} of iteration ${record.iterations} failed: ${message.slice(0, 1_000)} It is tried again in ${wait} s.`;
  engine.logger.warn(line, logFieldsOf(record));
  await noteInLog(engine, record, line, { message: message.slice(0, 10_000), code, stack: stack?.slice(0, 10_000) });
}

/** The same iteration is run again. */
interface Again {
  status: "again";
  /** Seconds. */
  wait: number;
  /** Attempts of the iteration that failed, this one included. */
  failed: number;
  error: TaskError;
}
type GoesOn = Again | Extract<Outcome, { status: "continue" }>;

/** What is counted for one iteration alone. `attempt` is always there. */
const OF_THE_ITERATION = ["failedAttempts", "storageFailures"] as const;

const ENDS = {
  done: { status: "success", hooks: ["onDone"] },
  error: { status: "failed", hooks: ["onError"] },
  aborted: { status: "aborted", hooks: ["children", "onAbort"] }
} as const;
