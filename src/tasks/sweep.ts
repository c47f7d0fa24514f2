import { DUE_SHARDS, SWEEP_CONCURRENCY, SWEEP_MARGIN_MS } from "../constants.js";
import { getAll } from "../storage/batches.js";
import { keyOf, logFieldsOf, scopeOf, type Scope, type TaskRecord } from "../storage/record.js";
import type { ItemKey } from "../storage/Storage.js";
import { isUnfinished, lookAfter } from "./lookAfter.js";
import { completeRecord } from "./readTask.js";
import type { Care } from "./revive.js";
import type { TaskEngine } from "./TaskEngine.js";

/** What a sweep did: how many overdue tasks it saw, and what became of them. */
export type SweepResult = Record<Care | "failed", number> & { overdue: number; finished: boolean };

/**
 * Looks after every overdue task, whoever's it is. What fails is logged, and due again at the next sweep.
 * @param engineOf gives the engine of a tenant and locale
 * @param remainingMs time left; the sweep stops when it gets short (`finished` is false then)
 */
export async function sweep(
  engine: TaskEngine,
  engineOf: (scope: Scope) => Promise<TaskEngine>,
  remainingMs: () => number
): Promise<SweepResult> {
  const result: SweepResult = {
    overdue: 0,
    left: 0,
    moved: 0,
    revived: 0,
    "given up": 0,
    aborted: 0,
    removed: 0,
    failed: 0,
    finished: true
  };
  await engine.observer.together(sweepShards);
  return result;

  async function sweepShards(): Promise<void> {
    // Another one first each time, so that a sweep that always runs short comes to all of them.
    const first = Math.floor(engine.random() * DUE_SHARDS);
    for (let at = 0; at < DUE_SHARDS; at++) {
      await sweepShard((first + at) % DUE_SHARDS);
    }
  }

  async function sweepShard(shard: number): Promise<void> {
    let after;
    do {
      if (remainingMs() < SWEEP_MARGIN_MS) {
        result.finished = false;
        return;
      }
      const page = await engine.storage.query({
        index: "byDue",
        partition: `DUE#${shard}`,
        from: 0,
        to: engine.clock.now(),
        limit: 100,
        after
      });
      await sweepPage(page.items.map(keyOf));
      after = page.next;
    } while (after !== undefined);
  }

  async function sweepPage(keys: ItemKey[]): Promise<void> {
    const items = await getAll(engine.storage, keys, { consistent: true });
    for (let at = 0; at < items.length && remainingMs() >= SWEEP_MARGIN_MS; at += SWEEP_CONCURRENCY) {
      await Promise.all(
        items.slice(at, at + SWEEP_CONCURRENCY).map(async item => {
          result.overdue += 1;
          try {
            const record = await completeRecord(engine, item);
            if (isUnfinished(record)) {
              engine.observer.overdue(record);
            }
            result[await lookAfter(await engineOf(scopeOf(item)), record)] += 1;
          } catch (error) {
            result.failed += 1;
            engine.logger.error("An overdue task could not be looked after", {
              ...logFieldsOf(item as TaskRecord),
              error
            });
          }
        })
      );
    }
  }
}
