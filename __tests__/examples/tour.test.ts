import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { createTasksClient, type TasksClient } from "../../src/client/index.js";
import { CliProcess } from "../cli/CliProcess.js";

const root = join(__dirname, "..", "..");
const tsx = pathToFileURL(require.resolve("tsx")).href;

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "tour-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What `npm start` runs after its build. */
async function start() {
  const tour = new CliProcess([process.execPath, "--import", tsx, join(root, "examples/tour/main.ts"), "--port", "0"], {
    cwd: folder
  });
  const [, url = ""] = await tour.printed(/GraphQL +(http\S+)/);
  return { tour, url, client: createTasksClient({ url }) };
}

async function namesOf(client: TasksClient, fits: (names: string[]) => boolean) {
  for (;;) {
    const names: string[] = [];
    for await (const task of client.listTasks()) {
      names.push(task.name);
    }
    if (fits(names)) {
      return names;
    }
  }
}

it("opens the local server with example tasks and the dashboard; the next start keeps what is there", async () => {
  const first = await start();
  const page = await fetch(new URL("/", first.url));
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<title>Background tasks</title>")]);
  const names = await namesOf(first.client, found => found.includes("Rebuild tonight"));
  expect(names).toEqual(
    expect.arrayContaining(["Catalogue of the north", "Pictures of the season", "Charge cards of Sunday"])
  );
  first.tour.kill("SIGTERM");
  expect(await first.tour.end()).toBe(0);

  const second = await start();
  await second.tour.printed(/Definitions/);
  // Time for what it would trigger, too.
  await second.client.trigger({ definition: "resizeFolder", name: "Afterwards", input: { folder: "a" } });
  await sleep(1_000);
  const kept = await namesOf(second.client, found => found.includes("Afterwards"));
  expect(kept.filter(name => name === "Rebuild tonight")).toHaveLength(1);
  second.tour.kill("SIGTERM");
  await second.tour.end();
}, 120_000);
