import { noteInLog } from "../../src/hooks/noteInLog.js";
import { createTaskDefinition } from "../../src/index.js";
import type { TaskRecord } from "../../src/storage/record.js";
import { engineOf } from "../../src/tasks/engineOf.js";
import { createTestTasks } from "../helpers/createTestTasks.js";

it("keeps two lines of one millisecond, and one that is sent twice once", async () => {
  const definition = createTaskDefinition({
    id: "quiet",
    title: "Quiet",
    run: async ({ response }) => response.done()
  });
  const t = await createTestTasks([definition]);
  const task = await t.tasks.trigger({ definition: "quiet" });
  await t.runToEnd(task);
  const engine = engineOf(await t.host.createContext({ tenant: "root", locale: "en-US" }));
  const record = (await t.record(task.id)) as TaskRecord;
  for (const message of ["The first.", "The second.", "The first."]) {
    await noteInLog(engine, record, message, { message, code: "TEST" });
  }
  const { items } = await t.tasks.getLatestLog(task.id);
  expect(items.map(({ message }) => message).sort()).toEqual(["Task done.", "The first.", "The second."]);
});
