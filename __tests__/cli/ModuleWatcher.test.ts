import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ModuleWatcher } from "../../src/cli/dev/ModuleWatcher.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tasks-watch-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A closed one is gone a moment later. */
async function watchers(): Promise<number> {
  await new Promise(resolve => setImmediate(resolve));
  return process.getActiveResourcesInfo().filter(name => name === "FSEventWrap").length;
}

it("watches a module's folder until it is stopped, and nothing that is told of later", async () => {
  const file = join(folder, "tasks.ts");
  writeFileSync(file, "");
  const before = await watchers();
  const watcher = new ModuleWatcher(() => undefined);
  watcher.add(file);
  expect(await watchers()).toBe(before + 1);
  watcher.stop();
  // A process that loads the file while everything stops: what was watched now would keep the command running for ever.
  watcher.add(file);
  const after = await watchers();
  watcher.stop();
  expect(after).toBe(before);
});
