// Breaks each guard of the engine in a copy of the project, one after the other, and shows what catches it: the fault
// explorer, or the tests named. A guard that nothing misses is either not tested or not needed.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { guards } from "./guards.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const wanted = process.argv.slice(2);
const copy = mkdtempSync(join(tmpdir(), "guards-"));
let survived = 0;
try {
  for (const file of execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean)) {
    cpSync(join(root, file), join(copy, file));
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const chosen = guards.filter(({ guard }) => wanted.length === 0 || wanted.some(text => guard.includes(text)));
  for (const one of chosen) {
    const caught = whileBroken(one, () => test(one));
    survived += caught === null ? 1 : 0;
    console.log(
      `${caught === null ? "SURVIVED" : "caught  "} ${one.guard}${caught === null ? "" : `\n           ${caught}`}`
    );
  }
  console.log(`${chosen.length - survived} of ${chosen.length} broken guards were caught`);
} finally {
  rmSync(copy, { recursive: true, force: true });
}
process.exitCode = survived === 0 ? 0 : 1;

function whileBroken({ guard, file, from, to }, work) {
  const path = join(copy, file);
  const source = readFileSync(path, "utf8");
  if (source.split(from).length !== 2) {
    throw new Error(`"${guard}": ${file} must have this text once:\n${from}`);
  }
  writeFileSync(
    path,
    source.replace(from, () => to)
  );
  try {
    return work();
  } finally {
    writeFileSync(path, source);
  }
}

/** @returns what failed, or null */
function test({ tests, scenario }) {
  const args =
    tests === undefined
      ? [
          // In this very process, so that nothing is left when it is ended.
          "--import",
          "tsx",
          "__tests__/faults/main.ts",
          "--first",
          ...(scenario === undefined ? [] : ["--scenario", scenario])
        ]
      : [join(root, "node_modules/jest/bin/jest.js"), ...tests];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: copy,
    encoding: "utf8",
    // What is broken may go round in circles.
    timeout: 120_000,
    killSignal: "SIGKILL"
  });
  if (status === 0) {
    return null;
  }
  if (status === null) {
    return "it never ends";
  }
  const lines = `${stdout}\n${stderr}`.split("\n");
  const found = lines.find(line => /^ {7}\S|●/.test(line)) ?? lines.find(Boolean);
  return `${tests === undefined ? (lines.find(line => line.startsWith("FAIL")) ?? "").split(":")[0].slice(5) : tests.join(" ")}: ${found.trim()}`;
}
