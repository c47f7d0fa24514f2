import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createTasksTable } from "../../src/storage/dynamodb/createTasksTable.js";
import { DynamoDbStorage } from "../../src/storage/dynamodb/DynamoDbStorage.js";
import { MeteredStorage } from "../../src/storage/MeteredStorage.js";
import { type DynamoDbLocal, findJarDirectory, findJava, PLACES, startDynamoDbLocal } from "./dynamoDbLocal.js";
import { METERED_REQUESTS } from "./metering.js";
import { describeItemSizes, describeStorage } from "./storage.contract.js";
import { describeTable } from "./table.contract.js";

const java = findJava();
const directory = findJarDirectory();

if (java === undefined) {
  test("Amazon's DynamoDB Local was not tried: there is no java on the PATH", () => {
    expect(spawnSync("java", ["-version"]).error).toMatchObject({ code: "ENOENT" });
  });
} else if (directory === undefined) {
  test("Amazon's DynamoDB Local was not tried: it is not there; set DYNAMODB_LOCAL_DIR to the folder of DynamoDBLocal.jar", () => {
    expect(PLACES.map(place => join(place, "DynamoDBLocal.jar")).filter(existsSync)).toEqual([]);
  });
} else {
  describe("with Amazon's DynamoDB Local", () => {
    jest.setTimeout(60_000);
    let local: DynamoDbLocal;

    beforeAll(async () => {
      local = await startDynamoDbLocal(java, directory);
    });

    afterAll(() => local.stop());

    async function createStorage(
      options: Pick<ConstructorParameters<typeof DynamoDbStorage>[0], "onConsumedCapacity"> = {}
    ) {
      const client = local.createClient();
      const tableName = `tasks-${randomUUID()}`;
      await createTasksTable({ client, tableName });
      return new DynamoDbStorage({ client, tableName, ...options });
    }

    describeStorage("DynamoDB Local", () => createStorage());
    describeItemSizes("DynamoDB Local", () => createStorage());
    describeTable("DynamoDB Local", () => local.createClient());

    describe("the meter agrees with DynamoDB Local about", () => {
      const reported = METERED_REQUESTS.filter(({ reported }) => reported !== false);

      it.each(reported)("$name: $units", async ({ stored = [], operation, request, units }) => {
        const consumed: [string, number][] = [];
        const table = await createStorage({
          onConsumedCapacity: (name, { CapacityUnits = 0 }) => consumed.push([name, CapacityUnits])
        });
        for (const item of stored) {
          await table.put(item);
        }
        const storage = new MeteredStorage(table);
        consumed.length = 0;
        await request(storage);
        const { writeUnits, readUnits } = storage.counts();
        expect({ writeUnits, readUnits }).toEqual({ writeUnits: 0, readUnits: 0, ...units });
        // The meter's own reads, of the item before or of what a query counted, come before or after.
        expect(consumed.find(([name]) => name === operation)).toEqual([operation, writeUnits + readUnits]);
      });
    });
  });
}
