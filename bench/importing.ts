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
  byFormat: Record<Format, { ms: number; cpuMs: number; modules: number }>;
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
    const empty: Start[] = [];
    const full: Start[] = [];
    for (let run = 0; run < runs; run++) {
      empty.push(start(EMPTY[format], root));
      full.push(start(importing, root));
    }
    const added = (kind: keyof Start) => median(full.map(one => one[kind])) - median(empty.map(one => one[kind]));
    return [format, { ms: added("ms"), cpuMs: added("cpuMs"), modules: modules.length }] as const;
  });
  const byFormat = Object.fromEntries(figures) as ImportFigures["byFormat"];
  return { importMs: Math.max(...figures.map(([, { ms }]) => ms)), byFormat };
}

interface Start {
  ms: number;
  /** User and system time of the process: other processes hardly change it. */
  cpuMs: number;
}

function start(args: string[], cwd: string): Start {
  const code = `${args.at(-1)} process.stdout.write(String(Object.values(process.cpuUsage()).reduce((a, b) => a + b) / 1000));`;
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args.slice(0, -1), code], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" }
  });
  const ms = performance.now() - startedAt;
  if (status !== 0) {
    throw new Error(`node ${args.join(" ")} failed:\n${stderr}`);
  }
  return { ms, cpuMs: Number(stdout) };
}
