import { createTaskDefinition } from "../../src/index.js";
import { FAULTS } from "../../src/testing/index.js";
import { createTestTasks, type TestTasks } from "../helpers/createTestTasks.js";
import { namesIn, readDoc, tableOf } from "./markdown.js";

const readme = readDoc("README.md");

/** The names in the first column of a table: "`abort({ id })`" is `abort`. */
const documented = (...header: string[]) =>
  tableOf(readme, ...header)
    .flatMap(([cell]) => namesIn(cell).flatMap(name => /^(?:response\.)?(\w+)/.exec(name)?.[1] ?? []))
    .filter((name, index, names) => names.indexOf(name) === index)
    .sort();

describe("the README's tables of what there is", () => {
  let t: TestTasks;
  const given: Record<string, string[]> = {};
  beforeAll(async () => {
    const looking = createTaskDefinition({
      id: "looking",
      title: "Looking",
      async run(params) {
        given.run = Object.keys(params).sort();
        given.store = Object.keys(params.store).sort();
        given.response = Object.keys(params.response).sort();
        return params.response.done();
      }
    });
    t = await createTestTasks([looking]);
    await t.runToEnd(await t.tasks.trigger({ definition: "looking" }));
  });

  it("have every member of context.tasks", () => {
    expect(documented("call", "gives")).toEqual(Object.keys(t.tasks).sort());
  });

  it("have everything run gets", () => {
    expect(documented("name", "meaning")).toEqual(given.run);
  });

  it("have every member of the store", () => {
    expect(documented("call", "does")).toEqual(given.store);
  });

  it("have every result", () => {
    expect(documented("call", "what happens")).toEqual(given.response);
  });

  it("have every fault", () => {
    const named = tableOf(readme, "fault", "what happens at the effect").flatMap(([cell]) => namesIn(cell));
    expect(named.sort()).toEqual(Object.keys(FAULTS).sort());
  });

  it("have every option of a definition", () => {
    let message = "";
    try {
      createTaskDefinition({ id: "a", title: "A", run: async () => undefined, unknown: 1 } as never);
    } catch (error) {
      message = (error as Error).message;
    }
    const known = (/known are (.*)\.$/.exec(message)?.[1] ?? "").split(", ");
    // `isPrivate` is taken, and set by the function that defines the task.
    expect(documented("option", "type")).toEqual(known.filter(name => name !== "isPrivate").sort());
  });
});
