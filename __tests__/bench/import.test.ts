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

describe.each(FORMATS)("running a task (%s)", format => {
  const optional =
    /\/observe\/(Metrics|OpenTelemetryTracer|openTelemetryApi)\.c?js$|node_modules\/@opentelemetry\/api\//;
  const modulesOf = (options: object) =>
    loadedModules(
      root,
      format,
      `(async () => {
        const { Simulation } = await import(${JSON.stringify(join(root, "dist", format, "testing/index.js"))});
        const simulation = new Simulation({ plugins: [], options: ${JSON.stringify(options)} });
        await simulation.waitFor((await simulation.tasks.trigger({ definition: "testingRun" })).id);
      })();`
    );

  it("loads neither metrics nor OpenTelemetry, unless asked for", () => {
    const without = modulesOf({});
    expect(without.some(path => path.endsWith(`/dist/${format}/runner/runIteration.js`))).toBe(true);
    expect(without.filter(path => optional.test(path))).toEqual([]);
    const loaded = modulesOf({ metrics: true, tracing: true }).flatMap(path => optional.exec(path)?.[0] ?? []);
    expect(new Set(loaded)).toEqual(
      new Set([
        "/observe/Metrics.js",
        "/observe/OpenTelemetryTracer.js",
        "/observe/openTelemetryApi.cjs",
        "node_modules/@opentelemetry/api/"
      ])
    );
  });
});

it("sees what is loaded eagerly", () => {
  expect(
    tooEager(["/a/node_modules/zod/index.js", "file:///a/node_modules/@aws-sdk/client-sfn/dist-es/index.js"])
  ).toHaveLength(2);
  expect(tooEager(["/a/node_modules/ulid/index.js", "/zod/dist/esm/index.js"])).toEqual([]);
});
