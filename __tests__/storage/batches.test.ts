import { getAll, writeAll } from "../../src/storage/batches.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { MeteredStorage } from "../../src/storage/MeteredStorage.js";
import type { BatchWrite, ItemKey } from "../../src/storage/Storage.js";
import { partialBatches } from "../helpers/partialBatches.js";
import { VirtualClock } from "../../src/testing/VirtualClock.js";

const keys = (count: number): ItemKey[] => Array.from({ length: count }, (_, at) => ({ PK: "p", SK: String(at) }));
const puts = (items: ItemKey[]): BatchWrite[] => items.map(({ PK, SK }) => ({ put: { PK, SK } }));

/** A storage that does `most` of each batch, and the pauses that were asked of it; time moves by itself. */
function underLoad(most: number) {
  const memory = new MemoryStorage();
  const clock = new VirtualClock();
  const pauses: number[] = [];
  const metered = new MeteredStorage({
    ...partialBatches(memory, most),
    pause(milliseconds) {
      pauses.push(milliseconds);
      void clock.advance(milliseconds);
      return clock.sleep(milliseconds);
    }
  });
  return { memory, clock, pauses, metered };
}

describe("batches under load", () => {
  it("sends what was left undone again, and nothing twice", async () => {
    const { memory, metered } = underLoad(10);
    await writeAll(metered, puts(keys(30)));
    expect((await memory.query({ partition: "p" })).count).toBe(30);
    // 25: 10, 10, 5; and the other 5.
    expect(metered.counts().byMethod.batchWrite).toEqual({ requests: 4, writeUnits: 30, readUnits: 0 });
  });

  it("reads what was left unread again, in the order of the keys, as consistently as the first time", async () => {
    const { metered, memory } = underLoad(40);
    await writeAll(memory, puts(keys(120)));
    const wanted = [...keys(120)].reverse();
    expect(await getAll(metered, wanted, { consistent: true })).toEqual(wanted);
    // 100: 40, 40, 20; and the other 20. Half the units would say: not consistent.
    expect(metered.counts().byMethod.batchGet).toEqual({ requests: 4, writeUnits: 0, readUnits: 120 });
  });

  it("pauses before each further round, longer each time, in the storage's own time", async () => {
    const { clock, pauses, metered } = underLoad(4);
    const before = clock.now();
    const random = jest.spyOn(Math, "random").mockReturnValue(1);
    await writeAll(metered, puts(keys(20))).finally(() => random.mockRestore());
    expect(pauses).toEqual([100, 200, 400, 800]);
    expect(clock.now()).toBe(before + 1_500);
  });

  it("goes on as long as each round does something", async () => {
    const { memory, pauses, metered } = underLoad(1);
    await writeAll(metered, puts(keys(20)));
    expect(pauses).toHaveLength(19);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(5_000);
    expect((await memory.query({ partition: "p" })).count).toBe(20);
  });

  it("gives up after 8 rounds that did nothing, with what is left and what to do", async () => {
    const { memory, pauses, metered } = underLoad(0);
    await expect(writeAll(metered, puts(keys(20)))).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message:
        "DynamoDB left 20 of 20 items unwritten, and did none of them in 8 rounds: the table is throttled. Try again later, or raise its limits.",
      data: { left: 20, of: 20 }
    });
    expect(pauses).toHaveLength(7);
    expect((await memory.query({ partition: "p" })).count).toBe(0);
    await expect(getAll(metered, keys(20))).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringContaining("left 20 of 20 items unread") as string
    });
  });

  it("pauses in real time where the storage has none of its own", async () => {
    const memory = new MemoryStorage();
    const random = jest.spyOn(Math, "random").mockReturnValue(0.1);
    const sleep = jest.spyOn(globalThis, "setTimeout");
    await writeAll(partialBatches(memory, 1), puts(keys(3))).finally(() => random.mockRestore());
    expect(sleep.mock.calls.map(([, milliseconds]) => milliseconds)).toEqual([10, 20]);
    sleep.mockRestore();
    expect((await memory.query({ partition: "p" })).count).toBe(3);
  });
});
