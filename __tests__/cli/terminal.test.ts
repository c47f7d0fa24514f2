import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { createTaskDefinition } from "../../src/index.js";
import { startLocal, type Local } from "../../src/local/index.js";
import { CliProcess, COMMAND } from "./CliProcess.js";

jest.setTimeout(120_000);

const CTRL_C = "\u0003";

const waiting = createTaskDefinition({
  id: "waiting",
  title: "Waiting",
  run: async ({ input, response }) =>
    input.rest > 0 ? response.continue({ rest: input.rest - 1 }, { seconds: input.seconds }) : response.done("Done.")
});

let local: Local;
beforeAll(async () => {
  if (spawnSync("script", ["--version"]).error !== undefined) {
    throw new Error(
      "These tests need a terminal, which `script` gives them (Debian: bsdutils; elsewhere: util-linux)."
    );
  }
  local = await startLocal({ plugins: [waiting], logLevel: "silent" });
});
afterAll(() => local.stop());

/** Runs the command line in a terminal of its own, as a person would. */
function inTerminal(...args: string[]): CliProcess {
  const quoted = [...COMMAND, ...args].map(word => `'${word}'`).join(" ");
  // `macOS` takes the command as words, util-linux as one text.
  const script =
    process.platform === "darwin" ? ["-q", "/dev/null", "sh", "-c", quoted] : ["-qefc", quoted, "/dev/null"];
  return new CliProcess(["script", ...script], {
    cwd: tmpdir(),
    env: { WEBINY_TASKS_URL: `${local.url}/graphql`, TERM: "xterm" }
  });
}

const escaped = (text: string) => text.replaceAll("\u001b", "ESC");

it("shows in a terminal how a task goes on, and then how it ended, in colours", async () => {
  const cli = inTerminal("trigger", "waiting", "--input", '{"rest":1,"seconds":1}', "--wait");
  expect(await cli.end()).toBe(0);
  const text = escaped(cli.text);
  expect(text).toMatch(/\rESC\[2K. waiting running {2}1 iteration {2}\d/);
  // The line is drawn again and again, also where nothing has changed, and is gone before the answer.
  expect(text.split("ESC[2K").length).toBeGreaterThan(5);
  expect(text).toMatch(/\rESC\[2KESC\[32msuccessESC\[39m waiting \S+ {2}2 iterations {2}\d s\r\nDone\.\r\n$/);
});

it("ends on Ctrl-C in the terminal while it waits; the task goes on", async () => {
  const cli = inTerminal("trigger", "waiting", "--input", '{"rest":1,"seconds":86400}', "--wait");
  await cli.printed(/waiting running {2}1 iteration/);
  cli.type(CTRL_C);
  expect(await cli.end()).toBe(130);
  expect(escaped(cli.text)).toMatch(/ESC\[31mInterrupted\. The task goes on\.ESC\[39m\r\n$/);
  const { items } = await local.tasks.listTasks({ where: { taskStatus: "running" } });
  expect(items).toHaveLength(1);
});
