import { join } from "node:path";
import { FORMATS, loadedModules, tooEager } from "../../bench/loadedModules.js";

const root = join(__dirname, "../..");

describe.each(FORMATS)("importing the built package root (%s)", format => {
  it("loads no SDK client, zod, emulator, GraphQL or CDK", () => {
    const modules = loadedModules(root, format);
    expect(modules.some(path => path.endsWith(`/dist/${format}/index.js`))).toBe(true);
    expect(tooEager(modules)).toEqual([]);
  });
});

it("sees what is loaded eagerly", () => {
  expect(
    tooEager(["/a/node_modules/zod/index.js", "file:///a/node_modules/@aws-sdk/client-sfn/dist-es/index.js"])
  ).toHaveLength(2);
  expect(tooEager(["/a/node_modules/ulid/index.js", "/zod/dist/esm/index.js"])).toEqual([]);
});
