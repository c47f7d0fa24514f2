import { exists } from "../../src/storage/conditions.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { describeItemSizes, describeStorage } from "./storage.contract.js";

describeStorage("memory", async () => new MemoryStorage());
describeItemSizes("memory", async () => new MemoryStorage());

describe("memory", () => {
  it("orders equal sort keys of an index by PK", async () => {
    const storage = new MemoryStorage();
    for (const PK of ["c", "a", "b"]) {
      await storage.put({ PK, SK: "A", listPK: "L", sort: "1" });
    }
    const order = async (order: "asc" | "desc") =>
      (await storage.query({ index: "byStatus", partition: "L", order })).items.map(item => item.PK);
    expect(await order("asc")).toEqual(["a", "b", "c"]);
    expect(await order("desc")).toEqual(["c", "b", "a"]);
  });

  it("refuses empty key values, which dynalite lets through", async () => {
    const storage = new MemoryStorage();
    const refused = { code: "STORAGE_ERROR", data: { name: "ValidationException" } };
    await expect(storage.put({ PK: "p", SK: "A", listPK: "", sort: "1" })).rejects.toMatchObject(refused);
    await expect(storage.query({ partition: "" })).rejects.toMatchObject(refused);
  });

  it("updates one of 5,000 tasks as fast as one of 10: a write does not walk the table", async () => {
    async function microsecondsPerUpdate(tasks: number): Promise<number> {
      const storage = new MemoryStorage();
      for (let i = 0; i < tasks; i++) {
        await storage.put({
          PK: `p${i}`,
          SK: "A",
          listPK: "L",
          sort: String(i),
          duePK: "D",
          due: i,
          text: "x".repeat(300)
        });
      }
      const start = process.hrtime.bigint();
      for (let i = 0; i < 3_000; i++) {
        await storage.update({ PK: `p${i % tasks}`, SK: "A" }, exists("PK"), {
          set: { savedOn: i },
          add: { iterations: 1 }
        });
      }
      return Number(process.hrtime.bigint() - start) / 1_000 / 3_000;
    }
    await microsecondsPerUpdate(10);
    // A walk of 5,000 items would cost 500 times as much: the room is for a busy machine.
    expect(await microsecondsPerUpdate(5_000)).toBeLessThan(30 * (await microsecondsPerUpdate(10)));
  });
});
