import { TasksError } from "../errors.js";
import { MemoryStorage } from "../storage/memory/MemoryStorage.js";
import type { Item, ItemKey, Storage } from "../storage/Storage.js";
import type { Effects } from "./Effects.js";
import type { Scheduler } from "./Scheduler.js";

const STALE_MS = 10 * 60_000;
const PAUSE_MS = 100;

/** A table each of whose requests is an effect. Nothing is shared with the caller, as over a network. */
export function simulatedStorage(table: MemoryStorage, effects: Effects, scheduler: Scheduler): Storage {
  const journal: { at: number; key: ItemKey; item: Item | null }[] = [];
  const isJournaled = effects.expects("stale-index");

  async function note(...keys: ItemKey[]): Promise<void> {
    for (const { PK, SK } of isJournaled ? keys : []) {
      journal.push({ at: scheduler.time.now(), key: { PK, SK }, item: await table.get({ PK, SK }) });
    }
  }

  /** The table as it was. */
  async function before(milliseconds: number): Promise<MemoryStorage> {
    const past = new MemoryStorage();
    for (const { key, item } of journal.filter(({ at }) => at <= scheduler.time.now() - milliseconds)) {
      await (item === null ? past.delete(key) : past.put(item));
    }
    return past;
  }

  const request = <T>(
    method: string,
    carryOut: () => Promise<T>,
    more: { trait?: "batch" | "index"; partly?: () => Promise<T>; stale?: () => Promise<T> } = {}
  ) => effects.effect("request", `storage.${method}`, carryOut, { ...more, refuse: () => refuse(method) });

  return {
    get: key => request("get", () => table.get(key)),
    query: query =>
      request(
        "query",
        () => table.query(query),
        query.index === undefined ? {} : { trait: "index", stale: async () => (await before(STALE_MS)).query(query) }
      ),
    put: (item, condition) =>
      request("put", async () => {
        const done = await table.put(item, condition);
        await note(item);
        return done;
      }),
    update: (key, condition, changes) =>
      request("update", async () => {
        const item = await table.update(key, condition, changes);
        await note(key);
        return item;
      }),
    delete: (key, condition) =>
      request("delete", async () => {
        const done = await table.delete(key, condition);
        await note(key);
        return done;
      }),
    batchGet: keys =>
      request("batchGet", () => table.batchGet(keys), {
        trait: "batch",
        async partly() {
          const [first, rest] = halves(keys);
          const { items, unprocessed } = await table.batchGet(first);
          return { items, unprocessed: [...unprocessed, ...rest] };
        }
      }),
    batchWrite(writes) {
      const write = async (batch: typeof writes) => {
        const rest = await table.batchWrite(batch);
        await note(...batch.map(one => ("put" in one ? one.put : one.delete)));
        return rest;
      };
      return request("batchWrite", () => write(writes), {
        trait: "batch",
        async partly() {
          const [first, rest] = halves(writes);
          return [...(await write(first)), ...rest];
        }
      });
    },
    // Its length is chance: here the same each time.
    pause: () => scheduler.clock.sleep(PAUSE_MS)
  };
}

/** At least one is left over; with a single one, nothing is done. */
function halves<T>(all: readonly T[]): [T[], T[]] {
  const middle = Math.floor(all.length / 2);
  return [all.slice(0, middle), all.slice(middle)];
}

function refuse(method: string): never {
  throw new TasksError("STORAGE_UNAVAILABLE", `The request "${method}" was throttled until it was given up.`, {
    method
  });
}
