import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Metafile, type Plugin } from "esbuild";
import { median } from "./median.js";

/** Where the API is imported, on its first request: left out, to see what it weighs. */
const API = /(http\/createHttpApp|graphql\/resolvers|hono\/aws-lambda)(\.js)?$/;
const withoutApi: Plugin = {
  name: "without-api",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: API }, ({ path }) => ({ path, namespace: "empty" }));
    onLoad({ filter: /./, namespace: "empty" }, () => ({ contents: "" }));
  }
};

export interface BundleFigures {
  bytes: number;
  gzipBytes: number;
  /** What importing it adds to the start of a Node process, median. */
  importMs: number;
  /** The packages that take most of it, in bytes. */
  largest: [name: string, bytes: number][];
}

/** Bundles a handler with one task as for a Lambda: one minified ES module with the SDK inside. */
export async function bundleHandler(root: string, outfile: string, plugins: Plugin[] = []): Promise<Metafile> {
  const { metafile } = await build({
    stdin: { contents: HANDLER, resolveDir: root, sourcefile: "handler.js" },
    alias: { "@webiny/tasks": join(root, "dist/esm/index.js") },
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    plugins,
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    metafile: true,
    logLevel: "error"
  });
  return metafile;
}

/** What a bundled handler weighs, and how long importing it takes. */
export async function measureBundle(root: string, runs: number, withApi: boolean): Promise<BundleFigures> {
  const folder = mkdtempSync(join(tmpdir(), "webiny-tasks-bundle-"));
  try {
    const outfile = join(folder, "handler.mjs");
    const metafile = await bundleHandler(root, outfile, withApi ? [] : [withoutApi]);
    const text = readFileSync(outfile);
    const empty = join(folder, "empty.mjs");
    writeFileSync(empty, "import 'node:path';");
    const times: number[] = [];
    const emptyTimes: number[] = [];
    for (let run = 0; run < runs; run++) {
      times.push(start(outfile));
      emptyTimes.push(start(empty));
    }
    return {
      bytes: text.length,
      gzipBytes: gzipSync(text, { level: 9 }).length,
      importMs: median(times) - median(emptyTimes),
      largest: largest(metafile)
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const HANDLER = `
  import { createHandler, createTaskDefinition } from "@webiny/tasks";
  const hello = createTaskDefinition({ id: "hello", title: "Hello", run: async ({ response }) => response.done("Hello.") });
  export const handler = createHandler({ plugins: [hello] });
`;

function start(file: string): number {
  const startedAt = performance.now();
  execFileSync(process.execPath, [file], { env: { ...process.env, NODE_OPTIONS: "" } });
  return performance.now() - startedAt;
}

function largest({ outputs }: Metafile): [string, number][] {
  const bytes = new Map<string, number>();
  for (const [file, { bytesInOutput }] of Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs))) {
    const found = [...file.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].at(-1)?.[1];
    const scope =
      found?.startsWith("@aws-sdk/") || found?.startsWith("@smithy/") ? "AWS SDK" : (found ?? "@webiny/tasks");
    bytes.set(scope, (bytes.get(scope) ?? 0) + bytesInOutput);
  }
  return [...bytes].sort((a, b) => b[1] - a[1]).slice(0, 6);
}
