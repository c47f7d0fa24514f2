import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** What a user pays for only when it is used: none of it is loaded with the package root. */
export const LAZY_PACKAGES = [
  "@aws-sdk",
  "zod",
  "dynalite",
  "aws-local-stepfunctions",
  "graphql",
  "aws-cdk-lib",
  "constructs",
  "@pulumi",
  "@opentelemetry"
];

export const FORMATS = ["esm", "cjs"] as const;
export type Format = (typeof FORMATS)[number];

/** Node's arguments that import the built package root, and then run the program. @throws Error when it was not built */
export function importArguments(root: string, format: Format, program = ""): string[] {
  const entry = join(root, "dist", format, "index.js");
  if (!existsSync(entry)) {
    throw new Error(`${entry} is not there: run "npm run build" first.`);
  }
  return format === "esm"
    ? ["--input-type=module", "--eval", `await import(${JSON.stringify(pathToFileURL(entry).href)});${program}`]
    : ["--input-type=commonjs", "--eval", `require(${JSON.stringify(entry)});${program}`];
}

// Written from the hooks' own thread, so that nothing is lost and nothing has to be waited for. To a file: a pipe that is
// full refuses to be written to at once.
const HOOKS = `
  import { appendFileSync } from "node:fs";
  export async function load(url, context, next) {
    appendFileSync(process.env.LOADED_MODULES, url + "\\n");
    return next(url, context);
  }
`;
const REGISTER = `
  import { createRequire, register } from "node:module";
  import { appendFileSync } from "node:fs";
  register(${JSON.stringify(dataUrl(HOOKS))});
  // The path does not matter: all share one cache.
  const { cache } = createRequire(process.execPath);
  process.on("exit", () => appendFileSync(process.env.LOADED_MODULES, Object.keys(cache).join("\\n")));
`;

/** Paths and URLs of everything that importing the built package root loads, and then the program, in a process of its own. */
export function loadedModules(root: string, format: Format, program = ""): string[] {
  const folder = mkdtempSync(join(tmpdir(), "loaded-modules-"));
  const file = join(folder, "modules.txt");
  try {
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--import", dataUrl(REGISTER), ...importArguments(root, format, program)],
      { encoding: "utf8", cwd: root, env: { ...process.env, NODE_OPTIONS: "", LOADED_MODULES: file } }
    );
    if (status !== 0) {
      throw new Error(`Importing the package root (${format}) failed:\n${stderr}`);
    }
    const lines = readFileSync(file, "utf8")
      .split("\n")
      .filter(line => line !== "" && !line.startsWith("data:") && !line.startsWith("node:"));
    return [...new Set(lines)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Those of the modules that belong to a package that should be lazy. */
export function tooEager(modules: string[]): string[] {
  return modules.filter(path => LAZY_PACKAGES.some(name => path.includes(`/node_modules/${name}/`)));
}

function dataUrl(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
