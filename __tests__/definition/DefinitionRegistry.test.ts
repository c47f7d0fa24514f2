import { DefinitionRegistry } from "../../src/definition/DefinitionRegistry.js";
import { createPrivateTaskDefinition, createTaskDefinition, type TaskDefinitionParams } from "../../src/index.js";

const run: TaskDefinitionParams["run"] = async ({ response }) => response.done();
const define = (id: string, title = id) => createTaskDefinition({ id, title, run });

describe("the registry", () => {
  it("lists definitions in the order registered, and passes over every other plugin", () => {
    const [second, first] = [define("second"), define("first")];
    const hidden = createPrivateTaskDefinition({ id: "hidden", title: "Hidden", run });
    const others = [null, undefined, 5, "webiny.backgroundTask", [], {}, { type: "context" }, { type: undefined }];
    const registry = DefinitionRegistry.from([...others, second, first, hidden]);
    expect(registry.list()).toEqual([second, first, hidden]);
    expect(registry.get("first")).toBe(first);
    expect(registry.get("hidden")).toBe(hidden);
  });

  it("knows nothing of other ids, those of Object's prototype included", () => {
    const registry = DefinitionRegistry.from([define("first")]);
    expect(["second", "First", "", "constructor", "__proto__", "toString"].map(id => registry.get(id))).toEqual(
      Array(6).fill(null)
    );
    expect(DefinitionRegistry.from([]).list()).toEqual([]);
  });

  it("refuses two definitions with one id, naming both", () => {
    expect(() => DefinitionRegistry.from([define("sync", "First"), define("other"), define("sync", "Second")])).toThrow(
      expect.objectContaining({
        code: "INVALID_DEFINITION",
        message: 'Two task definitions have the id "sync": "First" and "Second". Give one of them another id.',
        data: { id: "sync", titles: ["First", "Second"] }
      }) as Error
    );
  });

  it("refuses a private one beside a public one", () => {
    const hidden = createPrivateTaskDefinition({ id: "sync", title: "Hidden", run });
    expect(() => DefinitionRegistry.from([define("sync"), hidden])).toThrow('Two task definitions have the id "sync"');
  });

  it("takes the same one twice as one", () => {
    const definition = define("sync");
    expect(DefinitionRegistry.from([definition, definition]).list()).toEqual([definition]);
  });

  it("finds a definition of another copy of the package, by its type", () => {
    const Foreign = class {
      type = "webiny.backgroundTask";
      id = "foreign";
      title = "Foreign";
      isPrivate = true;
      run = run;
      maxIterations = 7;
      method() {}
    };
    expect(DefinitionRegistry.from([new Foreign()]).get("foreign")).toMatchObject({
      title: "Foreign",
      isPrivate: true,
      maxIterations: 7
    });
  });

  it("gives a plugin written by hand the defaults, and checks it as any other", () => {
    const byHand = { type: "webiny.backgroundTask", name: "mine", id: "byHand", title: "By hand", run };
    expect(DefinitionRegistry.from([byHand, byHand]).list()).toMatchObject([
      { id: "byHand", isPrivate: false, maxIterations: 500, lostInvocationAttempts: 3, disableDatabaseLogs: false }
    ]);
    for (const [wrong, fault] of [
      [{ id: "By hand" }, 'Task ID "By hand" is invalid'],
      [{ maxIterations: 0 }, '"maxIterations" must be a positive whole number, got 0'],
      [{ run: undefined }, '"run" must be a function, got nothing'],
      [{ onDnoe: run }, 'unknown option "onDnoe"']
    ] as const) {
      expect(() => DefinitionRegistry.from([{ ...byHand, ...wrong }])).toThrow(fault);
    }
  });

  it("runs no code of a definition to find it", () => {
    const never = () => {
      throw new Error("called");
    };
    const definition = createTaskDefinition({ id: "never", title: "Never", run: never, onBeforeTrigger: never });
    expect(DefinitionRegistry.from([definition]).get("never")).toBe(definition);
  });

  it("cannot be changed through its list", () => {
    const registry = DefinitionRegistry.from([define("first")]);
    registry.list().length = 0;
    expect(registry.list()).toHaveLength(1);
  });
});
