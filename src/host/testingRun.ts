import { createTaskDefinition } from "../definition/createTaskDefinition.js";

/** The definition that is always there: it shows that a trigger reaches the runner. */
export const testingRun = createTaskDefinition({
  id: "testingRun",
  title: "Testing Run",
  description: "A mock task to test run the step function permissions.",
  async run({ response }) {
    return response.done("Task successfully finished.");
  }
});
