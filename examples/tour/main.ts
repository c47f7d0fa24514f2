// `npm start`: the local server with the tasks beside this file, and the dashboard that shows them. The first time, some
// are triggered, so that there is something to see.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createTasksClient } from "@webiny/tasks/client";

const command = fileURLToPath(new URL("../../dist/esm/cli/main.js", import.meta.url));
const tasks = fileURLToPath(new URL("tasks.ts", import.meta.url));

const FIRST_TASKS = [
  { definition: "importCatalogue", name: "Catalogue of the north", input: { supplier: "north", pages: 6 } },
  { definition: "importCatalogue", name: "Catalogue from overseas", input: { supplier: "overseas", pages: 20 } },
  { definition: "resizeImages", name: "Pictures of the season", input: {} },
  { definition: "chargeCards", input: { orders: 31 } },
  { definition: "chargeCards", name: "Charge cards of Sunday", input: { orders: 12, declined: true } },
  { definition: "rebuildIndex", input: { crash: true } },
  { definition: "nightlyReport", input: {} },
  { definition: "rebuildIndex", name: "Rebuild tonight", input: {}, delay: 3_600 }
];

const server = spawn(process.execPath, [command, "dev", tasks, ...process.argv.slice(2)], {
  stdio: ["inherit", "pipe", "inherit"]
});
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // A terminal tells the server by itself; it ends when its tasks are let go of.
  process.on(signal, () => (signal === "SIGTERM" ? server.kill(signal) : undefined));
}
server.once("exit", code => process.exit(code ?? 1));

let seeded = false;
for await (const line of createInterface({ input: server.stdout })) {
  console.log(line);
  const url = /GraphQL +(http\S+)/.exec(line)?.[1];
  if (url !== undefined && !seeded) {
    seeded = true;
    await seed(url);
  }
}

async function seed(url: string): Promise<void> {
  const client = createTasksClient({ url });
  for await (const _task of client.listTasks({ limit: 1 })) {
    return;
  }
  for (const task of FIRST_TASKS) {
    await client.trigger(task);
  }
}
