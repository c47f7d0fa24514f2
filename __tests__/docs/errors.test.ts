import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ERROR_CODES } from "../../src/index.js";
import { namesIn, readDoc, ROOT, tableOf } from "./markdown.js";

describe("docs/errors.md", () => {
  const rows = tableOf(readDoc("docs/errors.md"), "code", "meaning, and what to do");

  it("lists every code with its text, and no other", () => {
    const documented = rows.map(([code, text]) => [namesIn(code)[0], text]);
    expect(documented).toEqual(Object.entries(ERROR_CODES));
  });

  it("says of every code where it shows", () => {
    expect(rows.filter(([, , where]) => !where).map(([code]) => code)).toEqual([]);
  });

  it("lists no code that nothing uses", () => {
    const source = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
      .filter(file => /\.[mc]?ts$/.test(file) && file !== "errors.ts")
      .map(file => readFileSync(join(ROOT, "src", file), "utf8"))
      .join("\n");
    // `errors.ts` makes these two itself, for everybody.
    const made = ["NOT_FOUND", "RUN_ERROR"];
    const unused = Object.keys(ERROR_CODES).filter(code => !source.includes(`"${code}"`) && !made.includes(code));
    expect(unused).toEqual([]);
  });
});

describe("README.md and docs/", () => {
  it("name no code that does not exist", () => {
    const known = new Set(Object.keys(ERROR_CODES));
    const files = ["README.md", ...readdirSync(join(ROOT, "docs")).map(file => `docs/${file}`)];
    const endings = /_(ERROR|ABORTED|FINISHED|SUPERSEDED|MISSING|FOUND|LOST|FORMAT|TOO_LARGE)$|^INVALID_/;
    const unknown = files.flatMap(file =>
      namesIn(readDoc(file))
        .filter(name => /^[A-Z]+(_[A-Z]+)+$/.test(name) && endings.test(name) && !known.has(name))
        .map(name => `${file}: ${name}`)
    );
    expect(unknown).toEqual([]);
  });
});
