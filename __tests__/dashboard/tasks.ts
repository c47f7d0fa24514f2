import * as z from "zod";
import { createTaskDefinition } from "../../src/index.js";
import {
  chargeCards,
  importCatalogue,
  nightlyReport,
  rebuildIndex,
  resizeFolder,
  resizeImages,
  rotateKeys
} from "../../examples/tour/tasks.js";

/** Its schema says to JSON less than it checks: what is wrong with a folder, only the server knows. */
const checkedFolder = createTaskDefinition({
  id: "checkedFolder",
  title: "Check a folder",
  inputSchema: z.object({
    folder: z.string().refine(folder => folder !== "missing", "There is no such folder."),
    depth: z.number().int().default(1)
  }),
  run: async ({ response }) => response.done()
});

/** Much happens to it: a wait, an error that is tried again, and a hook at its end. */
const eventful = createTaskDefinition({
  id: "eventful",
  title: "Eventful",
  retry: { maxAttempts: 3, jitter: "none" },
  async run({ response, store }) {
    if (store.getTask().iterations > 1) {
      throw new Error("Not yet.");
    }
    return response.continue({}, { seconds: 30 });
  },
  onAbort: async () => undefined
});

/** The example tasks, and two more. */
export const plugins = [
  importCatalogue,
  resizeImages,
  resizeFolder,
  chargeCards,
  rebuildIndex,
  nightlyReport,
  rotateKeys,
  checkedFolder,
  eventful
];
