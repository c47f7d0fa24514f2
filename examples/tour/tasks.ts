// Tasks of a shop that does not exist: each shows something else of what a task can do.
import { setTimeout as sleep } from "node:timers/promises";
import { createPrivateTaskDefinition, createTaskDefinition, NonRetryableError, type TaskContext } from "@webiny/tasks";
import * as z from "zod";

/** Page by page, an iteration each, with a wait in between: no Lambda runs meanwhile. */
export const importCatalogue = createTaskDefinition({
  id: "importCatalogue",
  title: "Import the catalogue",
  description: "Reads a supplier's catalogue page by page, and waits between two pages as the supplier wants it.",
  inputSchema: z.object({
    supplier: z.enum(["north", "south", "overseas"]).describe("Whose catalogue"),
    pages: z.number().int().min(1).max(40).default(6),
    pauseSeconds: z.number().int().min(0).max(600).default(4).describe("Between two pages"),
    dryRun: z.boolean().default(false).describe("Only look, change nothing"),
    page: z.number().int().min(1).default(1).describe("Where to begin")
  }),
  async run({ input, response, store }) {
    const { supplier, page, pages, pauseSeconds, dryRun } = input;
    await sleep(400 + 90 * (page % 5));
    const products = 40 + ((page * 37) % 25);
    await store.addInfoLog({
      message: `Page ${page} of ${pages}: ${products} products from ${supplier}.`,
      data: { page, products, changed: dryRun ? 0 : Math.floor(products / 3) }
    });
    const imported = ((store.getOutput()?.imported as number | undefined) ?? 0) + products;
    await store.updateOutput({ imported, lastPage: page }, { save: false });
    return page < pages
      ? response.continue({ page: page + 1 }, { seconds: pauseSeconds })
      : response.done(`Imported ${imported} products.`);
  }
});

/** A parent that triggers a child for each folder and looks after them. */
export const resizeImages = createTaskDefinition({
  id: "resizeImages",
  title: "Resize images",
  description: "Triggers a task for each folder and waits until all have ended.",
  inputSchema: z.object({
    folders: z.array(z.string().min(1)).min(1).default(["summer", "winter", "sale"]),
    size: z
      .object({
        width: z.number().int().min(16).default(1200),
        format: z.enum(["avif", "webp", "jpeg"]).default("webp")
      })
      .default({ width: 1200, format: "webp" })
  }),
  async run({ input, response, store, trigger }) {
    const { items } = await store.listChildTasks("resizeFolder");
    const begun = new Set(items.map(child => child.input.folder as string));
    for (const folder of input.folders) {
      if (!begun.has(folder)) {
        await trigger({ definition: "resizeFolder", name: `Resize ${folder}`, input: { folder } });
      }
    }
    const ended = items.filter(({ finishedOn }) => finishedOn !== undefined).length;
    await store.addInfoLog({ message: `${ended} of ${input.folders.length} folders are done.` });
    return ended < input.folders.length ? response.continue({}, { seconds: 3 }) : response.done({ folders: ended });
  }
});

export const resizeFolder = createTaskDefinition<TaskContext, { folder: string; image?: number }>({
  id: "resizeFolder",
  title: "Resize one folder",
  async run({ input, response, store }) {
    const { folder, image = 1 } = input;
    await sleep(250);
    await store.addInfoLog({ message: `${folder}/${String(image).padStart(3, "0")}.jpg` });
    return image < 4 + folder.length ? response.continue({ image: image + 1 }) : response.done({ images: image });
  }
});

/** The payment service is down now and then: the same iteration is tried again, until it says what can't be helped. */
export const chargeCards = createTaskDefinition({
  id: "chargeCards",
  title: "Charge cards",
  description: "Charges the orders of a day. Errors of the payment service are tried again, a declined card is not.",
  retry: { maxAttempts: 4, initialDelaySeconds: 1, jitter: "none" },
  inputSchema: z.object({
    day: z.iso.date().default("2026-05-17"),
    orders: z.number().int().min(1).max(500).default(25),
    declined: z.boolean().default(false).describe("One of the cards is declined")
  }),
  async run({ input, response, store }) {
    await sleep(300);
    const task = store.getTask();
    if ((task.failedAttempts ?? 0) < 1) {
      throw Object.assign(new Error("The payment service answered 503."), { code: "PAYMENT_SERVICE_DOWN" });
    }
    await store.addInfoLog({
      message: `Charged ${input.orders} orders of ${input.day}.`,
      data: { retried: task.failedAttempts }
    });
    if (input.declined) {
      throw new NonRetryableError("The card of order 10023 was declined.", {
        code: "CARD_DECLINED",
        data: { order: 10_023, reason: "insufficient funds" }
      });
    }
    return response.done({ charged: input.orders });
  }
});

/** Its process dies in the first iteration, as a Lambda that runs out of memory does: the iteration runs again. */
export const rebuildIndex = createTaskDefinition<TaskContext, { shard?: number; crash?: boolean }>({
  id: "rebuildIndex",
  title: "Rebuild the search index",
  description: "Takes JSON: { shard?: number, crash?: boolean }. With crash, its process dies once.",
  async run({ input, response, store }) {
    const { shard = 1, crash = false } = input;
    if (crash && shard === 1 && store.getTask().attempt === 1) {
      console.error("rebuildIndex: out of memory, on purpose.");
      process.exit(137);
    }
    await sleep(200);
    await store.addInfoLog({ message: `Shard ${shard} is built.` });
    return shard < 8 ? response.continue({ shard: shard + 1 }) : response.done({ shards: shard });
  }
});

/** Waits for a long time, until somebody aborts it. */
export const nightlyReport = createTaskDefinition({
  id: "nightlyReport",
  title: "Nightly report",
  description: "Writes a report, waits until tomorrow, and writes the next.",
  maxIterations: 10_000,
  async run({ response, store }) {
    await store.addInfoLog({ message: "The report is written." });
    return response.continue({}, { seconds: 24 * 60 * 60 });
  },
  async onAbort({ task }) {
    console.log(`${task.name} was aborted: ${task.abort?.reason ?? ""}`);
  }
});

/** Can't be triggered from outside. */
export const rotateKeys = createPrivateTaskDefinition({
  id: "rotateKeys",
  title: "Rotate keys",
  run: async ({ response }) => response.done()
});
