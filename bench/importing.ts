import { spawnSync } from "node:child_process";
import { FORMATS, importArguments, loadedModules, tooEager, type Format } from "./loadedModules.js";
import { median } from "./median.js";

const EMPTY: Record<Format, string[]> = {
  esm: ["--input-type=module", "--eval", "await import('node:path');"],
  cjs: ["--input-type=commonjs", "--eval", "require('node:path');"]
};

export interface ImportFigures {
  /** Of the slower of the two formats. */
  importMs: number;
  byFormat: Record<Format, { ms: number; modules: number }>;
}

/**
 * What importing the built package root adds to the start of a Node process: the median of `runs` processes that import
 * it, minus that of as many that import nothing, taken in turns so that both see the same noise.
 * @throws Error when it loads what should be lazy
 */
export function measureImport(root: string, runs: number): ImportFigures {
  const figures = FORMATS.map(format => {
    const modules = loadedModules(root, format);
    const eager = tooEager(modules);
    if (eager.length > 0) {
      throw new Error(`Importing the package root (${format}) loads what should be lazy:\n${eager.join("\n")}`);
    }
    const importing = importArguments(root, format);
    const empty: number[] = [];
    const full: number[] = [];
    for (let run = 0; run < runs; run++) {
      empty.push(startMs(EMPTY[format], root));
      full.push(startMs(importing, root));
    }
    return [format, { ms: median(full) - median(empty), modules: modules.length }] as const;
  });
  const byFormat = Object.fromEntries(figures) as ImportFigures["byFormat"];
  return { importMs: Math.max(...figures.map(([, { ms }]) => ms)), byFormat };
}

function startMs(args: string[], cwd: string): number {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" }
  });
  if (status !== 0) {
    throw new Error(`node ${args.join(" ")} failed:\n${stderr}`);
  }
  return performance.now() - startedAt;
}
