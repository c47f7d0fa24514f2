import { all, equals, exists, missing } from "../../src/storage/conditions.js";
import type { Item, Storage } from "../../src/storage/Storage.js";

/** A request and the units it is billed with. `reported: false`: DynamoDB Local does not report them, or not rightly. */
export interface MeteredRequest {
  name: string;
  stored?: Item[];
  operation: string;
  request: (storage: Storage) => Promise<unknown>;
  units: { writeUnits: number } | { readUnits: number };
  reported?: false;
}

const key = { PK: "p", SK: "A" };
const inAllIndexes = { sort: "1", listPK: "running", defPK: "resize#running", duePK: "DUE#1", due: 1 };
const task = { ...key, ...inAllIndexes };
/** Text that makes an item about as many KB large. */
const kilobytes = (count: number) => "x".repeat(count * 1024);

/** Units after the developer guide; those of DynamoDB Local are compared with them wherever it reports them. */
export const METERED_REQUESTS: MeteredRequest[] = [
  { name: "a small put", operation: "PutItem", request: storage => storage.put(key), units: { writeUnits: 1 } },
  {
    name: "a put of a bit over 1 KB",
    operation: "PutItem",
    request: storage => storage.put({ ...key, text: kilobytes(1) }),
    units: { writeUnits: 2 }
  },
  {
    name: "a put of exactly 1 KB",
    operation: "PutItem",
    // PK p, SK A, text = 2 + 1 + 2 + 1 + 4 bytes.
    request: storage => storage.put({ ...key, text: "x".repeat(1014) }),
    units: { writeUnits: 1 }
  },
  {
    name: "a put of one byte more",
    operation: "PutItem",
    request: storage => storage.put({ ...key, text: "x".repeat(1015) }),
    units: { writeUnits: 2 }
  },
  {
    name: "a put into three indexes",
    operation: "PutItem",
    request: storage => storage.put(task),
    units: { writeUnits: 4 }
  },
  {
    name: "a put of the same again",
    stored: [task],
    operation: "PutItem",
    request: storage => storage.put(task),
    units: { writeUnits: 1 }
  },
  {
    name: "a put that takes it out of two indexes",
    stored: [task],
    operation: "PutItem",
    request: storage => storage.put({ ...key, duePK: "DUE#1", due: 1 }),
    units: { writeUnits: 3 }
  },
  {
    name: "an update that touches no key",
    stored: [task],
    operation: "UpdateItem",
    request: storage => storage.update(key, exists("PK"), { set: { savedOn: 1 }, add: { iterations: 1 } }),
    units: { writeUnits: 1 }
  },
  {
    name: "an update that changes nothing",
    stored: [task],
    operation: "UpdateItem",
    request: storage => storage.update(key, all(), {}),
    units: { writeUnits: 1 }
  },
  {
    name: "an update that moves due",
    stored: [task],
    operation: "UpdateItem",
    request: storage => storage.update(key, exists("PK"), { set: { due: 2 } }),
    units: { writeUnits: 3 }
  },
  {
    name: "an update that changes the status and takes away due",
    stored: [task],
    operation: "UpdateItem",
    request: storage =>
      storage.update(key, exists("PK"), { set: { listPK: "success", defPK: "resize#success" }, remove: ["due"] }),
    units: { writeUnits: 6 }
  },
  {
    name: "an update that grows the item to 3 KB",
    stored: [task],
    operation: "UpdateItem",
    request: storage => storage.update(key, exists("PK"), { set: { text: kilobytes(2) } }),
    units: { writeUnits: 3 }
  },
  {
    name: "an update that shrinks it from 3 KB",
    stored: [{ ...task, text: kilobytes(2) }],
    operation: "UpdateItem",
    request: storage => storage.update(key, exists("PK"), { remove: ["text"] }),
    units: { writeUnits: 3 }
  },
  {
    name: "an update that creates an item",
    operation: "UpdateItem",
    request: storage => storage.update(key, missing("PK"), { set: { due: 1 } }),
    units: { writeUnits: 1 }
  },
  {
    name: "an index entry of 1.5 KB that moves",
    stored: [{ ...key, listPK: "x".repeat(1500), sort: "1" }],
    operation: "UpdateItem",
    request: storage => storage.update(key, exists("PK"), { set: { sort: "2" } }),
    units: { writeUnits: 6 }
  },
  {
    name: "an update whose condition does not hold, of an item of 3 KB",
    stored: [{ ...task, text: kilobytes(2) }],
    operation: "UpdateItem",
    request: storage => storage.update(key, equals("name", "x"), { set: { listPK: "success" } }),
    units: { writeUnits: 3 },
    reported: false
  },
  {
    name: "a large put whose condition does not hold, over a small item",
    stored: [key],
    operation: "PutItem",
    request: storage => storage.put({ ...key, text: kilobytes(5) }, missing("PK")),
    units: { writeUnits: 1 },
    reported: false
  },
  {
    name: "a delete whose condition does not hold, of nothing",
    operation: "DeleteItem",
    request: storage => storage.delete(key, exists("PK")),
    units: { writeUnits: 1 },
    reported: false
  },
  {
    name: "a delete of an item in three indexes",
    stored: [task],
    operation: "DeleteItem",
    request: storage => storage.delete(key),
    units: { writeUnits: 4 }
  },
  {
    name: "a delete of an item of 3 KB",
    stored: [{ ...key, text: kilobytes(2) }],
    operation: "DeleteItem",
    request: storage => storage.delete(key),
    units: { writeUnits: 3 }
  },
  {
    name: "a delete of nothing",
    operation: "DeleteItem",
    request: storage => storage.delete(key),
    units: { writeUnits: 1 }
  },
  {
    name: "a batch of two puts and a delete, each by itself",
    stored: [task],
    operation: "BatchWriteItem",
    request: storage =>
      storage.batchWrite([
        { put: { PK: "q", SK: "1", text: kilobytes(1) } },
        { put: { PK: "q", SK: "2" } },
        { delete: key }
      ]),
    units: { writeUnits: 7 }
  },
  {
    name: "a batch that deletes nothing",
    operation: "BatchWriteItem",
    request: storage => storage.batchWrite([{ delete: key }]),
    units: { writeUnits: 1 },
    // DynamoDB Local says 2, and 1 for the same delete alone.
    reported: false
  },
  {
    name: "a get",
    stored: [task],
    operation: "GetItem",
    request: storage => storage.get(key),
    units: { readUnits: 0.5 }
  },
  {
    name: "a consistent get",
    stored: [task],
    operation: "GetItem",
    request: storage => storage.get(key, { consistent: true }),
    units: { readUnits: 1 }
  },
  {
    name: "a get of 5 KB",
    stored: [{ ...key, text: kilobytes(5) }],
    operation: "GetItem",
    request: storage => storage.get(key),
    units: { readUnits: 1 }
  },
  {
    name: "a consistent get of 5 KB",
    stored: [{ ...key, text: kilobytes(5) }],
    operation: "GetItem",
    request: storage => storage.get(key, { consistent: true }),
    units: { readUnits: 2 }
  },
  { name: "a get of nothing", operation: "GetItem", request: storage => storage.get(key), units: { readUnits: 0.5 } },
  {
    name: "a batch of three gets, item by item",
    stored: [key, { PK: "q", SK: "1", text: kilobytes(5) }, { PK: "q", SK: "2" }],
    operation: "BatchGetItem",
    request: storage => storage.batchGet([key, { PK: "q", SK: "1" }, { PK: "q", SK: "2" }]),
    units: { readUnits: 2 }
  },
  {
    name: "a consistent batch of two gets",
    stored: [key, { PK: "q", SK: "1", text: kilobytes(5) }],
    operation: "BatchGetItem",
    request: storage => storage.batchGet([key, { PK: "q", SK: "1" }], { consistent: true }),
    units: { readUnits: 3 }
  },
  {
    name: "a batch of gets, of which one finds nothing",
    stored: [key],
    operation: "BatchGetItem",
    request: storage => storage.batchGet([key, { PK: "q", SK: "1" }]),
    units: { readUnits: 1 },
    // The API reference says that a miss costs the smallest read; DynamoDB Local counts none.
    reported: false
  },
  {
    name: "a query by the sum of its items",
    stored: [1, 2, 3].map(i => ({ PK: "p", SK: `${i}`, text: kilobytes(2) })),
    operation: "Query",
    request: storage => storage.query({ partition: "p" }),
    units: { readUnits: 1 }
  },
  {
    name: "a consistent query by the sum of its items",
    stored: [1, 2, 3].map(i => ({ PK: "p", SK: `${i}`, text: kilobytes(2) })),
    operation: "Query",
    request: storage => storage.query({ partition: "p", consistent: true }),
    units: { readUnits: 2 }
  },
  {
    name: "a query that counts, by what it counts",
    stored: [1, 2, 3].map(i => ({ PK: "p", SK: `${i}`, text: kilobytes(3) })),
    operation: "Query",
    request: storage => storage.query({ partition: "p", countOnly: true, limit: 2 }),
    units: { readUnits: 1 }
  },
  {
    name: "a query of an index, by its keys and not by its items",
    stored: [1, 2, 3].map(i => ({ ...task, PK: `p${i}`, text: kilobytes(9) })),
    operation: "Query",
    request: storage => storage.query({ index: "byStatus", partition: "running" }),
    units: { readUnits: 0.5 }
  },
  {
    name: "a query of an index of 100 entries",
    stored: Array.from({ length: 100 }, (_, i) => ({ ...task, PK: `p${100 + i}`, listPK: "x".repeat(100) })),
    operation: "Query",
    request: storage => storage.query({ index: "byStatus", partition: "x".repeat(100) }),
    // An entry: PK p100, SK A, sort 1, listPK x… = 6 + 3 + 5 + 106 bytes, so 12,000 in all.
    units: { readUnits: 1.5 }
  },
  {
    name: "a query that finds nothing",
    operation: "Query",
    request: storage => storage.query({ partition: "p", consistent: true }),
    units: { readUnits: 1 },
    // The emulators count none.
    reported: false
  }
];
