import {
  createPrivateTaskDefinition,
  createTaskDefinition,
  createTaskDefinitionField,
  createTaskInput,
  TaskDefinitionPlugin,
  type TaskContext,
  type TaskDefinitionParams,
  type TaskHookParams,
  type TaskRunParams
} from "../../src/index.js";

const run: TaskDefinitionParams["run"] = async ({ response }) => response.done();
const minimal = { id: "minimal", title: "Minimal", run };
const define = (changes: object) => createTaskDefinition({ ...minimal, ...changes });
const hooks = ["onBeforeTrigger", "onDone", "onError", "onAbort", "onMaxIterations"] as const;

describe("a definition", () => {
  it("is a plugin that is found by its type", () => {
    const definition = createTaskDefinition(minimal);
    expect(definition).toBeInstanceOf(TaskDefinitionPlugin);
    expect(definition.type).toBe("webiny.backgroundTask");
    expect(TaskDefinitionPlugin.type).toBe("webiny.backgroundTask");
  });

  it("has its defaults filled in", () => {
    const definition = createTaskDefinition(minimal);
    expect({
      id: definition.id,
      title: definition.title,
      description: definition.description,
      isPrivate: definition.isPrivate,
      maxIterations: definition.maxIterations,
      lostInvocationAttempts: definition.lostInvocationAttempts,
      abortGraceSeconds: definition.abortGraceSeconds,
      disableDatabaseLogs: definition.disableDatabaseLogs,
      fields: definition.fields
    }).toEqual({
      id: "minimal",
      title: "Minimal",
      description: undefined,
      isPrivate: false,
      maxIterations: 500,
      lostInvocationAttempts: 3,
      abortGraceSeconds: 60,
      disableDatabaseLogs: false,
      fields: []
    });
    expect(hooks.map(name => definition[name])).toEqual(Array(5).fill(undefined));
  });

  it("gives back what it was made of", () => {
    const definition = define({
      description: "D",
      maxIterations: 1000,
      lostInvocationAttempts: 1,
      abortGraceSeconds: 0,
      disableDatabaseLogs: true
    });
    expect(definition).toMatchObject({
      description: "D",
      maxIterations: 1000,
      lostInvocationAttempts: 1,
      abortGraceSeconds: 0,
      disableDatabaseLogs: true
    });
    expect(definition.getTask()).toMatchObject({ id: "minimal", maxIterations: 1000 });
  });

  it("is private when made so, and the same otherwise", () => {
    const definition = createPrivateTaskDefinition(minimal);
    expect(definition).toBeInstanceOf(TaskDefinitionPlugin);
    expect(definition).toMatchObject({ type: "webiny.backgroundTask", isPrivate: true, maxIterations: 500 });
    expect(() => createPrivateTaskDefinition({ ...minimal, id: "Not camelCase" })).toThrow("Task ID");
  });

  it("is public or private by the method alone, whatever the object says", () => {
    expect(define({ isPrivate: true }).isPrivate).toBe(false);
    expect(createPrivateTaskDefinition({ ...minimal, ...{ isPrivate: false } }).isPrivate).toBe(true);
  });

  it("runs none of its code when it is made", () => {
    const never = () => {
      throw new Error("called");
    };
    expect(() => define({ run: never, ...Object.fromEntries(hooks.map(name => [name, never])) })).not.toThrow();
  });

  it("calls what it was given, with what it is given", async () => {
    const calls: unknown[] = [];
    const definition = define(
      Object.fromEntries(
        ["run", ...hooks].map(name => [name, async (params: unknown) => void calls.push([name, params])])
      )
    );
    await definition.run({ n: 0 } as never);
    for (const name of hooks) {
      await definition[name]?.({ n: name } as never);
    }
    expect(calls).toEqual([["run", { n: 0 }], ...hooks.map(name => [name, { n: name }])]);
  });
});

describe("fields", () => {
  const title = createTaskDefinitionField({ fieldId: "title", type: "text", label: "Title", anything: 1 });

  it("are given back as they are", () => {
    expect(title).toEqual({ fieldId: "title", type: "text", label: "Title", anything: 1 });
  });

  it("are taken from `fields`, as a copy", () => {
    const fields = [title];
    const definition = define({ fields });
    fields.length = 0;
    expect(definition.fields).toEqual([title]);
  });

  it("are added and changed by `config`", () => {
    const date = createTaskDefinitionField({ fieldId: "date", type: "date" });
    const definition = define({
      fields: [title],
      config: (task => {
        task.addField(date);
        task.setFields(fields => [...fields].reverse());
        task.addField({ fieldId: "last", type: "text" });
      }) satisfies TaskDefinitionParams["config"]
    });
    expect(definition.fields.map(({ fieldId }) => fieldId)).toEqual(["date", "title", "last"]);
  });
});

describe("an instance of a class", () => {
  class Base implements TaskDefinitionParams<TaskContext, { by: number }, { count: number }> {
    readonly id: string = "counting";
    title = "Counting";
    maxIterations = 7;
    private count = 0;
    readonly fields = [{ fieldId: "by", type: "number" }];
    readonly notAnOption = true;
    #secret = 1;

    get description() {
      return `Counts ${this.title}`;
    }
    config({ addField }: { addField(field: { fieldId: string; type: string }): void }) {
      addField({ fieldId: this.id, type: "text" });
    }
    async run({ input, response }: TaskRunParams<TaskContext, { by: number }, { count: number }>) {
      this.count += input.by * this.#secret;
      return response.done({ count: this.count });
    }
    async onDone({ task }: TaskHookParams<TaskContext, { by: number }, { count: number }>) {
      this.title = `Counted ${task.output?.count ?? 0}`;
    }
    helper() {
      return this.count;
    }
  }
  class Derived extends Base {
    override readonly id = "derived";
    async onError() {
      this.title = "Failed";
    }
  }
  const response = { done: (output: object) => ({ status: "done", output }) };

  it("is a definition with its prototype's methods and getters", () => {
    const definition = createTaskDefinition(new Base());
    expect(definition).toMatchObject({ id: "counting", description: "Counts Counting", maxIterations: 7 });
    expect(definition.fields.map(({ fieldId }) => fieldId)).toEqual(["by", "counting"]);
    expect(definition.onError).toBeUndefined();
    expect(definition.onDone).toBeInstanceOf(Function);
  });

  it("keeps `this`, also when a method is taken out", async () => {
    const instance = new Base();
    const { run: taken, onDone } = createTaskDefinition(instance);
    await taken({ input: { by: 2 }, response } as never);
    expect(await taken({ input: { by: 3 }, response } as never)).toEqual({ status: "done", output: { count: 5 } });
    expect(instance.helper()).toBe(5);
    await onDone?.({ task: { output: { count: 5 } } } as never);
    expect(instance.title).toBe("Counted 5");
  });

  it("may inherit", async () => {
    const instance = new Derived();
    const definition = createTaskDefinition(instance);
    expect(definition.id).toBe("derived");
    await definition.onError?.({} as never);
    expect(definition.title).toBe("Failed");
    expect(await definition.run({ input: { by: 1 }, response } as never)).toMatchObject({ output: { count: 1 } });
  });

  it("is checked like an object, but may have members of its own", () => {
    class Wrong extends Base {
      override readonly id = "Wrong";
    }
    expect(() => createTaskDefinition(new Wrong())).toThrow('Task ID "Wrong" is invalid.');
  });
});

describe("a bad definition", () => {
  it.each([
    "",
    " ",
    "MyTask",
    "my-task",
    "my_task",
    "my task",
    "my.task",
    "1task",
    "täsk",
    "my/task",
    "task#1",
    "a".repeat(65),
    "myTask\n"
  ])("with the id %j fails in Webiny's words", id => {
    let error: unknown;
    try {
      define({ id });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      code: "INVALID_DEFINITION",
      message: `Task ID "${id}" is invalid. It must be in camelCase format, for example: "myCustomTask".`,
      data: { id }
    });
  });

  it.each(["a", "task", "myTask", "myTask2", "myHTTPTask", "a".repeat(64)])("does not include the id %j", id => {
    expect(define({ id }).id).toBe(id);
  });

  it.each<[object, string]>([
    [{ id: undefined }, 'Task ID "nothing" is invalid.'],
    [{ id: 5 }, 'Task ID "5" is invalid.'],
    [{ id: null }, 'Task ID "null" is invalid.'],
    [{ id: ["a"] }, 'Task ID "an array" is invalid.'],
    [{ title: undefined }, '"minimal" is not valid: "title" must be a text that is not empty, got nothing.'],
    [{ title: "" }, '"title" must be a text that is not empty, got "".'],
    [{ title: "  " }, '"title" must be a text that is not empty, got "  ".'],
    [{ title: 5 }, '"title" must be a text that is not empty, got 5.'],
    [{ description: 5 }, '"description" must be a text, got 5.'],
    [{ run: undefined }, '"minimal" is not valid: "run" must be a function, got nothing.'],
    [{ run: "later" }, '"run" must be a function, got "later".'],
    [{ maxIterations: 0 }, '"maxIterations" must be a positive whole number, got 0.'],
    [{ maxIterations: -1 }, '"maxIterations" must be a positive whole number, got -1.'],
    [{ maxIterations: 1.5 }, '"maxIterations" must be a positive whole number, got 1.5.'],
    [{ maxIterations: NaN }, '"maxIterations" must be a positive whole number, got NaN.'],
    [{ maxIterations: Infinity }, '"maxIterations" must be a positive whole number, got Infinity.'],
    [{ maxIterations: 2 ** 53 }, '"maxIterations" must be a positive whole number, got 9007199254740992.'],
    [{ maxIterations: "10" }, '"maxIterations" must be a positive whole number, got "10".'],
    [{ maxIterations: null }, '"maxIterations" must be a positive whole number, got null.'],
    [{ lostInvocationAttempts: 0 }, '"lostInvocationAttempts" must be a positive whole number, at most 100, got 0.'],
    [
      { lostInvocationAttempts: 101 },
      '"lostInvocationAttempts" must be a positive whole number, at most 100, got 101.'
    ],
    [{ abortGraceSeconds: -1 }, '"abortGraceSeconds" must be a whole number, at least 0, at most 900, got -1.'],
    [{ abortGraceSeconds: 901 }, '"abortGraceSeconds" must be a whole number, at least 0, at most 900, got 901.'],
    [{ disableDatabaseLogs: "yes" }, '"disableDatabaseLogs" must be true or false, got "yes".'],
    [{ fields: {} }, '"fields" must be an array, got a value of type object.'],
    [{ config: {} }, '"config" must be a function, got a value of type object.'],
    ...hooks.map(name => [{ [name]: true }, `"${name}" must be a function, got true.`] as [object, string]),
    [{ onDon: () => undefined }, '"minimal" is not valid: unknown option "onDon"; known are id, title, description,'],
    [{ onSuccess: run, retries: 3 }, 'unknown option "onSuccess", "retries"']
  ])("%p is named, with the fault", (changes, message) => {
    expect(() => define(changes)).toThrow(expect.objectContaining({ code: "INVALID_DEFINITION" }) as Error);
    expect(() => define(changes)).toThrow(message);
  });

  it.each([
    [undefined, "nothing"],
    [null, "null"],
    ["myTask", '"myTask"'],
    [[minimal], "an array"],
    [run, "a value of type function"]
  ])("that is no object at all is: %p", (params, shown) => {
    expect(() => createTaskDefinition(params as never)).toThrow(
      `The task definition "?" is not valid: expected an object with id, title and run, got ${shown}.`
    );
  });

  it("takes an option that is undefined as not given", () => {
    const names = [
      "description",
      "maxIterations",
      "lostInvocationAttempts",
      "disableDatabaseLogs",
      "fields",
      "config",
      ...hooks
    ];
    const definition = define(Object.fromEntries(names.map(name => [name, undefined])));
    expect(definition).toMatchObject({ maxIterations: 500, lostInvocationAttempts: 3, fields: [] });
  });

  it("takes an object without a prototype", () => {
    const params = Object.assign(Object.create(null) as object, minimal);
    expect(createTaskDefinition(params as TaskDefinitionParams).id).toBe("minimal");
    expect(() => createTaskDefinition(Object.assign(params, { onDon: 1 }) as TaskDefinitionParams)).toThrow('"onDon"');
  });
});

describe("createTaskInput", () => {
  it("gives trigger parameters", () => {
    expect(createTaskInput({ id: "minimal", input: { page: 1 } })).toEqual({
      definition: "minimal",
      input: { page: 1 }
    });
  });
});
