import {
  all,
  any,
  atMost,
  below,
  equals,
  exists,
  missing,
  oneOf,
  unchanged,
  type Condition
} from "../../src/storage/conditions.js";
import type { Attribute, Item, ItemKey, Position, Query, QueryPage, Storage } from "../../src/storage/Storage.js";

/** For a test that moves many megabytes, in milliseconds. */
const LARGE_TEST_MS = 60_000;

/** A storage under test. `catchUp`: for one whose indexes are late, brings them up to date. */
export type ContractStorage = Storage & { catchUp?(): Promise<void> };

/**
 * What every storage promises, whatever is below it.
 * @param createStorage gives an empty one
 */
export function describeStorage(name: string, createStorage: () => Promise<ContractStorage>): void {
  describe(`the storage port on ${name}`, () => {
    let storage: ContractStorage;

    beforeEach(async () => {
      storage = await createStorage();
    });

    /** Index queries are eventually consistent: the contract is about what they answer in the end. */
    async function inIndex(query: Query): Promise<QueryPage> {
      await storage.catchUp?.();
      return storage.query(query);
    }

    /** All pages of a query, as the sort keys of each page. */
    async function pagesOf(query: Query, sort: string): Promise<unknown[][]> {
      await storage.catchUp?.();
      const pages: unknown[][] = [];
      let after: Position | undefined;
      do {
        const page: QueryPage = await storage.query({ ...query, after });
        pages.push(page.items.map(item => item[sort]));
        after = page.next;
      } while (after !== undefined);
      return pages;
    }

    const key = { PK: "T#root#L#en-US#TASK#1", SK: "A" };
    const stored = () => storage.get(key, { consistent: true });

    describe("get", () => {
      it("gives the whole item", async () => {
        await storage.put({ ...key, name: "Resize", iterations: 3 });
        expect(await storage.get(key)).toEqual({ PK: "T#root#L#en-US#TASK#1", SK: "A", name: "Resize", iterations: 3 });
        expect(await storage.get(key, { consistent: true })).toEqual({
          PK: "T#root#L#en-US#TASK#1",
          SK: "A",
          name: "Resize",
          iterations: 3
        });
      });

      it("gives null for an item that is not there, in a partition that is and in one that is not", async () => {
        await storage.put(key);
        expect(await storage.get({ PK: key.PK, SK: "B" })).toBeNull();
        expect(await storage.get({ PK: "other", SK: "A" })).toBeNull();
      });

      it("takes a whole item as a key", async () => {
        await storage.put({ ...key, name: "Resize" });
        expect(await storage.get({ ...key, name: "another" } as ItemKey)).toEqual({ ...key, name: "Resize" });
      });

      it("gives an item of its own: changing it changes nothing stored", async () => {
        await storage.put({ ...key, list: [1], map: { a: 1 }, bytes: new Uint8Array([1, 2]) });
        const item = (await stored()) as Item;
        (item.list as number[]).push(2);
        (item.map as Record<string, number>).a = 2;
        (item.bytes as Uint8Array)[0] = 9;
        item.more = true;
        expect(await stored()).toEqual({ ...key, list: [1], map: { a: 1 }, bytes: new Uint8Array([1, 2]) });
      });
    });

    describe("put", () => {
      it("replaces the whole item", async () => {
        await storage.put({ ...key, name: "Resize", iterations: 3 });
        expect(await storage.put({ ...key, name: "Crop" })).toBe(true);
        expect(await stored()).toEqual({ ...key, name: "Crop" });
      });

      it("under a condition that holds, writes", async () => {
        expect(await storage.put({ ...key, name: "Resize" }, missing("PK"))).toBe(true);
        expect(await stored()).toEqual({ ...key, name: "Resize" });
      });

      it("under a condition that does not hold, gives false and writes nothing", async () => {
        await storage.put({ ...key, name: "Resize" });
        expect(await storage.put({ ...key, name: "Crop" }, missing("PK"))).toBe(false);
        expect(await stored()).toEqual({ ...key, name: "Resize" });
      });

      it("keeps an item of its own: changing what was given changes nothing stored", async () => {
        const item = { ...key, list: [1], map: { a: 1 }, bytes: new Uint8Array([1, 2]) };
        await storage.put(item);
        item.list.push(2);
        item.map.a = 2;
        item.bytes[0] = 9;
        expect(await stored()).toEqual({ ...key, list: [1], map: { a: 1 }, bytes: new Uint8Array([1, 2]) });
      });
    });

    describe("update", () => {
      it("sets, removes and adds in one request, and gives the whole item", async () => {
        await storage.put({ ...key, name: "Resize", attempt: 2, iterations: 3, rev: 7 });
        const item = await storage.update(key, exists("PK"), {
          set: { name: "Crop", message: "half done" },
          setIfMissing: { startedOn: 1000 },
          remove: ["attempt"],
          add: { iterations: 1 }
        });
        const expected = { ...key, name: "Crop", message: "half done", startedOn: 1000, iterations: 4, rev: 7 };
        expect(item).toEqual(expected);
        expect(await stored()).toEqual(expected);
      });

      it("under a condition that does not hold, gives null and writes nothing", async () => {
        await storage.put({ ...key, name: "Resize" });
        expect(await storage.update(key, equals("name", "Crop"), { set: { name: "Blur" } })).toBeNull();
        expect(await stored()).toEqual({ ...key, name: "Resize" });
      });

      it("of an item that is not there creates it when the condition holds", async () => {
        expect(await storage.update(key, missing("PK"), { set: { name: "Resize" }, add: { attempt: 1 } })).toEqual({
          ...key,
          name: "Resize",
          attempt: 1
        });
        expect(await stored()).toEqual({ ...key, name: "Resize", attempt: 1 });
      });

      it("of an item that is not there creates nothing when the condition asks for it", async () => {
        expect(await storage.update(key, exists("PK"), { set: { name: "ghost" } })).toBeNull();
        expect(await stored()).toBeNull();
      });

      it("without a change gives the item as it is", async () => {
        await storage.put({ ...key, name: "Resize" });
        expect(await storage.update(key, exists("PK"), {})).toEqual({ ...key, name: "Resize" });
        expect(await storage.update(key, exists("PK"), { set: { name: undefined }, remove: [] })).toEqual({
          ...key,
          name: "Resize"
        });
      });

      it("setIfMissing keeps what is there, null, 0 and empty text included", async () => {
        await storage.put({ ...key, zero: 0, empty: "", nothing: null });
        expect(
          await storage.update(key, exists("PK"), { setIfMissing: { zero: 1, empty: "x", nothing: 1, absent: "new" } })
        ).toEqual({
          ...key,
          zero: 0,
          empty: "",
          nothing: null,
          absent: "new"
        });
      });

      it("adds to 0 when the number is not there, and subtracts", async () => {
        await storage.put({ ...key, left: 5 });
        expect(await storage.update(key, exists("PK"), { add: { left: -7, done: 2 } })).toEqual({
          ...key,
          left: -2,
          done: 2
        });
      });

      it("removes what is not there without a word", async () => {
        await storage.put({ ...key, name: "Resize" });
        expect(await storage.update(key, exists("PK"), { remove: ["attempt"] })).toEqual({ ...key, name: "Resize" });
      });

      it("leaves out undefined values, beside a remove of the same attribute too", async () => {
        await storage.put({ ...key, nextAt: 5 });
        expect(
          await storage.update(key, exists("PK"), { set: { nextAt: undefined, rev: 1 }, remove: ["nextAt"] })
        ).toEqual({ ...key, rev: 1 });
      });

      it("takes attribute names that are words of DynamoDB's language, or have dots and dashes", async () => {
        await storage.put({ ...key, status: "a" });
        const changes = {
          set: { name: "n", "a.b": 1, "c-d": 2, "#x": 3, ":y": 4 },
          remove: ["status"],
          add: { size: 1 }
        };
        expect(await storage.update(key, equals("status", "a"), changes)).toEqual({
          ...key,
          name: "n",
          "a.b": 1,
          "c-d": 2,
          "#x": 3,
          ":y": 4,
          size: 1
        });
      });

      it("refuses two changes of one attribute, and any of the key", async () => {
        await storage.put({ ...key, name: "Resize" });
        const refused = { code: "STORAGE_ERROR", data: { name: "ValidationException", operation: "UpdateItem" } };
        await expect(storage.update(key, exists("PK"), { set: { name: "a" }, remove: ["name"] })).rejects.toMatchObject(
          refused
        );
        await expect(storage.update(key, exists("PK"), { set: { n: 1 }, add: { n: 1 } })).rejects.toMatchObject(
          refused
        );
        await expect(storage.update(key, exists("PK"), { set: { SK: "B" } })).rejects.toMatchObject(refused);
        await expect(storage.update(key, exists("PK"), { add: { name: 1 } })).rejects.toMatchObject(refused);
        expect(await stored()).toEqual({ ...key, name: "Resize" });
      });
    });

    describe("delete", () => {
      it("removes the item, and is content when it is not there", async () => {
        await storage.put(key);
        expect(await storage.delete(key)).toBe(true);
        expect(await stored()).toBeNull();
        expect(await storage.delete(key)).toBe(true);
      });

      it("under a condition that does not hold, gives false and removes nothing", async () => {
        await storage.put({ ...key, taskStatus: "running" });
        expect(await storage.delete(key, equals("taskStatus", "pending"))).toBe(false);
        expect(await stored()).toEqual({ ...key, taskStatus: "running" });
        expect(await storage.delete(key, equals("taskStatus", "running"))).toBe(true);
        expect(await stored()).toBeNull();
      });

      it("of an item that is not there gives false when the condition asks for it", async () => {
        expect(await storage.delete(key, exists("PK"))).toBe(false);
      });
    });

    describe("conditions", () => {
      const item = { ...key, text: "b", number: 5, yes: true, nothing: null, empty: "", list: [1], zero: 0 };

      const cases: [string, Condition, boolean][] = [
        ["exists, of an attribute that is there", exists("text"), true],
        ["exists, of null", exists("nothing"), true],
        ["exists, of empty text", exists("empty"), true],
        ["exists, of a list", exists("list"), true],
        ["exists, of an attribute that is not there", exists("absent"), false],
        ["missing, of an attribute that is not there", missing("absent"), true],
        ["missing, of null", missing("nothing"), false],
        ["missing, of 0", missing("zero"), false],
        ["equal texts", equals("text", "b"), true],
        ["different texts", equals("text", "c"), false],
        ["text against empty text", equals("empty", ""), true],
        ["equal numbers", equals("number", 5), true],
        ["a number against its digits", equals("number", "5"), false],
        ["0 against false", equals("zero", false), false],
        ["equal booleans", equals("yes", true), true],
        ["different booleans", equals("yes", false), false],
        ["equality with an attribute that is not there", equals("absent", 1), false],
        ["equality with null", equals("nothing", 0), false],
        ["at most, of the number itself", atMost("number", 5), true],
        ["at most, of a smaller bound", atMost("number", 4), false],
        ["at most, of an attribute that is not there", atMost("absent", 4), false],
        ["at most, of text", atMost("text", 4), false],
        ["below a larger number", below("number", 6), true],
        ["below the number itself", below("number", 5), false],
        ["numbers compare as numbers, not as digits", below("number", 10), true],
        ["a negative bound", below("number", -10), false],
        ["greater", { kind: "compare", attribute: "number", operator: ">", value: 4 }, true],
        ["greater than itself", { kind: "compare", attribute: "number", operator: ">", value: 5 }, false],
        ["at least itself", { kind: "compare", attribute: "number", operator: ">=", value: 5 }, true],
        ["at least more", { kind: "compare", attribute: "number", operator: ">=", value: 6 }, false],
        ["text below text", { kind: "compare", attribute: "text", operator: "<", value: "ba" }, true],
        ["text above text", { kind: "compare", attribute: "text", operator: ">", value: "a" }, true],
        ["text at least text", { kind: "compare", attribute: "text", operator: ">=", value: "c" }, false],
        ["one of texts", oneOf("text", ["a", "b"]), true],
        ["one of others", oneOf("text", ["a", "c"]), false],
        ["one of numbers", oneOf("number", [4, 5]), true],
        ["one of mixed", oneOf("number", ["5", 6]), false],
        ["one of a value for an attribute that is not there", oneOf("absent", ["a"]), false],
        ["one of nothing", oneOf("text", []), false],
        ["one of 150, the last", oneOf("text", [...Array.from({ length: 149 }, (_, i) => `v${i}`), "b"]), true],
        [
          "one of 150 others",
          oneOf(
            "text",
            Array.from({ length: 150 }, (_, i) => `v${i}`)
          ),
          false
        ],
        ["unchanged, of a value that is the same", unchanged("number", 5), true],
        ["unchanged, of another", unchanged("number", 4), false],
        ["unchanged, of one that was not there and is not", unchanged("absent", undefined), true],
        ["unchanged, of one that was not there and now is", unchanged("number", undefined), false],
        ["all of true ones", all(exists("text"), exists("number"), exists("yes")), true],
        ["all with a false one", all(exists("text"), exists("absent")), false],
        ["all of nothing", all(), true],
        ["all with all of nothing", all(exists("text"), all()), true],
        ["any with a true one", any(exists("absent"), exists("text")), true],
        ["any of false ones", any(exists("absent"), equals("text", "c")), false],
        ["any of nothing", any(), false],
        ["any with all of nothing", any(exists("absent"), all()), true],
        ["all with any of nothing", all(exists("text"), any()), false],
        ["a single one in all and any", all(any(exists("text"))), true],
        ["and binds its own or", all(equals("text", "x"), any(exists("text"), exists("number"))), false],
        ["or binds its own and", any(equals("text", "b"), all(exists("absent"), exists("text"))), true],
        ["one attribute named twice", all(exists("number"), below("number", 6), equals("number", 5)), true]
      ];

      it.each(cases)("%s", async (_name, condition, expected) => {
        await storage.put(item);
        expect((await storage.update(key, condition, { set: { touched: 1 } })) !== null).toBe(expected);
        expect((await stored())?.touched).toBe(expected ? 1 : undefined);
        expect(await storage.put({ ...key, replaced: 1 }, condition)).toBe(expected);
      });

      it("compare with an item that is not there as with one without attributes", async () => {
        expect(await storage.update(key, equals("name", "x"), { set: { a: 1 } })).toBeNull();
        expect(await storage.update(key, any(equals("name", "x"), missing("name")), { set: { a: 1 } })).toEqual({
          ...key,
          a: 1
        });
      });

      it("let the claim of an iteration through once", async () => {
        const now = 100_000;
        const claim = all(
          equals("execution", 1),
          oneOf("taskStatus", ["pending", "running"]),
          any(missing("nextAt"), atMost("nextAt", now)),
          any(
            all(equals("iterations", 0), missing("leaseOwner")),
            all(equals("iterations", 1), below("leaseUntil", now))
          )
        );
        await storage.put({ ...key, execution: 1, taskStatus: "pending", iterations: 0 });
        const changes = { set: { iterations: 1, taskStatus: "running", leaseOwner: "me", leaseUntil: 200_000 } };
        expect(await storage.update(key, claim, changes)).toEqual({
          ...key,
          execution: 1,
          taskStatus: "running",
          iterations: 1,
          leaseOwner: "me",
          leaseUntil: 200_000
        });
        expect(await storage.update(key, claim, changes)).toBeNull();
        await storage.update(key, exists("PK"), { set: { leaseUntil: 99_999 } });
        expect(await storage.update(key, claim, changes)).not.toBeNull();
      });

      it("let exactly one of 20 concurrent updates win", async () => {
        await storage.put({ ...key, iterations: 0 });
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            storage.update(key, equals("iterations", 0), { set: { owner: `o${i}` }, add: { iterations: 1 } })
          )
        );
        const winners = answers.filter(answer => answer !== null);
        expect(winners).toHaveLength(1);
        expect(await stored()).toEqual(winners[0]);
        expect(winners[0]?.iterations).toBe(1);
      });

      it("let exactly one of 20 concurrent puts and deletes win", async () => {
        const puts = await Promise.all(
          Array.from({ length: 20 }, (_, i) => storage.put({ ...key, owner: i }, missing("PK")))
        );
        expect(puts.filter(Boolean)).toHaveLength(1);
        const deletes = await Promise.all(Array.from({ length: 20 }, () => storage.delete(key, exists("PK"))));
        expect(deletes.filter(Boolean)).toHaveLength(1);
      });

      it("lose no addition of 20 concurrent ones", async () => {
        await Promise.all(Array.from({ length: 20 }, () => storage.update(key, all(), { add: { count: 1 } })));
        expect((await stored())?.count).toBe(20);
      });
    });

    describe("values", () => {
      const values: [string, Attribute][] = [
        ["empty text", ""],
        ["text of every plane", "Grüße, 世界, \u{1F680}, e\u0301, \u0000, \uffff"],
        ["JSON text", '{"a":[1,"\\u0000",null]}'],
        ["0", 0],
        ["a negative number", -42],
        ["the largest safe integer", 9007199254740991],
        ["the smallest safe integer", -9007199254740991],
        ["a time", 1767225600000],
        ["true", true],
        ["false", false],
        ["null", null],
        ["bytes", new Uint8Array([0, 1, 127, 128, 255])],
        ["no bytes", new Uint8Array(0)],
        ["an empty list", []],
        ["an empty map", {}],
        ["a mixed list", [1, "a", true, null, [2, []], { b: new Uint8Array([3]) }]],
        ["a deep map", { a: { b: { c: { d: { e: [{ f: "", g: -1, h: { i: null } }] } } } } }]
      ];

      it.each(values)("%s comes back as it went in", async (_name, value) => {
        await storage.put({ ...key, value });
        expect(await stored()).toEqual({ ...key, value });
        const other = { PK: key.PK, SK: "B" };
        expect(await storage.update(other, missing("PK"), { set: { value }, setIfMissing: { again: value } })).toEqual({
          ...other,
          value,
          again: value
        });
      });

      it("bytes come back as Uint8Array, those of a Buffer too", async () => {
        const whole = Buffer.from("0123456789");
        await storage.put({ ...key, value: whole.subarray(2, 5) });
        const value = (await stored())?.value;
        expect(value).toBeInstanceOf(Uint8Array);
        expect([...(value as Uint8Array)]).toEqual([50, 51, 52]);
      });

      it("undefined is left out, at any depth", async () => {
        await storage.put({ ...key, a: undefined, map: { b: undefined, c: 1 }, list: [{ d: undefined }] });
        const item = (await stored()) as Item;
        expect(Object.keys(item).sort()).toEqual(["PK", "SK", "list", "map"]);
        expect(Object.keys(item.map as object)).toEqual(["c"]);
        expect(Object.keys((item.list as object[])[0] as object)).toEqual([]);
      });

      it("-0 comes back as 0", async () => {
        await storage.put({ ...key, value: -0 });
        expect(Object.is((await stored())?.value, 0)).toBe(true);
      });

      it.each([NaN, Infinity, 2 ** 53])("%s is refused", async value => {
        await expect(storage.put({ ...key, value })).rejects.toMatchObject({ code: "STORAGE_ERROR" });
        await expect(storage.update(key, all(), { set: { value } })).rejects.toMatchObject({ code: "STORAGE_ERROR" });
        expect(await stored()).toBeNull();
      });

      it("350 KB of bytes and 300 KB of text come back", async () => {
        const bytes = Uint8Array.from({ length: 350 * 1024 }, (_, i) => (i * 31) % 256);
        await storage.put({ ...key, bytes });
        expect(Buffer.from((await stored())?.bytes as Uint8Array).equals(Buffer.from(bytes))).toBe(true);
        const text = "ä".repeat(150 * 1024);
        await storage.put({ ...key, text });
        expect((await stored())?.text === text).toBe(true);
      });

      it("an item of exactly 400 KB is taken, one byte more is refused and changes nothing", async () => {
        const other = { PK: "p", SK: "s" };
        // Names and the key: PK p, SK s, b = 2 + 1 + 2 + 1 + 1 bytes.
        const room = 400 * 1024 - 7;
        const refused = { code: "STORAGE_ERROR", data: { name: "ValidationException" } };
        expect(await storage.put({ ...other, b: new Uint8Array(room) })).toBe(true);
        await expect(storage.put({ ...other, b: new Uint8Array(room + 1) })).rejects.toMatchObject(refused);
        await expect(storage.update(other, all(), { set: { c: 1 } })).rejects.toMatchObject(refused);
        const item = await storage.get(other, { consistent: true });
        expect(Object.keys(item as Item).sort()).toEqual(["PK", "SK", "b"]);
        expect((item?.b as Uint8Array).byteLength).toBe(409593);
      });

      it.each([
        ["PK", ""],
        ["SK", ""],
        ["sort", 5],
        ["due", "soon"],
        ["listPK", true],
        ["duePK", null]
      ])("a key attribute of a wrong kind is refused: %s = %p", async (attribute, value) => {
        await expect(storage.put({ ...key, [attribute]: value })).rejects.toMatchObject({ code: "STORAGE_ERROR" });
      });
    });

    describe("batchGet", () => {
      it("gives the items that are there, in any order", async () => {
        for (const id of ["1", "2", "3"]) {
          await storage.put({ PK: `p${id}`, SK: "A", id });
        }
        const keys = ["3", "1", "9"].map(id => ({ PK: `p${id}`, SK: "A" }));
        const { items, unprocessed } = await storage.batchGet(keys, { consistent: true });
        expect(items.sort((a, b) => (a.PK < b.PK ? -1 : 1))).toEqual([
          { PK: "p1", SK: "A", id: "1" },
          { PK: "p3", SK: "A", id: "3" }
        ]);
        expect(unprocessed).toEqual([]);
      });

      it("takes 100 keys, and refuses 101, none, and one twice", async () => {
        await storage.put({ PK: "p", SK: "s7" });
        const keys = Array.from({ length: 101 }, (_, i) => ({ PK: "p", SK: `s${i}` }));
        expect((await storage.batchGet(keys.slice(0, 100))).items).toEqual([{ PK: "p", SK: "s7" }]);
        const refused = { code: "STORAGE_ERROR", data: { name: "ValidationException", operation: "BatchGetItem" } };
        await expect(storage.batchGet(keys)).rejects.toMatchObject(refused);
        await expect(storage.batchGet([])).rejects.toMatchObject(refused);
        await expect(storage.batchGet([key, key])).rejects.toMatchObject(refused);
      });

      it(
        "gives all of many large items, over as many requests as it takes",
        async () => {
          for (let i = 0; i < 45; i++) {
            await storage.put({ PK: "p", SK: `s${i}`, body: new Uint8Array(390 * 1024) });
          }
          let rest: ItemKey[] = Array.from({ length: 45 }, (_, i) => ({ PK: "p", SK: `s${i}` }));
          const found: string[] = [];
          let requests = 0;
          while (rest.length > 0) {
            const { items, unprocessed } = await storage.batchGet(rest);
            found.push(...items.map(item => item.SK));
            rest = unprocessed;
            requests += 1;
          }
          // 17 MB: over the 16 MB of one answer. dynalite gives 1 MB only.
          expect(requests).toBeGreaterThan(1);
          expect(new Set(found).size).toBe(45);
          expect(found).toHaveLength(45);
        },
        LARGE_TEST_MS
      );
    });

    describe("batchWrite", () => {
      it("puts and deletes, without conditions", async () => {
        await storage.put({ PK: "p", SK: "1", old: true });
        await storage.put({ PK: "p", SK: "2" });
        const rest = await storage.batchWrite([
          { put: { PK: "p", SK: "1", name: "new" } },
          { delete: { PK: "p", SK: "2" } },
          { put: { PK: "q", SK: "3" } },
          { delete: { PK: "p", SK: "not there" } }
        ]);
        expect(rest).toEqual([]);
        expect((await storage.query({ partition: "p" })).items).toEqual([{ PK: "p", SK: "1", name: "new" }]);
        expect(await storage.get({ PK: "q", SK: "3" })).toEqual({ PK: "q", SK: "3" });
      });

      it("takes 25 writes, and refuses 26, none, and one key twice", async () => {
        const writes = Array.from({ length: 26 }, (_, i) => ({ put: { PK: "p", SK: `s${i}` } }));
        expect(await storage.batchWrite(writes.slice(0, 25))).toEqual([]);
        expect((await storage.query({ partition: "p", countOnly: true })).count).toBe(25);
        const refused = { code: "STORAGE_ERROR", data: { name: "ValidationException", operation: "BatchWriteItem" } };
        await expect(storage.batchWrite(writes)).rejects.toMatchObject(refused);
        await expect(storage.batchWrite([])).rejects.toMatchObject(refused);
        await expect(storage.batchWrite([{ put: key }, { delete: key }])).rejects.toMatchObject(refused);
      });

      it("writes nothing when one of its items is too large", async () => {
        const writes = [{ put: { PK: "p", SK: "1" } }, { put: { PK: "p", SK: "2", body: new Uint8Array(401 * 1024) } }];
        await expect(storage.batchWrite(writes)).rejects.toMatchObject({ code: "STORAGE_ERROR" });
        expect((await storage.query({ partition: "p" })).items).toEqual([]);
      });

      it("moves items in and out of indexes", async () => {
        await storage.put({ ...key, duePK: "DUE#1", due: 1 });
        await storage.batchWrite([{ delete: key }, { put: { PK: "q", SK: "A", duePK: "DUE#1", due: 2 } }]);
        expect((await inIndex({ index: "byDue", partition: "DUE#1" })).items).toEqual([
          { PK: "q", SK: "A", duePK: "DUE#1", due: 2 }
        ]);
      });
    });

    describe("query of a partition", () => {
      const SKS = ["A", "C#1", "C#2", "L#000000001#000", "L#000000002#000", "L#000000010#000", "P#input"];

      beforeEach(async () => {
        for (const SK of [...SKS].reverse()) {
          await storage.put({ PK: "p", SK, of: SK });
        }
        await storage.put({ PK: "q", SK: "A" });
      });

      const sks = async (query: Omit<Query, "partition">) =>
        (await storage.query({ partition: "p", ...query })).items.map(item => item.SK);

      it("gives whole items in the order of SK", async () => {
        const page = await storage.query({ partition: "q", consistent: true });
        expect(page).toEqual({ items: [{ PK: "q", SK: "A" }], count: 1 });
        expect(await sks({})).toEqual(SKS);
        expect(await sks({ order: "desc" })).toEqual([...SKS].reverse());
        expect((await storage.query({ partition: "p", limit: 1 })).items).toEqual([{ PK: "p", SK: "A", of: "A" }]);
      });

      it("gives nothing for a partition that is not there", async () => {
        expect(await storage.query({ partition: "none" })).toEqual({ items: [], count: 0 });
        expect(await storage.query({ partition: "none", countOnly: true })).toEqual({ items: [], count: 0 });
      });

      it("keeps to a range, both ends included", async () => {
        expect(await sks({ from: "C#1", to: "L#000000002#000" })).toEqual([
          "C#1",
          "C#2",
          "L#000000001#000",
          "L#000000002#000"
        ]);
        expect(await sks({ from: "L#000000002#000" })).toEqual(["L#000000002#000", "L#000000010#000", "P#input"]);
        expect(await sks({ to: "C#1" })).toEqual(["A", "C#1"]);
        expect(await sks({ from: "C#", to: "C#~" })).toEqual(["C#1", "C#2"]);
        expect(await sks({ from: "C#1", to: "C#1" })).toEqual(["C#1"]);
        expect(await sks({ from: "B", to: "L#000000001#000", order: "desc" })).toEqual([
          "L#000000001#000",
          "C#2",
          "C#1"
        ]);
      });

      it("gives nothing for a range that is empty or the wrong way round", async () => {
        expect(await storage.query({ partition: "p", from: "D", to: "E" })).toEqual({ items: [], count: 0 });
        expect(await storage.query({ partition: "p", from: "E", to: "D" })).toEqual({ items: [], count: 0 });
      });

      it("goes on behind the last item of a page, forwards and backwards", async () => {
        const forwards = await pagesOf({ partition: "p", limit: 3 }, "SK");
        expect(forwards.slice(0, 3)).toEqual([
          ["A", "C#1", "C#2"],
          ["L#000000001#000", "L#000000002#000", "L#000000010#000"],
          ["P#input"]
        ]);
        const backwards = await pagesOf({ partition: "p", limit: 3, order: "desc" }, "SK");
        expect(backwards.slice(0, 3)).toEqual([
          ["P#input", "L#000000010#000", "L#000000002#000"],
          ["L#000000001#000", "C#2", "C#1"],
          ["A"]
        ]);
        const inRange = await pagesOf({ partition: "p", from: "C#", to: "L#~", limit: 2, order: "desc" }, "SK");
        expect(inRange.flat()).toEqual(["L#000000010#000", "L#000000002#000", "L#000000001#000", "C#2", "C#1"]);
      });

      it("goes on behind an item that was removed meanwhile", async () => {
        const { next } = await storage.query({ partition: "p", limit: 2 });
        expect(next).toEqual({ PK: "p", SK: "C#1" });
        await storage.delete({ PK: "p", SK: "C#1" });
        expect((await storage.query({ partition: "p", limit: 2, after: next })).items.map(item => item.SK)).toEqual([
          "C#2",
          "L#000000001#000"
        ]);
        expect(
          (await storage.query({ partition: "p", order: "desc", after: next })).items.map(item => item.SK)
        ).toEqual(["A"]);
      });

      it("says that more may follow when the limit is reached, at the very end too, and not otherwise", async () => {
        expect((await storage.query({ partition: "p", limit: 7 })).next).toEqual({ PK: "p", SK: "P#input" });
        expect((await storage.query({ partition: "p", limit: 8 })).next).toBeUndefined();
        expect(await storage.query({ partition: "p", limit: 7, after: { PK: "p", SK: "P#input" } })).toEqual({
          items: [],
          count: 0
        });
      });

      it("counts without items", async () => {
        expect(await storage.query({ partition: "p", countOnly: true })).toEqual({ items: [], count: 7 });
        expect(await storage.query({ partition: "p", from: "L#", to: "L#~", countOnly: true })).toEqual({
          items: [],
          count: 3
        });
        expect(await storage.query({ partition: "p", limit: 2, countOnly: true })).toEqual({
          items: [],
          count: 2,
          next: { PK: "p", SK: "C#1" }
        });
      });

      it("ends a page with the item that goes over 1 MB, also when it counts", async () => {
        const body = new Uint8Array(300 * 1024);
        for (const SK of ["1", "2", "3", "4", "5"]) {
          await storage.put({ PK: "large", SK, body });
        }
        const pages = await pagesOf({ partition: "large" }, "SK");
        expect(pages).toEqual([["1", "2", "3", "4"], ["5"]]);
        expect(await storage.query({ partition: "large", countOnly: true })).toEqual({
          items: [],
          count: 4,
          next: { PK: "large", SK: "4" }
        });
        expect((await pagesOf({ partition: "large", order: "desc", limit: 5 }, "SK")).flat()).toEqual([
          "5",
          "4",
          "3",
          "2",
          "1"
        ]);
      });

      it("orders text by its bytes, as DynamoDB does", async () => {
        // In UTF-16 the rocket (d83d …) would come before U+FF5E.
        const texts = ["A", "Z", "a", "z", "é", "世", "\uff5e", "\u{1F680}"];
        for (const SK of [...texts].reverse()) {
          await storage.put({ PK: "text", SK });
        }
        expect((await storage.query({ partition: "text" })).items.map(item => item.SK)).toEqual(texts);
        expect((await storage.query({ partition: "text", from: "\uff5e" })).items.map(item => item.SK)).toEqual([
          "\uff5e",
          "\u{1F680}"
        ]);
      });

      it("refuses a limit of 0, a position of another query, and bounds of another type", async () => {
        const refused = { code: "STORAGE_ERROR", data: { name: "ValidationException", operation: "Query" } };
        await expect(storage.query({ partition: "p", limit: 0 })).rejects.toMatchObject(refused);
        await expect(storage.query({ partition: "p", after: { PK: "q", SK: "A" } })).rejects.toMatchObject(refused);
        await expect(storage.query({ partition: "p", to: "B", after: { PK: "p", SK: "C" } })).rejects.toMatchObject(
          refused
        );
        await expect(storage.query({ partition: "p", after: { PK: "p" } })).rejects.toMatchObject(refused);
        await expect(storage.query({ partition: "p", from: 3 })).rejects.toMatchObject(refused);
      });
    });

    describe("indexes", () => {
      const keys = {
        sort: "2026-01-01#1",
        listPK: "root#en-US#running",
        defPK: "root#en-US#resize#running",
        duePK: "DUE#3",
        due: 1000
      };
      const everywhere = async () => ({
        byStatus: (await inIndex({ index: "byStatus", partition: "root#en-US#running" })).items,
        byDefinition: (await inIndex({ index: "byDefinition", partition: "root#en-US#resize#running" })).items,
        byDue: (await inIndex({ index: "byDue", partition: "DUE#3" })).items
      });

      it("give key attributes only", async () => {
        await storage.put({ ...key, ...keys, name: "Resize", iterations: 3 });
        expect(await everywhere()).toEqual({
          byStatus: [{ ...key, listPK: "root#en-US#running", sort: "2026-01-01#1" }],
          byDefinition: [{ ...key, defPK: "root#en-US#resize#running", sort: "2026-01-01#1" }],
          byDue: [{ ...key, duePK: "DUE#3", due: 1000 }]
        });
      });

      it("hold an item only while it has both key attributes", async () => {
        await storage.put({ ...key, sort: "2026-01-01#1", listPK: "root#en-US#running", due: 5 });
        expect(await everywhere()).toEqual({
          byStatus: [{ ...key, listPK: "root#en-US#running", sort: "2026-01-01#1" }],
          byDefinition: [],
          byDue: []
        });
        await storage.update(key, exists("PK"), {
          set: { duePK: "DUE#3", defPK: "root#en-US#resize#running" },
          remove: ["listPK"]
        });
        expect(await everywhere()).toEqual({
          byStatus: [],
          byDefinition: [{ ...key, defPK: "root#en-US#resize#running", sort: "2026-01-01#1" }],
          byDue: [{ ...key, duePK: "DUE#3", due: 5 }]
        });
        await storage.update(key, exists("PK"), { remove: ["sort", "due"] });
        expect(await everywhere()).toEqual({ byStatus: [], byDefinition: [], byDue: [] });
      });

      it("follow a change of a key attribute: the old entry is gone", async () => {
        await storage.put({ ...key, ...keys });
        await storage.update(key, exists("PK"), { set: { listPK: "root#en-US#success", due: 2000 } });
        expect((await inIndex({ index: "byStatus", partition: "root#en-US#running" })).items).toEqual([]);
        expect((await inIndex({ index: "byStatus", partition: "root#en-US#success" })).items).toEqual([
          { ...key, listPK: "root#en-US#success", sort: "2026-01-01#1" }
        ]);
        expect((await inIndex({ index: "byDue", partition: "DUE#3" })).items).toEqual([
          { ...key, duePK: "DUE#3", due: 2000 }
        ]);
        expect((await inIndex({ index: "byDue", partition: "DUE#3", to: 1999 })).items).toEqual([]);
        await storage.put({ ...key, listPK: "root#en-US#failed", sort: "2026-01-01#1" });
        expect((await inIndex({ index: "byStatus", partition: "root#en-US#success" })).items).toEqual([]);
        expect((await inIndex({ index: "byDue", partition: "DUE#3" })).items).toEqual([]);
      });

      it("follow an addition to a key attribute", async () => {
        await storage.put({ ...key, ...keys });
        await storage.update(key, exists("PK"), { add: { due: 500 } });
        expect((await inIndex({ index: "byDue", partition: "DUE#3" })).items).toEqual([
          { ...key, duePK: "DUE#3", due: 1500 }
        ]);
      });

      it("lose a deleted item", async () => {
        await storage.put({ ...key, ...keys });
        await storage.delete(key);
        expect(await everywhere()).toEqual({ byStatus: [], byDefinition: [], byDue: [] });
      });

      it("are not touched by a write whose condition did not hold", async () => {
        await storage.put({ ...key, ...keys });
        const before = await everywhere();
        expect(
          await storage.update(key, equals("name", "x"), { set: { listPK: "elsewhere" }, remove: ["due"] })
        ).toBeNull();
        expect(await storage.put(key, missing("PK"))).toBe(false);
        expect(await storage.delete(key, missing("PK"))).toBe(false);
        expect(await everywhere()).toEqual(before);
      });

      it("order numbers as numbers, and keep to ranges of them", async () => {
        for (const due of [1000, 20, 3, -5, 0, 1767225600000]) {
          await storage.put({ PK: `p${due}`, SK: "A", duePK: "DUE#0", due });
        }
        const dues = async (query: Partial<Query>) =>
          (await inIndex({ index: "byDue", partition: "DUE#0", ...query })).items.map(item => item.due);
        expect(await dues({})).toEqual([-5, 0, 3, 20, 1000, 1767225600000]);
        expect(await dues({ order: "desc" })).toEqual([1767225600000, 1000, 20, 3, 0, -5]);
        expect(await dues({ to: 20 })).toEqual([-5, 0, 3, 20]);
        expect(await dues({ from: 0, to: 999 })).toEqual([0, 3, 20]);
        expect(await dues({ from: 21, order: "desc" })).toEqual([1767225600000, 1000]);
      });

      it.each(["asc", "desc"] as const)("page through equal sort keys without loss or repetition, %s", async order => {
        for (let i = 0; i < 5; i++) {
          await storage.put({ PK: `a${i}`, SK: "A", listPK: "L", sort: "1" });
          await storage.put({ PK: `b${i}`, SK: "A", listPK: "L", sort: "2" });
          await storage.put({ PK: `b${i}`, SK: "B", listPK: "L", sort: "2" });
        }
        const sorts = (await pagesOf({ index: "byStatus", partition: "L", limit: 4, order }, "sort")).flat();
        expect(sorts.join("")).toBe(order === "asc" ? "111112222222222" : "222222222211111");
        const pages = await pagesOf({ index: "byStatus", partition: "L", limit: 4, order }, "PK");
        expect(pages.slice(0, 4).map(page => page.length)).toEqual([4, 4, 4, 3]);
        expect(pages.flat().sort()).toEqual([
          "a0",
          "a1",
          "a2",
          "a3",
          "a4",
          "b0",
          "b0",
          "b1",
          "b1",
          "b2",
          "b2",
          "b3",
          "b3",
          "b4",
          "b4"
        ]);
      });

      it("stop at a position that holds all keys, and go on from it inside a range", async () => {
        for (let i = 1; i <= 4; i++) {
          await storage.put({ PK: `p${i}`, SK: "A", duePK: "DUE#0", due: i });
        }
        const page = await inIndex({ index: "byDue", partition: "DUE#0", from: 2, limit: 1 });
        expect(page.next).toEqual({ PK: "p2", SK: "A", duePK: "DUE#0", due: 2 });
        expect((await inIndex({ index: "byDue", partition: "DUE#0", from: 2, to: 3, after: page.next })).items).toEqual(
          [{ PK: "p3", SK: "A", duePK: "DUE#0", due: 3 }]
        );
        expect((await inIndex({ index: "byDue", partition: "DUE#0", order: "desc", after: page.next })).items).toEqual([
          { PK: "p1", SK: "A", duePK: "DUE#0", due: 1 }
        ]);
      });

      it("count without items", async () => {
        for (let i = 1; i <= 4; i++) {
          await storage.put({ PK: `p${i}`, SK: "A", duePK: "DUE#0", due: i });
        }
        expect(await inIndex({ index: "byDue", partition: "DUE#0", to: 3, countOnly: true })).toEqual({
          items: [],
          count: 3
        });
      });

      it("refuse a consistent read and a position of the table", async () => {
        const refused = { code: "STORAGE_ERROR", data: { name: "ValidationException", operation: "Query" } };
        await expect(storage.query({ index: "byDue", partition: "DUE#0", consistent: true })).rejects.toMatchObject(
          refused
        );
        await expect(
          storage.query({ index: "byDue", partition: "DUE#0", after: { PK: "p", SK: "A" } })
        ).rejects.toMatchObject(refused);
        await expect(
          storage.query({ index: "byDue", partition: "DUE#0", after: { PK: "p", SK: "A", duePK: "DUE#1", due: 1 } })
        ).rejects.toMatchObject(refused);
      });
    });
  });
}

/** How large an item may be, counted in UTF-8. Apart from the rest: dynalite counts text in UTF-16, and takes too much. */
export function describeItemSizes(name: string, createStorage: () => Promise<Storage>): void {
  it.each<[string, Attribute]>([
    ["text, by its UTF-8 bytes", "世".repeat(140 * 1024)],
    ["a list, by its elements", Array.from({ length: 140 }, () => "世".repeat(1024))],
    ["a map, by its names and values", { ["世".repeat(70 * 1024)]: "世".repeat(70 * 1024) }],
    ["numbers, by their digits", Array.from({ length: 60_000 }, () => 123456789012)]
  ])(`on ${name}, an item over 400 KB is refused, counting %s`, async (_what, value) => {
    const storage = await createStorage();
    const key = { PK: "p", SK: "A" };
    await expect(storage.put({ ...key, value })).rejects.toMatchObject({
      code: "STORAGE_ERROR",
      data: { name: "ValidationException" }
    });
    expect(await storage.get(key, { consistent: true })).toBeNull();
  });
}
