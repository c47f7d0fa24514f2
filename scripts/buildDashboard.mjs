// Builds the dashboard into a folder: its static files, and one module that holds them all for bundles of Lambdas.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

/** @param outDir the folder, `dashboard` of the build @param builds folders of the compiled package, each gets the module */
export async function buildDashboard(outDir, builds) {
  const configFile = fileURLToPath(new URL("../dashboard/vite.config.ts", import.meta.url));
  const before = process.env.NODE_ENV;
  await build({ configFile, build: { outDir }, logLevel: "warn" });
  process.env.NODE_ENV = before;
  const names = readdirSync(outDir, { recursive: true, encoding: "utf8" })
    .map(name => join(outDir, name))
    .filter(path => statSync(path).isFile() && !path.endsWith("manifest.json"));
  const files = Object.fromEntries(
    names.map(path => [
      relative(outDir, path).split(sep).join("/"),
      gzipSync(readFileSync(path), { level: 9 }).toString("base64")
    ])
  );
  writeFileSync(join(outDir, "embedded.cjs"), `module.exports = ${JSON.stringify({ files })};\n`);
  for (const folder of builds) {
    const path = join(folder, "dashboard/embedded.cjs");
    writeFileSync(path, 'module.exports = require("../../dashboard/embedded.cjs");\n');
    rmSync(`${path}.map`, { force: true });
  }
}
