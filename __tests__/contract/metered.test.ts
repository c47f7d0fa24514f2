import { exists } from "../../src/storage/conditions.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { MeteredStorage } from "../../src/storage/MeteredStorage.js";
import { partialBatches } from "../helpers/partialBatches.js";
import { METERED_REQUESTS } from "./metering.js";
import { describeStorage } from "./storage.contract.js";

describeStorage("metered memory", async () => new MeteredStorage(new MemoryStorage()));

describe("the meter", () => {
  const key = { PK: "p", SK: "A" };

  it.each(METERED_REQUESTS)("bills $name: $units", async ({ stored = [], request, units }) => {
    const memory = new MemoryStorage();
    for (const item of stored) {
      await memory.put(item);
    }
    const storage = new MeteredStorage(memory);
    await request(storage);
    const { requests, writeUnits, readUnits } = storage.counts();
    expect({ requests, writeUnits, readUnits }).toEqual({ requests: 1, writeUnits: 0, readUnits: 0, ...units });
  });

  it("counts in total and by method, until it is reset", async () => {
    const storage = new MeteredStorage(new MemoryStorage());
    expect(storage.counts()).toEqual({ requests: 0, writeUnits: 0, readUnits: 0, byMethod: {} });
    await storage.put({ ...key, duePK: "DUE#1", due: 1 });
    await storage.update(key, exists("PK"), { set: { due: 2 } });
    await storage.update(key, exists("PK"), { set: { name: "a" } });
    await storage.get(key, { consistent: true });
    expect(storage.counts()).toEqual({
      requests: 4,
      writeUnits: 6,
      readUnits: 1,
      byMethod: {
        put: { requests: 1, writeUnits: 2, readUnits: 0 },
        update: { requests: 2, writeUnits: 4, readUnits: 0 },
        get: { requests: 1, writeUnits: 0, readUnits: 1 }
      }
    });
    storage.reset();
    expect(storage.counts()).toEqual({ requests: 0, writeUnits: 0, readUnits: 0, byMethod: {} });
  });

  it("gives a snapshot, which later requests leave as it is", async () => {
    const storage = new MeteredStorage(new MemoryStorage());
    await storage.put(key);
    const counts = storage.counts();
    await storage.put(key);
    expect(counts).toEqual({
      requests: 1,
      writeUnits: 1,
      readUnits: 0,
      byMethod: { put: { requests: 1, writeUnits: 1, readUnits: 0 } }
    });
  });

  it("counts a refused request, without units, and passes the refusal on", async () => {
    const storage = new MeteredStorage(new MemoryStorage());
    await expect(storage.put({ ...key, body: new Uint8Array(401 * 1024) })).rejects.toMatchObject({
      code: "STORAGE_ERROR"
    });
    expect(storage.counts()).toMatchObject({ requests: 1, writeUnits: 0 });
  });

  it("bills of a batch only what was done: the rest is billed when it is sent again", async () => {
    const memory = new MemoryStorage();
    const storage = new MeteredStorage(partialBatches(memory, 1));
    const rest = await storage.batchWrite([
      { put: { PK: "p", SK: "1" } },
      { put: { PK: "p", SK: "2" } },
      { delete: { PK: "p", SK: "3" } }
    ]);
    expect(rest).toHaveLength(2);
    expect(storage.counts()).toMatchObject({ requests: 1, writeUnits: 1 });
    await storage.batchGet([
      { PK: "p", SK: "1" },
      { PK: "p", SK: "2" }
    ]);
    expect(storage.counts()).toMatchObject({ requests: 2, readUnits: 0.5 });
  });
});
