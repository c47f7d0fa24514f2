import { createTaskDefinition } from "../../src/index.js";
import { randomBytes } from "node:crypto";
import { queryAll } from "../../src/storage/batches.js";
import type { Item } from "../../src/storage/Storage.js";
import { createTestTasks } from "../helpers/createTestTasks.js";

const MIB = 1024 * 1024;
/** Text that does not compress. */
const noise = (bytes: number) =>
  randomBytes(Math.ceil((bytes * 3) / 4))
    .toString("base64")
    .slice(0, bytes);

describe("payloads", () => {
  it("of 5 MB go in and out whole, in slices that no item is too large for", async () => {
    const large = noise(5 * MIB);
    const definition = createTaskDefinition({
      id: "large",
      title: "Large",
      async run({ input, response }) {
        return input.again ? response.continue({ again: undefined }) : response.done({ back: input.large });
      }
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "large", input: { large, again: true } });
    await t.runToEnd(task);
    const done = await t.tasks.getTask(task.id);
    expect(done?.input.large === large).toBe(true);
    expect(done?.output?.back === large).toBe(true);
    const items: Item[] = [];
    for await (const item of queryAll(t.underlying, { partition: `T#root#L#en-US#TASK#${task.id}` })) {
      items.push(item);
    }
    // The slices of the input before are gone: one version of each is left.
    expect(new Set(items.filter(({ SK }) => SK.startsWith("P#input")).map(({ SK }) => SK.split("#")[2])).size).toBe(1);
    expect(items.filter(({ SK }) => SK.startsWith("P#output")).length).toBeGreaterThan(10);
  });

  it("over 32 MiB are refused at trigger, with nothing stored", async () => {
    const definition = createTaskDefinition({
      id: "large",
      title: "Large",
      run: async ({ response }) => response.done()
    });
    const t = await createTestTasks([definition]);
    await expect(
      t.tasks.trigger({ definition: "large", input: { large: "x".repeat(33 * MIB) } })
    ).rejects.toMatchObject({
      code: "PAYLOAD_TOO_LARGE",
      message: expect.stringContaining("34,603,020 bytes of JSON, at most 33,554,432 are stored")
    });
    expect(t.storage.counts().requests).toBe(0);
    expect(t.executions.size).toBe(0);
  });

  it.each(["continue", "done", "log"])(
    "over the maximum in %s fail the iteration, and what was stored stays",
    async kind => {
      const definition = createTaskDefinition({
        id: "large",
        title: "Large",
        async run({ store, response }) {
          await store.updateOutput({ kept: true });
          await store.addInfoLog({ message: "Kept." });
          if (kind === "log") {
            await store.addInfoLog({ message: "x".repeat(MIB) });
          }
          const large = { large: "x".repeat(33 * MIB) };
          return kind === "continue" ? response.continue(large) : response.done(large);
        }
      });
      const t = await createTestTasks([definition]);
      const task = await t.tasks.trigger({ definition: "large", input: { page: 1 } });
      expect(await t.runToEnd(task)).toMatchObject({ status: "error", error: { code: "PAYLOAD_TOO_LARGE" } });
      expect(await t.tasks.getTask(task.id)).toMatchObject({
        taskStatus: "failed",
        input: { page: 1 },
        output: { kept: true, error: { code: "PAYLOAD_TOO_LARGE" } }
      });
      expect((await t.tasks.getLatestLog(task.id)).items[0]?.message).toBe("Kept.");
    }
  );

  it("with an error of 2 MB are stored whole", async () => {
    const message = noise(2 * MIB);
    const definition = createTaskDefinition({
      id: "large",
      title: "Large",
      async run() {
        throw new Error(message);
      }
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "large" });
    const state = await t.runToEnd(task);
    expect(Buffer.byteLength(JSON.stringify(state))).toBeLessThan(4096);
    expect((await t.tasks.getTask(task.id))?.error?.message === message).toBe(true);
  });
});

describe("JSON in, the same JSON out", () => {
  it.each<[string, object, object]>([
    [
      "empty strings, unicode and numbers",
      { a: "", "": "empty key", u: "\u{1F600} \u0000 é", n: [0, -0.5, 1e21, 2 ** 53] },
      { a: "", "": "empty key", u: "\u{1F600} \u0000 é", n: [0, -0.5, 1e21, 2 ** 53] }
    ],
    ["dates as ISO strings", { at: new Date(0) }, { at: "1970-01-01T00:00:00.000Z" }],
    ["undefined left out", { a: undefined, b: null }, { b: null }],
    [
      "150 levels",
      { deep: JSON.parse("[".repeat(150) + "]".repeat(150)) as object },
      { deep: JSON.parse("[".repeat(150) + "]".repeat(150)) as object }
    ]
  ])("%s", async (_, input, expected) => {
    const definition = createTaskDefinition({
      id: "json",
      title: "Json",
      run: async ({ input, response }) => response.done({ ...input })
    });
    const t = await createTestTasks([definition]);
    const task = await t.tasks.trigger({ definition: "json", input });
    await t.runToEnd(task);
    const done = await t.tasks.getTask(task.id);
    expect([done?.input, done?.output]).toEqual([expected, expected]);
  });

  const circular: { self?: unknown } = {};
  circular.self = circular;
  it.each<[string, unknown, string]>([
    ["a bigint", { a: { b: [1n] } }, "The input is not JSON: got a bigint at input.a.b[0]."],
    ["a function", { run: () => 1 }, "The input is not JSON: got a function at input.run."],
    ["NaN", { n: NaN }, "The input is not JSON: got NaN at input.n."],
    ["a Map", { m: new Map() }, "The input is not JSON: got a Map at input.m."],
    ["undefined in a list", { l: [undefined] }, "The input is not JSON: got nothing at input.l[0]."],
    [
      "a __proto__ key",
      JSON.parse('{"a":{"__proto__":{"admin":true}}}'),
      "The input is not JSON: got a key of this name at input.a.__proto__."
    ],
    ["an array", [], "The input must be a JSON object, got an array."],
    ["a text", "text", "The input must be a JSON object, got a string."],
    ["a Date", new Date(0), "The input must be a JSON object, got a Date."],
    ["a cycle", circular, "The input is nested deeper than 200 levels, or refers to itself"],
    [
      "201 levels",
      JSON.parse('{"a":'.repeat(201) + "1" + "}".repeat(201)),
      "The input is nested deeper than 200 levels"
    ]
  ])("refuses %s, and stores nothing", async (_, input, message) => {
    const definition = createTaskDefinition({
      id: "json",
      title: "Json",
      run: async ({ response }) => response.done()
    });
    const t = await createTestTasks([definition]);
    const trigger = t.tasks.trigger({ definition: "json", input: input as object });
    await expect(trigger).rejects.toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining(message) });
    expect(t.storage.counts().requests).toBe(0);
  });
});
