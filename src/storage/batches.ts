import { TasksError } from "../errors.js";
import type { BatchWrite, Item, ItemKey, Query, Storage } from "./Storage.js";

const GET_SIZE = 100;
const WRITE_SIZE = 25;
/** Rounds in a row that may do nothing: up to 11 seconds of pauses. */
const IDLE_ROUNDS = 8;
const MAX_PAUSE_MS = 5_000;

/** Gets any number of items, 100 a request, in the order of the keys; items that are not there are left out. */
export async function getAll(
  storage: Storage,
  keys: readonly ItemKey[],
  options?: { consistent?: boolean }
): Promise<Item[]> {
  const found = new Map<string, Item>();
  const batches = chunks([...new Map(keys.map(key => [nameOf(key), key])).values()], GET_SIZE);
  await Promise.all(
    batches.map(batch =>
      untilProcessed(storage, "read", batch, async rest => {
        const { items, unprocessed } = await storage.batchGet(rest, options);
        for (const item of items) {
          found.set(nameOf(item), item);
        }
        return unprocessed;
      })
    )
  );
  return keys.flatMap(key => found.get(nameOf(key)) ?? []);
}

/** Writes any number of items, 25 a request. A single one is a plain put or delete. */
export async function writeAll(storage: Storage, writes: readonly BatchWrite[]): Promise<void> {
  const [only] = writes;
  if (writes.length === 1 && only !== undefined) {
    await ("put" in only ? storage.put(only.put) : storage.delete(only.delete));
    return;
  }
  for (const batch of chunks(writes, WRITE_SIZE)) {
    await untilProcessed(storage, "written", batch, rest => storage.batchWrite(rest));
  }
}

/** Every item of a query, page by page. For partitions that are known to be small, or to be removed. */
export async function* queryAll(storage: Storage, query: Query): AsyncGenerator<Item> {
  let after = query.after;
  do {
    const page = await storage.query({ ...query, after });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}

/**
 * DynamoDB may leave a part of a batch undone under load: it is sent again, with a growing pause. As long as each round
 * does some of it, this goes on.
 */
async function untilProcessed<T>(
  storage: Storage,
  done: "read" | "written",
  batch: T[],
  send: (rest: T[]) => Promise<T[]>
): Promise<void> {
  let rest = batch;
  for (let idle = 0, round = 0; rest.length > 0; round++) {
    if (idle === IDLE_ROUNDS) {
      throw new TasksError(
        "STORAGE_UNAVAILABLE",
        `DynamoDB left ${rest.length} of ${batch.length} items un${done}, and did none of them in ${IDLE_ROUNDS} rounds: the table is throttled. Try again later, or raise its limits.`,
        { left: rest.length, of: batch.length }
      );
    }
    if (round > 0) {
      await pauseIn(storage, Math.random() * Math.min(MAX_PAUSE_MS, 50 * 2 ** round));
    }
    const left = await send(rest);
    idle = left.length < rest.length ? 0 : idle + 1;
    rest = left;
  }
}

/** Lets time pass as this storage does. */
export async function pauseIn(storage: Storage, milliseconds: number): Promise<void> {
  await (storage.pause?.(milliseconds) ?? new Promise(resolve => setTimeout(resolve, milliseconds)));
}

function chunks<T>(values: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let i = 0; i < values.length; i += size) {
    result.push(values.slice(i, i + size));
  }
  return result;
}

const nameOf = (key: ItemKey) => `${key.PK}\n${key.SK}`;
