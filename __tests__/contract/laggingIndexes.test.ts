import { exists } from "../../src/storage/conditions.js";
import { createTasksTable } from "../../src/storage/dynamodb/createTasksTable.js";
import { DynamoDbStorage } from "../../src/storage/dynamodb/DynamoDbStorage.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { createDynaliteClient } from "../helpers/dynalite.js";
import { laggingIndexes } from "../helpers/laggingIndexes.js";
import { describeStorage } from "./storage.contract.js";

describeStorage("dynalite with late indexes", async () => {
  const client = createDynaliteClient();
  await createTasksTable({ client, tableName: "tasks" });
  await createTasksTable({ client, tableName: "replica" });
  const [table, replica] = ["tasks", "replica"].map(tableName => new DynamoDbStorage({ client, tableName })) as [
    DynamoDbStorage,
    DynamoDbStorage
  ];
  return laggingIndexes(table, replica, { writes: 3 });
});

describe("late indexes", () => {
  const key = { PK: "p", SK: "A" };

  it("do not know the latest writes, while the table does", async () => {
    const storage = laggingIndexes(new MemoryStorage(), new MemoryStorage(), { writes: 2 });
    const listed = async (status: string) =>
      (await storage.query({ index: "byStatus", partition: status })).items.map(item => item.PK);
    await storage.put({ ...key, listPK: "pending", sort: "1" });
    await storage.update(key, exists("PK"), { set: { listPK: "running" } });
    expect([await listed("pending"), await listed("running")]).toEqual([[], []]);
    expect(await storage.get(key)).toEqual({ ...key, listPK: "running", sort: "1" });
    expect((await storage.query({ partition: "p" })).items).toEqual([{ ...key, listPK: "running", sort: "1" }]);

    await storage.update(key, exists("PK"), { set: { listPK: "success" } });
    expect([await listed("pending"), await listed("running"), await listed("success")]).toEqual([["p"], [], []]);
    await storage.delete(key);
    expect([await listed("pending"), await listed("running"), await listed("success")]).toEqual([[], ["p"], []]);
    await storage.catchUp();
    expect([await listed("pending"), await listed("running"), await listed("success")]).toEqual([[], [], []]);
  });

  it("never go back behind what they caught up with", async () => {
    const storage = laggingIndexes(new MemoryStorage(), new MemoryStorage(), { writes: 2 });
    await storage.put({ ...key, listPK: "pending", sort: "1" });
    await storage.update(key, exists("PK"), { set: { listPK: "running" } });
    await storage.catchUp();
    for (const SK of ["1", "2", "3"]) {
      await storage.put({ PK: "other", SK });
      expect((await storage.query({ index: "byStatus", partition: "pending" })).items).toEqual([]);
      expect((await storage.query({ index: "byStatus", partition: "running" })).items.map(item => item.PK)).toEqual([
        "p"
      ]);
    }
  });
});
