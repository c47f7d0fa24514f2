import { join, relative } from "node:path";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { result } from "./FakeApi.js";

const root = join(__dirname, "../..");

/** The client as a browser gets it. A module of Node in it fails the build. */
async function bundle() {
  const built = await build({
    entryPoints: [join(root, "src/client/index.ts")],
    bundle: true,
    format: "iife",
    globalName: "client",
    platform: "browser",
    metafile: true,
    write: false,
    minify: true
  });
  return {
    code: built.outputFiles[0]?.text ?? "",
    files: Object.keys(built.metafile.inputs).map(file => relative(root, join(process.cwd(), file)))
  };
}

it("stands on nothing but the base of the library", async () => {
  const { code, files } = await bundle();
  expect(files.filter(file => !/^src\/(client\/|errors\.ts$|constants\.ts$|types\.ts$)/.test(file))).toEqual([]);
  expect(code.length).toBeLessThan(15_000);
});

it("runs where there is only what browsers have", async () => {
  const { code } = await bundle();
  const asked: string[] = [];
  const fetch = async (url: string) => {
    asked.push(url);
    return { status: 200, headers: { get: () => null }, text: async () => JSON.stringify(result([]).body) };
  };
  const location = { href: "https://admin.example.com/tasks" };
  const browser = createContext({ fetch, location, URL, AbortController, setTimeout, clearTimeout, performance });
  const listed: unknown = await runInContext(
    `${code}; client.createTasksClient({ url: "/graphql" }).listDefinitions()`,
    browser
  );
  expect(listed).toHaveLength(0);
  expect(asked).toEqual(["https://admin.example.com/graphql"]);
});
