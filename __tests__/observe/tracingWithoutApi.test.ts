import { createTestTasks } from "../helpers/createTestTasks.js";

jest.mock("@opentelemetry/api", () => {
  throw new Error("Cannot find module '@opentelemetry/api'");
});

it("tracing without @opentelemetry/api fails with a word about what to install; without tracing nothing misses it", async () => {
  await expect(createTestTasks([], { tracing: true })).rejects.toMatchObject({
    code: "CONFIGURATION_ERROR",
    message: expect.stringContaining("@opentelemetry/api can't be loaded: install it, and register an SDK")
  });
  const t = await createTestTasks([]);
  expect((await t.tasks.trigger({ definition: "testingRun" })).taskStatus).toBe("pending");
});
