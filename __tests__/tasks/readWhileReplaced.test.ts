import { createTaskDefinition } from "../../src/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { isSlice } from "../../src/storage/payloads.js";
import type { ItemKey } from "../../src/storage/Storage.js";
import { createTestTasks } from "../helpers/createTestTasks.js";

// A record points at the slices of a large payload. Between the read of the one and of the others both may change.

const large = (text: string) => ({ text: text.repeat(2_000) });

/** Calls back once, when a record was read and its slices are about to be. */
class InterruptedStorage extends MemoryStorage {
  beforeSlices: (() => Promise<unknown>) | undefined;

  override async batchGet(keys: ItemKey[]) {
    const { beforeSlices } = this;
    if (beforeSlices !== undefined && keys.some(({ SK }) => isSlice(SK))) {
      this.beforeSlices = undefined;
      await beforeSlices();
    }
    return super.batchGet(keys);
  }
}

async function twoTasks() {
  const underlying = new InterruptedStorage();
  const seen: string[] = [];
  const reading = createTaskDefinition<any, any>({
    id: "reading",
    title: "Reading",
    run: async ({ input, response }) => {
      seen.push(input.text[0]);
      return response.done();
    }
  });
  const t = await createTestTasks([reading], { underlying });
  const [first, second] = await Promise.all(
    ["a", "b"].map(text => t.tasks.createTask({ definitionId: "reading", name: text, input: large(text) }))
  );
  return { ...t, underlying, seen, first: first!, second: second! };
}

it("gives the new payload of a task whose payload was replaced while it was read, alone and in a list", async () => {
  const { tasks, underlying, first, second } = await twoTasks();
  underlying.beforeSlices = () => tasks.updateTask(first.id, { input: large("c") });
  expect(await tasks.getTask(first.id)).toMatchObject({ input: large("c") });

  underlying.beforeSlices = () => tasks.updateTask(first.id, { input: large("d"), name: "New" });
  const { items } = await tasks.listTasks({ sort: ["id_ASC"] });
  expect(items).toMatchObject([
    { id: first.id, name: "New", input: large("d") },
    { id: second.id, input: large("b") }
  ]);
});

it("leaves out a task that was removed, or does not fit any more, while it was read", async () => {
  const { tasks, underlying, first, second } = await twoTasks();
  underlying.beforeSlices = () => tasks.updateTask(first.id, { input: large("c"), name: "New" });
  expect((await tasks.listTasks({ search: "a" })).items).toEqual([]);

  underlying.beforeSlices = () => tasks.deleteTask(first.id);
  expect((await tasks.listTasks()).items).toMatchObject([{ id: second.id }]);
  underlying.beforeSlices = () => tasks.deleteTask(second.id);
  expect(await tasks.getTask(second.id)).toBeNull();
});

it("runs an iteration with the input that replaced its own just then", async () => {
  const { tasks, underlying, seen, runToEnd } = await twoTasks();
  const task = await tasks.trigger({ definition: "reading", input: large("e") });
  underlying.beforeSlices = () => tasks.updateTask(task.id, { input: large("f") });
  await runToEnd(task);
  expect(seen).toEqual(["f"]);
  expect(await tasks.getTask(task.id)).toMatchObject({ taskStatus: "success", attempt: 0 });
});

it("still says so when a slice is gone that the record points at", async () => {
  const { tasks, underlying, first } = await twoTasks();
  const record = [...(await underlying.query({ partition: `T#root#L#en-US#TASK#${first.id}` })).items];
  await underlying.delete(record.find(({ SK }) => isSlice(SK))!);
  await expect(tasks.getTask(first.id)).rejects.toMatchObject({ code: "STORAGE_ERROR" });
});

describe("a log whose lines are in slices", () => {
  const big = (text: string) => ({ message: text, type: "info" as const, data: { text: text.repeat(400_000) } });

  async function logged() {
    const { tasks, underlying, first } = await twoTasks();
    const log = await tasks.createLog(first, { executionName: "by-hand", iteration: 1 });
    const id = log.id;
    await tasks.updateLog(id, { items: [{ ...big("a"), createdOn: "2026-01-01T00:00:00.000Z" }] });
    return { tasks, underlying, first, id };
  }

  it("gives the new lines where they were replaced while it was read", async () => {
    const { tasks, underlying, id } = await logged();
    underlying.beforeSlices = () =>
      tasks.updateLog(id, { items: [{ ...big("b"), createdOn: "2026-01-01T00:00:00.000Z" }] });
    expect((await tasks.getLog(id))?.items.map(({ message }) => message)).toEqual(["b"]);
  });

  it("has no lines where it was removed with its task", async () => {
    const { tasks, underlying, first, id } = await logged();
    underlying.beforeSlices = () => tasks.deleteTask(first.id);
    expect((await tasks.getLog(id))?.items).toEqual([]);
  });
});
