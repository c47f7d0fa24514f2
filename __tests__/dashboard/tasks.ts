import * as z from "zod";
import { createTaskDefinition } from "../../src/index.js";
import {
  chargeCards,
  importCatalogue,
  nightlyReport,
  rebuildIndex,
  resizeFolder,
  resizeImages
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

/** The example tasks, and one more. */
export const plugins = [
  importCatalogue,
  resizeImages,
  resizeFolder,
  chargeCards,
  rebuildIndex,
  nightlyReport,
  checkedFolder
];
