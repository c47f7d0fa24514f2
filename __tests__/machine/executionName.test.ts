import { executionName } from "../../src/machine/executionName.js";
import { newTaskId } from "../../src/tasks/ids.js";

describe("executionName", () => {
  it("is definition, task and execution", () => {
    expect(executionName("syncArticles", "01JABC", 1)).toBe("syncArticles_01JABC_1");
    expect(executionName("syncArticles", "01JABC", 2)).toBe("syncArticles_01JABC_2");
  });

  it("is the same for the same execution, and another one for the next", () => {
    const id = newTaskId(Date.now());
    expect(executionName("syncArticles", id, 1)).toBe(executionName("syncArticles", id, 1));
    expect(new Set([1, 2, 10, 11].map(execution => executionName("syncArticles", id, execution))).size).toBe(4);
  });

  // https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
  it("has at most 80 characters, all of them allowed, with the longest definition id and a task's own id", () => {
    for (const execution of [1, 25_000, 999_999_999_999]) {
      const name = executionName(`d${"x".repeat(63)}`, newTaskId(8_640_000_000_000), execution);
      expect(name.length).toBeLessThanOrEqual(80);
      expect(name).toMatch(/^[0-9A-Za-z_-]+$/);
      expect(name.endsWith(`_${execution}`)).toBe(true);
    }
  });

  it("differs for two tasks whose definitions begin alike", () => {
    const long = "x".repeat(40);
    expect(executionName(`${long}One`, "01J1", 1)).not.toBe(executionName(`${long}Two`, "01J2", 1));
  });
});
