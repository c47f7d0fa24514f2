import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(__dirname, "../..");
const ENTRY = join(ROOT, "dist/esm/index.js");

/**
 * A file of the built package, as its users get it. Processes that a test starts use it: they are there in half the time
 * that the source takes.
 * @throws Error when there is no build, or the source is newer
 */
export function built(file: string): string {
  if (!existsSync(ENTRY)) {
    throw new Error("This test starts the built package, and dist/ is not there: run `npm run build` first.");
  }
  if (newest(join(ROOT, "src")) > statSync(ENTRY).mtimeMs) {
    throw new Error("This test starts the built package, and dist/ is older than src/: run `npm run build` first.");
  }
  return join(ROOT, "dist/esm", file);
}

function newest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  return Math.max(...files.map(({ parentPath, name }) => statSync(join(parentPath, name)).mtimeMs));
}
