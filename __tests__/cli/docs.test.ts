import { createProgram } from "../../src/cli/createProgram.js";
import { EXIT } from "../../src/cli/exitCodes.js";
import { readDoc, tableOf } from "../docs/markdown.js";
import { FakeTerminal } from "./FakeTerminal.js";

const readme = readDoc("README.md");

it("the README and the help list every exit code", async () => {
  const codes = Object.values(EXIT).map(String);
  expect(tableOf(readme, "exit code", "meaning").map(([code]) => code)).toEqual(codes);
  const terminal = new FakeTerminal();
  await terminal.run("--help");
  const [, help = ""] = terminal.out.split("Exit codes:\n");
  expect(help.match(/^ +\d+/gm)?.map(code => code.trim())).toEqual(codes);
});

it("the README names every command with all its options", () => {
  const documented = tableOf(readme, "command", "").filter(([cell]) => /^`\w+( |`)/.test(cell ?? ""));
  const usual = ["--url", "--header", "--json"];
  const actual = createProgram(new FakeTerminal()).command.commands.map(command => [
    command.name(),
    ...command.options.flatMap(({ long }) => (usual.includes(long as string) ? [] : [long]))
  ]);
  const names = documented.map(([cell = ""]) => [/^`(\w+)/.exec(cell)?.[1], ...(cell.match(/--[\w-]+/g) ?? [])]);
  expect(names.map(words => words.sort())).toEqual(
    actual.filter(([name]) => name !== "dev").map(words => words.sort())
  );
  const [, section = ""] = readme.split("\n## Command line\n");
  const help = createProgram(new FakeTerminal())
    .command.commands.map(command => command.helpInformation())
    .join("\n");
  for (const variable of ["WEBINY_TASKS_URL", "WEBINY_TASKS_HEADERS"]) {
    expect([section, help]).toEqual([expect.stringContaining(variable), expect.stringContaining(variable)]);
  }
  for (const option of actual.find(([name]) => name === "dev") ?? []) {
    expect(section).toContain(String(option));
  }
});
