// Builds the package twice, as ES modules and as CommonJS, with types for both. A build that fails leaves the last one.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const DEFAULT_QUERY = `# What can be triggered, and what was.
query Tasks {
  backgroundTasks {
    listDefinitions {
      data { id title description }
    }
    listTasks(limit: 10) {
      data { id name taskStatus iterations createdOn }
      meta { totalCount }
      error { code message }
    }
  }
}
`;

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const built = mkdtempSync(join(root, "dist-"));

try {
  for (const [format, type] of [
    ["esm", "module"],
    ["cjs", "commonjs"]
  ]) {
    const outDir = join(built, format);
    // The types are checked once.
    const flags = format === "cjs" ? ["--noCheck"] : [];
    execFileSync(process.execPath, [tsc, "-p", `tsconfig.${format}.json`, "--outDir", outDir, ...flags], {
      stdio: "inherit",
      cwd: root
    });
    writeFileSync(join(outDir, "package.json"), `${JSON.stringify({ type })}\n`);
  }
  // GraphiQL as one page that asks no other host; read only by the local server.
  const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
  const page = renderGraphiQL({ endpoint: "/graphql", title: "Background tasks", defaultQuery: DEFAULT_QUERY });
  writeFileSync(join(built, "graphiql.html.gz"), gzipSync(page, { level: 9 }));
  const { buildDashboard } = await import("./buildDashboard.mjs");
  await buildDashboard(join(built, "dashboard"), [join(built, "esm"), join(built, "cjs")]);
  // The command line: npm makes it executable where it installs the package, a clone has only this.
  chmodSync(join(built, "esm/cli/main.js"), 0o755);
  const graphiql = createRequire(import.meta.url).resolve("@graphql-yoga/render-graphiql/package.json");
  copyFileSync(join(graphiql, "../LICENSE"), join(built, "graphiql.LICENSE.txt"));
  // A temporary folder is its maker's alone.
  chmodSync(built, 0o755);
  rmSync(join(root, "dist"), { recursive: true, force: true });
  renameSync(built, join(root, "dist"));
} catch (error) {
  rmSync(built, { recursive: true, force: true });
  throw error;
}
