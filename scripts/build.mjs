// Builds the package twice, as ES modules and as CommonJS, with types for both.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync(`${root}dist`, { recursive: true, force: true });
for (const [format, type] of [
  ["esm", "module"],
  ["cjs", "commonjs"]
]) {
  execFileSync(process.execPath, [tsc, "-p", `${root}tsconfig.${format}.json`], { stdio: "inherit", cwd: root });
  mkdirSync(`${root}dist/${format}`, { recursive: true });
  writeFileSync(`${root}dist/${format}/package.json`, `${JSON.stringify({ type })}\n`);
}
