import * as z from "zod";
import { createTaskDefinition } from "../../src/index.js";
import { createTestApi } from "../helpers/createTestApi.js";
import { createTestTasks } from "../helpers/createTestTasks.js";

const seen: unknown[] = [];
const before = jest.fn(async () => undefined);
const resizeImages = createTaskDefinition({
  id: "resizeImages",
  title: "Resize images",
  inputSchema: z.object({
    folder: z.string().min(1),
    width: z.number().int().default(800),
    files: z.array(z.object({ name: z.string() })).optional()
  }),
  onBeforeTrigger: before,
  async run({ input, response }) {
    seen.push(input);
    return input.width > 100 ? response.continue({ width: input.width / 10 }) : response.done();
  }
});

beforeEach(() => {
  seen.length = 0;
  before.mockClear();
});

describe("an input schema", () => {
  it("fills in defaults, and run gets what it made; what continue sets later is not checked again", async () => {
    const t = await createTestTasks([resizeImages]);
    const task = await t.tasks.trigger({ definition: resizeImages, input: { folder: "summer" } });
    expect(task.input).toEqual({ folder: "summer", width: 800 });
    await t.runToEnd(task);
    expect(seen).toEqual([
      { folder: "summer", width: 800 },
      { folder: "summer", width: 80 }
    ]);
  });

  it("refuses a wrong input path by path, before the hook, with nothing stored", async () => {
    const t = await createTestTasks([resizeImages]);
    const input = { folder: "", width: "wide", files: [{ name: "a" }, { name: 5 }], extra: 1 };
    await expect(t.tasks.trigger({ definition: "resizeImages", input })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringMatching(
        /^The input of "resizeImages" is not valid: folder: .*; width: .*; files\[1\]\.name: .*\.$/
      ),
      data: {
        id: "resizeImages",
        issues: [
          { path: "folder", code: "too_small", message: expect.any(String) },
          { path: "width", code: "invalid_type", message: expect.any(String) },
          { path: "files[1].name", code: "invalid_type", message: expect.any(String) }
        ]
      }
    });
    await expect(t.tasks.trigger({ definition: "resizeImages", input: [] as never })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      data: { issues: [{ path: "" }] }
    });
    expect(before).not.toHaveBeenCalled();
    expect((await t.tasks.listTasks()).items).toEqual([]);
    expect(t.executions.size).toBe(0);
  });

  it("says five issues and how many there are more, and has them all in data", async () => {
    const t = await createTestTasks([resizeImages]);
    const files = Array.from({ length: 9 }, () => ({}));
    const error = await t.tasks
      .trigger({ definition: "resizeImages", input: { folder: "x", files } })
      .catch((e: unknown) => e);
    expect((error as Error).message).toMatch(/files\[4\]\.name: [^;]*; and 4 more\.$/);
    expect((error as { data: { issues: unknown[] } }).data.issues).toHaveLength(9);
  });

  it("may be asynchronous, and is applied to children too", async () => {
    const checked = createTaskDefinition({
      id: "checked",
      title: "Checked",
      inputSchema: z.object({ folder: z.string().refine(async folder => folder !== "taken", "is taken") }),
      run: async ({ response }) => response.done()
    });
    const codes: string[] = [];
    const parent = createTaskDefinition({
      id: "parent",
      title: "Parent",
      async run({ trigger, response }) {
        await trigger({ definition: "checked", input: { folder: "taken" } }).catch((error: { code: string }) =>
          codes.push(error.code)
        );
        await trigger({ definition: checked, input: { folder: "free" } });
        return response.done();
      }
    });
    const t = await createTestTasks([checked, parent]);
    await t.runToEnd(await t.tasks.trigger({ definition: "parent" }));
    expect(codes).toEqual(["INVALID_INPUT"]);
    expect((await t.tasks.listTasks({ where: { definitionId: "checked" } })).items).toMatchObject([
      { input: { folder: "free" } }
    ]);
  });

  it("whose output is no JSON is refused as an input that is none", async () => {
    const dated = createTaskDefinition({
      id: "dated",
      title: "Dated",
      inputSchema: z.object({ on: z.string().transform(() => BigInt(5)) }),
      run: async ({ response }) => response.done()
    });
    const t = await createTestTasks([dated]);
    await expect(t.tasks.trigger({ definition: "dated", input: { on: "2026-01-01" } })).rejects.toMatchObject({
      code: "INVALID_INPUT"
    });
  });

  it("is checked from outside, and listed there as JSON Schema", async () => {
    const noJson = createTaskDefinition({
      id: "noJson",
      title: "No JSON Schema",
      inputSchema: { safeParseAsync: async input => ({ success: true, data: input }) },
      run: async ({ response }) => response.done()
    });
    const t = await createTestApi([resizeImages, noJson]);
    const trigger = `mutation ($input: JSON) { backgroundTasks { triggerTask(definition: resizeImages, input: $input) { data { input } error { code data } } } }`;
    expect(await t.ask(trigger, { input: { folder: 5 } })).toMatchObject({
      data: null,
      error: { code: "INVALID_INPUT", data: { issues: [{ path: "folder" }] } }
    });
    expect(await t.ask(trigger, { input: { folder: "x" } })).toEqual({
      data: { input: { folder: "x", width: 800 } },
      error: null
    });
    const { data } = await t.ask("{ backgroundTasks { listDefinitions { data { id inputSchema } } } }");
    expect(data).toEqual([
      { id: "testingRun", inputSchema: null },
      {
        id: "resizeImages",
        inputSchema: {
          type: "object",
          required: ["folder"],
          properties: {
            folder: { type: "string", minLength: 1 },
            width: expect.objectContaining({ type: "integer", default: 800 }),
            files: {
              type: "array",
              items: { type: "object", properties: { name: { type: "string" } }, required: ["name"] }
            }
          }
        }
      },
      { id: "noJson", inputSchema: null }
    ]);
  });

  it.each([["a text"], [{}], [null]])("%j is none", inputSchema => {
    expect(() =>
      createTaskDefinition({
        id: "wrong",
        title: "Wrong",
        inputSchema: inputSchema as never,
        run: async ({ response }) => response.done()
      })
    ).toThrow('"inputSchema" must be a zod schema');
  });
});

describe("a definition in the place of its id", () => {
  it("is triggered by its id, and must be registered", async () => {
    const t = await createTestTasks([]);
    await expect(t.tasks.trigger({ definition: resizeImages, input: { folder: "x" } })).rejects.toMatchObject({
      code: "TASK_DEFINITION_ERROR"
    });
    await expect(t.tasks.trigger({ definition: null as never })).rejects.toMatchObject({
      code: "TASK_DEFINITION_ERROR"
    });
  });
});
