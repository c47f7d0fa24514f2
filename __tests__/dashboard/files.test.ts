import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { createDashboard, exportDashboard, type DashboardOptions } from "../../src/dashboard/index.js";
import { createHandler } from "../../src/index.js";
import { FakeTerminal } from "../cli/FakeTerminal.js";

const root = join(__dirname, "../..");
const built = join(root, "dist/dashboard");
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Files of the build, as Vite lists them: which part loads which. */
interface Chunk {
  file: string;
  src?: string;
  imports?: string[];
  dynamicImports?: string[];
  css?: string[];
}
const manifest = JSON.parse(read("dist/dashboard/manifest.json")) as Record<string, Chunk>;

/** Everything that is loaded before a part runs. */
function filesOf(name: string, found = new Set<string>()): Set<string> {
  const { file, imports = [], css = [] } = manifest[name]!;
  if (!found.has(file)) {
    found.add(file);
    css.forEach(path => found.add(path));
    imports.forEach(one => filesOf(one, found));
  }
  return found;
}

const gzippedBytes = (files: Iterable<string>) =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(built, file)), { level: 9 }).length, 0);

describe("the built files", () => {
  const pages = manifest["index.html"]!.dynamicImports ?? [];

  it("are loaded page by page, each first load under 250 kB", () => {
    expect(pages.map(name => name.split("/").at(-1)).sort()).toEqual([
      "Definition.tsx",
      "Definitions.tsx",
      "Overview.tsx",
      "Task.tsx",
      "Tasks.tsx"
    ]);
    const sizes = pages.map(page => {
      const files = new Set(["index.html", "theme.js", "icon.svg", ...filesOf("index.html"), ...filesOf(page)]);
      return [page, gzippedBytes(files)] as const;
    });
    console.log(sizes.map(([page, bytes]) => `${page}: ${Math.round(bytes / 1000)} kB`).join(", "));
    expect(sizes.filter(([, bytes]) => bytes >= 250_000)).toEqual([]);
    // The form library comes with a form alone.
    const form = manifest["src/pages/definitions/SchemaForm.tsx"]!.file;
    expect(pages.filter(page => filesOf(page).has(form))).toEqual([]);
  });

  it("have nothing inline, and name no other host", () => {
    const page = readFileSync(join(built, "index.html"), "utf8");
    expect(page).not.toMatch(/<style|<script(?![^>]*\ssrc=")| on\w+="|style="/);
    expect([...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url)).toEqual(
      expect.arrayContaining(["./theme.js", "./icon.svg"])
    );
    expect(page).not.toMatch(/(src|href)="(?!\.\/)/);
  });

  it("are made of types and a drawing that fit the schema and the state machine", () => {
    const files = ["schema.graphql", "src/api/schema-env.d.ts", "src/pages/task/stateMachine.json"];
    const before = files.map(file => read(`dashboard/${file}`));
    const { status, stderr } = spawnSync("npm", ["run", "-s", "types:dashboard"], { cwd: root, encoding: "utf8" });
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
    expect(files.map(file => read(`dashboard/${file}`))).toEqual(before);
  });
});

describe("createDashboard", () => {
  const get = (dashboard: ReturnType<typeof createDashboard>, path: string, headers = {}) =>
    dashboard.respond(new Request(`http://localhost${path}`, { headers }));

  it("answers with its files, a strict policy, and nothing else", async () => {
    const dashboard = createDashboard({ title: 'Tasks of "A & B" <i>' });
    const page = (await get(dashboard, "/"))!;
    expect(Object.fromEntries(page.headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "content-security-policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    });
    const text = await page.text();
    expect(text).toContain("Tasks of \\&quot;A &amp; B\\&quot; &lt;i>");
    const script = /src="\.(\/assets\/[^"]+)"/.exec(text)![1]!;
    const asset = (await get(dashboard, script, { "accept-encoding": "gzip, br" }))!;
    expect(asset.headers.get("content-encoding")).toBe("gzip");
    expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(asset.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    for (const path of ["/graphql", "/assets/", "/../package.json", "/manifest.json", "/embedded.cjs"]) {
      expect(await get(dashboard, path)).toBeUndefined();
    }
  });

  it("may be served in a folder, for an API elsewhere", async () => {
    const dashboard = createDashboard({ path: "/ops/tasks" });
    expect((await get(dashboard, "/ops/tasks"))!.headers.get("location")).toBe("tasks/");
    expect(await (await get(dashboard, "/ops/tasks/"))!.text()).toContain("&quot;api&quot;:&quot;../../graphql&quot;");
    expect(await get(dashboard, "/")).toBeUndefined();
    const elsewhere = createDashboard({ api: "https://api.example.com/v1/graphql?x=1" });
    expect((await get(elsewhere, "/"))!.headers.get("content-security-policy")).toContain(
      "connect-src 'self' https://api.example.com;"
    );
  });

  it.each<[string, unknown]>([
    ["unknown option color", { color: "red" }],
    ['"path" must be', { path: "tasks" }],
    ['"path" must be', { path: "/a/../b" }],
    ['"api" must be', { api: "" }],
    ['"api" must be', { api: "ftp://example.com/graphql" }],
    ['"title" must be', { title: "" }],
    ['"signIn" must be', { signIn: { header: "a b" } }],
    ['"signIn" must be', { signIn: { cookie: "x" } }],
    ['"headers" must be', { headers: { "x-tenant": 1 } }],
    ['"credentials" must be', { credentials: "include" }]
  ])("refuses options that say nothing: %s", (message, options) => {
    expect(() => createDashboard(options as DashboardOptions)).toThrow(
      expect.objectContaining({ code: "CONFIGURATION_ERROR", message: expect.stringContaining(message) })
    );
  });

  const event = (path: string, rest: object) => ({
    ...rest,
    headers: { host: "example.com", "accept-encoding": "gzip" },
    path,
    isBase64Encoded: false
  });

  it("is served by createHandler when it is among the plugins, as text to API Gateway's REST API", async () => {
    const plain = createHandler({ plugins: [] });
    const withDashboard = createHandler({ plugins: [createDashboard()] });
    const functionUrl = event("/", {
      version: "2.0",
      rawPath: "/",
      rawQueryString: "",
      requestContext: { http: { method: "GET", path: "/" }, domainName: "example.com" }
    });
    const restApi = event("/", { httpMethod: "GET", resource: "/", requestContext: { httpMethod: "GET", path: "/" } });
    expect(await plain(functionUrl)).toMatchObject({ statusCode: 404 });
    expect(await withDashboard(functionUrl)).toMatchObject({ statusCode: 200, isBase64Encoded: true });
    expect(await withDashboard(restApi)).toMatchObject({
      statusCode: 200,
      isBase64Encoded: false,
      body: expect.stringContaining("<title>Background tasks</title>")
    });
  });

  it("is inside the bundle of a Lambda, and only where it is used", async () => {
    const bundle = async (contents: string) => {
      const { outputFiles } = await build({
        stdin: { contents, resolveDir: root },
        bundle: true,
        write: false,
        platform: "node",
        format: "cjs",
        minify: true,
        logLevel: "error"
      });
      return outputFiles[0]!.text;
    };
    const without =
      'import { createHandler } from "./dist/esm/index.js"; export const handler = createHandler({ plugins: [] });';
    expect(await bundle(without)).not.toContain("H4sI");
    const folder = mkdtempSync(join(tmpdir(), "dashboard-bundle-"));
    try {
      const text = await bundle(
        'import { createDashboard } from "./dist/esm/dashboard/index.js"; createDashboard().respond(new Request("http://localhost/")).then(answer => answer.text()).then(console.log);'
      );
      writeFileSync(join(folder, "index.cjs"), text);
      const { stdout } = spawnSync(process.execPath, ["index.cjs"], { cwd: folder, encoding: "utf8" });
      expect(stdout).toContain("<title>Background tasks</title>");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("the export", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "dashboard-export-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("writes static files with the API's URL and the policy in the page", async () => {
    const files = await exportDashboard(folder, { api: "https://api.example.com/graphql", signIn: false });
    expect(files).toEqual(expect.arrayContaining(["index.html", "theme.js", "icon.svg"]));
    expect(files.every(file => existsSync(join(folder, file)))).toBe(true);
    const page = readFileSync(join(folder, "index.html"), "utf8");
    expect(page).toContain("connect-src 'self' https://api.example.com; base-uri");
    // Before anything is loaded.
    expect(page.indexOf("Content-Security-Policy")).toBeLessThan(page.indexOf("theme.js"));
    expect(page).toContain("&quot;signIn&quot;:null");
    // Again: the earlier one is replaced.
    await exportDashboard(folder);
    writeFileSync(join(folder, "index.html"), "");
    rmSync(join(folder, "index.html"));
    await expect(exportDashboard(folder)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("is a command", async () => {
    const terminal = new FakeTerminal();
    const out = join(folder, "site");
    const args = ["--api", "https://api.example.com/graphql", "--sign-in", "X-Api-Key", "--title", "Shop", "--json"];
    expect(await terminal.run("dashboard", "--out", out, ...args)).toBe(0);
    expect(JSON.parse(terminal.out)).toMatchObject({ out });
    const page = readFileSync(join(out, "index.html"), "utf8");
    expect(page).toContain(
      "{&quot;header&quot;:&quot;x-api-key&quot;,&quot;prefix&quot;:&quot;&quot;,&quot;label&quot;:&quot;Token&quot;}"
    );
    expect(await terminal.run("dashboard", "--out", join(folder, "other"), "--api", "ftp://x")).not.toBe(0);
    expect(terminal.err).toContain("CONFIGURATION_ERROR");
  });
});
