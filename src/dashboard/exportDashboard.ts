import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { TasksError } from "../errors.js";
import { escapeAttribute, loadFiles, pageText } from "./files.js";
import { checkDashboardOptions, type DashboardOptions } from "./options.js";

/**
 * Writes the dashboard as static files, for any web server or bucket. Its policy is in the page, since nobody else will
 * send it.
 * @param folder made if it is not there; it must be empty, or hold an earlier export
 * @returns the files that were written
 * @throws TasksError CONFIGURATION_ERROR; INVALID_ARGUMENT when the folder holds something else
 * @example await exportDashboard("public/tasks", { api: "https://api.example.com/graphql" });
 */
export async function exportDashboard(folder: string, options: Omit<DashboardOptions, "path"> = {}): Promise<string[]> {
  const settings = checkDashboardOptions(options);
  await mkdir(folder, { recursive: true });
  const there = await readdir(folder);
  if (there.length > 0 && !there.includes("index.html")) {
    throw new TasksError(
      "INVALID_ARGUMENT",
      `The folder ${folder} holds something else (${there.slice(0, 3).join(", ")}). Name one that is empty, or none yet.`
    );
  }
  const files = await loadFiles();
  const policy = `<meta http-equiv="Content-Security-Policy" content="${escapeAttribute(settings.policy)}" />\n    `;
  for (const [name, { gzipped }] of files) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, name === "index.html" ? pageText(files, settings, policy) : gunzipSync(gzipped));
  }
  return [...files.keys()];
}
