import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as constants from "../../src/constants.js";
import { createBackgroundTasks } from "../../src/index.js";
import { namesIn, readDoc, ROOT, tableOf } from "./markdown.js";

const readme = readDoc("README.md");
const limits = constants as unknown as Record<string, unknown>;

/** Units a value in the table may have, in the unit of the constant's own name. */
const UNITS: Record<string, { of: string; factor: number }> = {
  MiB: { of: "BYTES", factor: 1024 * 1024 },
  KiB: { of: "BYTES", factor: 1024 },
  days: { of: "DAYS", factor: 1 },
  s: { of: "SECONDS", factor: 1 },
  levels: { of: "DEPTH", factor: 1 }
};

/** "32 MiB" is 33,554,432 for a constant in bytes. */
function valueOf(cell: string, constant: string): number {
  const match = /^([\d,]+)(?: (\S+))?$/.exec(cell);
  const [, digits = "", unit] = match ?? [];
  const value = Number(digits.replaceAll(",", ""));
  if (unit === undefined) {
    return value;
  }
  const known = UNITS[unit];
  return known !== undefined && constant.endsWith(known.of) ? value * known.factor : NaN;
}

describe("the README's table of limits", () => {
  const rows = tableOf(readme, "limit", "value", "constant").map(([, value = "", constant]) => ({
    value,
    name: namesIn(constant)[0] ?? ""
  }));

  it("has the values of src/constants.ts", () => {
    expect(rows.map(({ name, value }) => [name, valueOf(value, name)])).toEqual(
      rows.map(({ name }) => [name, limits[name]])
    );
  });

  it("has every maximum and every default that is a number", () => {
    const expected = Object.keys(limits).filter(
      name => /^(MAX|DEFAULT)_/.test(name) && typeof limits[name] === "number"
    );
    expect(rows.map(({ name }) => name).sort()).toEqual(expected.sort());
  });
});

describe("the README's table of options", () => {
  const rows = tableOf(readme, "option", "environment variable");

  it("has every option of createBackgroundTasks", () => {
    let message = "";
    try {
      createBackgroundTasks({ unknown: 1 } as never);
    } catch (error) {
      message = (error as Error).message;
    }
    const known = (/known are (.*)\.$/.exec(message)?.[1] ?? "").split(", ");
    expect(rows.flatMap(([option]) => namesIn(option)).sort()).toEqual(known.sort());
  });

  it("has every environment variable the library reads", () => {
    const source = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
      // The command line's own are in its section; __tests__/cli/docs.test.ts looks there.
      .filter(file => file.endsWith(".ts") && !/^cli[\\/]/.test(file))
      .map(file => readFileSync(join(ROOT, "src", file), "utf8"))
      .join("\n");
    const read = new Set(source.match(/\b(WEBINY_TASKS_[A-Z_]+|DB_TABLE)\b/g));
    const documented = rows.flatMap(([, variable]) => namesIn(variable));
    expect(documented.filter(name => !name.startsWith("AWS_")).sort()).toEqual([...read].sort());
  });
});
