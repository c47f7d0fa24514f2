import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTaskDefinition } from "../../src/index.js";
import { startLocal, type Local } from "../../src/local/index.js";
import { FakeApi, failure, result } from "../client/FakeApi.js";
import { FakeTerminal } from "./FakeTerminal.js";

const syncArticles = createTaskDefinition({
  id: "syncArticles",
  title: "Sync articles",
  description: "From the other system.",
  async run({ input, response, store }) {
    await store.addInfoLog({ message: `Page ${input.page}.`, data: { page: input.page } });
    return input.page < input.pages
      ? response.continue({ page: input.page + 1 }, { seconds: input.seconds ?? 0 })
      : response.done("Synced.", { articles: 10 });
  }
});
const failing = createTaskDefinition({
  id: "failing",
  title: "Failing",
  async run({ response, store }) {
    await store.addErrorLog({ message: "It breaks.", error: new Error("inner") });
    return response.error(Object.assign(new Error("Broken."), { code: "MINE" }));
  }
});
const waiting = createTaskDefinition({
  id: "waiting",
  title: "Waiting",
  run: async ({ response }) => response.continue({}, { seconds: 86_400 })
});

let local: Local;
let env: Record<string, string>;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tasks-cli-"));
  local = await startLocal({ plugins: [syncArticles, failing, waiting], logLevel: "silent" });
  env = { WEBINY_TASKS_URL: `${local.url}/graphql` };
});
afterAll(async () => {
  await local.stop();
  rmSync(folder, { recursive: true });
});

/** Runs a command; expects its exit code. */
async function ran(exitCode: number, args: string[], options: { stdin?: string; isTTY?: boolean } = {}) {
  const terminal = new FakeTerminal(env, options);
  const ended = await terminal.run(...args);
  expect({ exitCode: ended, err: terminal.err }).toEqual({ exitCode, err: terminal.err });
  expect([terminal.listenerCount("SIGINT"), terminal.listenerCount("SIGTERM")]).toEqual([0, 0]);
  return terminal;
}

const triggered = async (definition: string, input?: object) => {
  const { id } = await local.tasks.trigger({ definition, input });
  return id;
};

describe("webiny-tasks definitions", () => {
  it("lists what can be triggered, as columns or JSON lines", async () => {
    const { out } = await ran(0, ["definitions"]);
    expect(out).toMatch(/^ID +TITLE +DESCRIPTION\n/);
    expect(out).toMatch(/\nsyncArticles +Sync articles +From the other system\.\n/);
    const { json } = await ran(0, ["definitions", "--json"]);
    expect(json).toContainEqual(expect.objectContaining({ id: "failing", title: "Failing" }));
  });
});

describe("webiny-tasks trigger", () => {
  it("prints the id of the task alone, so that a script can use it", async () => {
    const args = ["trigger", "syncArticles", "--input", '{"page":1,"pages":1}', "--name", "Nightly", "--delay", "60"];
    const { out, err } = await ran(0, args);
    const task = await local.tasks.getTask(out.trim());
    expect(task).toMatchObject({ definitionId: "syncArticles", name: "Nightly", taskStatus: "pending" });
    expect(task?.input).toEqual({ page: 1, pages: 1 });
    expect(err).toContain(`webiny-tasks logs ${out.trim()} --follow`);
  });

  it("takes the input from a file or from stdin", async () => {
    const file = join(folder, "input.json");
    writeFileSync(file, '{"page":1,"pages":2}');
    const fromFile = await ran(0, ["trigger", "syncArticles", "--input", file, "--wait", "--json"]);
    expect(fromFile.json).toEqual([expect.objectContaining({ taskStatus: "success", iterations: 2 })]);
    const fromStdin = await ran(0, ["trigger", "syncArticles", "-i", "-", "-w", "--json"], {
      stdin: '{"page":1,"pages":3}'
    });
    expect(fromStdin.json[0]).toMatchObject({ taskStatus: "success", iterations: 3 });
  });

  it.each([
    ["no JSON", "{page}", /^The input \(--input\) is not JSON: /],
    ["no object", "-", /has to be a JSON object, as in .*; it is an array/],
    ["no file", "nowhere.json", /the file nowhere.json cannot be read: ENOENT/]
  ])("refuses an input that is %s, and sends nothing", async (_, input, message) => {
    const before = (await local.tasks.listTasks({ limit: 1_000 })).items.length;
    const { out, err } = await ran(2, ["trigger", "syncArticles", "--input", input], { stdin: "[1]" });
    expect([out, err]).toEqual(["", expect.stringMatching(message)]);
    expect((await local.tasks.listTasks({ limit: 1_000 })).items).toHaveLength(before);
  });

  it("with --wait tells how the task stands on stderr, and how it ended on stdout", async () => {
    const { out, err } = await ran(0, ["trigger", "syncArticles", "-i", '{"page":1,"pages":2}', "--wait"]);
    expect(out).toMatch(
      /^success syncArticles \S+ {2}2 iterations {2}[\d.]+ m?s\nSynced\.\n\{\n {2}"articles": 10\n\}\n$/
    );
    expect(err).toMatch(/^syncArticles \S+ (pending|running|success)\n/);
    expect(err).toMatch(/syncArticles \S+ success\n$/);
  });

  it("with --wait ends with 1 when the task failed, and shows where", async () => {
    const { out } = await ran(1, ["trigger", "failing", "--wait"]);
    expect(out).toMatch(/^failed failing \S+/);
    expect(out).toMatch(/\nMINE: Broken\.\n {4}at .*commands\.test\.ts:\d+:\d+/);
  });

  it("with --wait ends with 1 when the task was aborted", async () => {
    const terminal = new FakeTerminal(env);
    terminal.on("stderr", (text: string) => {
      const [, id = ""] = /waiting (\S+) running\n/.exec(text) ?? [];
      if (id !== "") {
        terminal.removeAllListeners("stderr");
        void new FakeTerminal(env).run("abort", id, "--message", "Enough.");
      }
    });
    expect(await terminal.run("trigger", "waiting", "--wait")).toBe(1);
    expect(terminal.out).toMatch(/^aborted waiting .*\nEnough\.\n/);
  });

  it("gives up waiting when the time is over; the task goes on", async () => {
    const { err } = await ran(5, ["trigger", "waiting", "--wait", "--timeout", "0.5"]);
    expect(err).toMatch(/WAIT_TIMEOUT: The task "\S+" was running when it was last seen/);
  });

  it("ends waiting on Ctrl-C; the task goes on", async () => {
    const terminal = new FakeTerminal(env);
    terminal.on("stderr", (text: string) => text.includes("running\n") && terminal.emit("SIGINT"));
    expect(await terminal.run("trigger", "waiting", "--wait")).toBe(130);
    const [, id = ""] = /waiting (\S+) running/.exec(terminal.err) ?? [];
    expect((await local.tasks.getTask(id))?.taskStatus).toBe("running");
    expect(terminal.listenerCount("SIGINT")).toBe(0);
  });

  it.each([
    ["syncArtciles", "Did you mean syncArticles?"],
    ["SYNCARTICLES", "Did you mean syncArticles?"],
    ["falling", "Did you mean failing?"],
    ["somethingElse", "There are: "]
  ])("says what may be meant by %s", async (id, expected) => {
    const { err } = await ran(2, ["trigger", id]);
    expect(err).toContain(`There is no task definition "${id}". ${expected}`);
  });

  it("passes on what the server refuses", async () => {
    const { err, out } = await ran(4, ["trigger", "waiting", "--delay", "99999999"]);
    expect(err).toMatch(/^MAX_DELAY_ERROR: /);
    expect(out).toBe("");
    const inJson = await ran(4, ["trigger", "waiting", "--delay", "99999999", "--json"]);
    expect(JSON.parse(inJson.err)).toMatchObject({ error: { code: "MAX_DELAY_ERROR" }, exitCode: 4 });
  });
});

describe("webiny-tasks list", () => {
  it("filters and limits, and prints columns or JSON lines", async () => {
    const parent = await triggered("waiting");
    const ids = [await triggered("failing"), await triggered("failing")];
    await Promise.all(ids.map(id => local.waitFor(id)));
    await local.tasks.abort({ id: parent });
    const { out } = await ran(0, ["list", "--status", "failed", "--definition", "failing", "--limit", "2"]);
    const [head, ...rows] = out.trim().split("\n");
    expect(head).toMatch(/^ID +STATUS +DEFINITION +NAME +ITERATIONS +CREATED +TOOK$/);
    expect(rows.map(row => row.split(/ +/).slice(0, 3))).toEqual(ids.reverse().map(id => [id, "failed", "failing"]));
    const { json } = await ran(0, ["list", "--status", "failed", "aborted", "--since", "1h", "--json", "-n", "3"]);
    expect(json.map(({ id }) => id)).toEqual([...ids, parent]);
    const later = await ran(0, ["list", "--since", "2999-01-01"]);
    expect([later.out, later.err]).toEqual(["", "There are no such tasks.\n"]);
  });

  it("finds tasks by a part of their name", async () => {
    const { id } = await local.tasks.trigger({ definition: "waiting", name: "Find me", delay: 1_000 });
    const { json } = await ran(0, ["list", "--search", "find", "--json"]);
    expect(json.map(task => task.id)).toEqual([id]);
  });

  it.each([
    [["--status", "done"], "Allowed choices are pending, running, failed, success, aborted."],
    [["--since", "yesterday"], "Give an age as in"],
    [["--limit", "0"], "Give a whole number, 1 or more."],
    [["--definition", "syncArticle"], "Did you mean syncArticles?"]
  ])("says what is right: %s", async (args, expected) => {
    const { err, out } = await ran(2, ["list", ...args]);
    expect(err).toContain(expected);
    expect(out).toBe("");
  });
});

describe("webiny-tasks show", () => {
  it("prints all of a task", async () => {
    const id = await triggered("syncArticles", { page: 1, pages: 2 });
    await local.waitFor(id);
    const { out } = await ran(0, ["show", id]);
    expect(out).toMatch(/\nstatus +success {2}2 iterations/);
    expect(out).toMatch(/input \{\n {2}"page": 2,\n {2}"pages": 2\n\}\noutput \{\n {2}"articles": 10\n\}\n$/);
    expect(out).toMatch(
      /used +\d+ transitions, \d+ invocations, \S+ GB-s, \S+ read units, \d+ write units {2}\$\S+ \(us-east-1, \d{4}-\d\d\)/
    );
    expect((await ran(0, ["show", id, "--json"])).json[0]).toMatchObject({ id, output: { articles: 10 } });
  });

  it("says that there is none", async () => {
    const { err } = await ran(4, ["show", "nope"]);
    expect(err).toBe(`NOT_FOUND: There is no task "nope" at ${local.url}/graphql.\n`);
  });
});

describe("webiny-tasks logs", () => {
  it("prints every line with its iteration, data and error", async () => {
    const id = await triggered("syncArticles", { page: 1, pages: 2 });
    await local.waitFor(id);
    const { out } = await ran(0, ["logs", id]);
    expect(out.split("\n").map(line => line.slice(25))).toEqual([
      '#1 Page 1. {"page":1}',
      '#2 Page 2. {"page":2}',
      "#2 Synced.",
      ""
    ]);
    const { json } = await ran(0, ["logs", id, "--json"]);
    expect(json[1]).toMatchObject({ task: id, iteration: 2, type: "info", message: "Page 2.", data: { page: 2 } });
    const failed = await triggered("failing");
    await local.waitFor(failed);
    expect((await ran(0, ["logs", failed])).out).toMatch(/It breaks\.\n.*inner\n {4}at .*commands\.test\.ts/);
  });

  it("with --follow prints each line once, until the task has ended", async () => {
    // Slow enough to be looked at more than once.
    const id = await triggered("syncArticles", { page: 1, pages: 3, seconds: 1 });
    const { json } = await ran(0, ["logs", id, "--follow", "--json"]);
    expect(json.map(({ message }) => message)).toEqual(["Page 1.", "Page 2.", "Page 3.", "Synced."]);
  });

  it("with --follow ends on Ctrl-C", async () => {
    const terminal = new FakeTerminal(env);
    const following = terminal.run("logs", await triggered("waiting"), "--follow");
    terminal.emit("SIGINT");
    expect(await following).toBe(130);
  });
});

describe("webiny-tasks abort and delete", () => {
  it("do it, and say what the server refuses", async () => {
    const id = await triggered("waiting");
    expect((await ran(0, ["abort", id, "-m", "Enough."])).out).toBe(`aborted waiting ${id}\n`);
    expect((await local.tasks.getTask(id))?.abort?.reason).toBe("Enough.");
    expect((await ran(4, ["abort", id])).err).toMatch(/^TASK_ABORT_ERROR: /);
    expect((await ran(0, ["delete", id, "--json"])).json).toEqual([{ id, deleted: true }]);
    expect(await local.tasks.getTask(id)).toBeNull();
    expect((await ran(4, ["delete", id])).err).toMatch(/^NOT_FOUND: /);
  });
});

describe("an aborted task", () => {
  it("shows who aborted it, why, and what became of its children", async () => {
    const id = await triggered("waiting");
    const child = await local.tasks.trigger({ definition: "waiting", parent: { id } });
    await ran(0, ["abort", id, "-m", "Enough.", "--leave-children"]);
    const { out } = await ran(0, ["show", id]);
    expect(out).toMatch(/\naborted by {2}\S.*\nreason +Enough\.\nchildren +left as they were\n/);
    expect(out).not.toMatch(/\nmessage/);
    expect((await ran(0, ["show", id, "--json"])).json[0]).toMatchObject({
      abort: { by: { id: expect.any(String) as string }, reason: "Enough.", children: "leave" }
    });
    expect((await ran(0, ["show", child.id])).out).toMatch(/\nstatus +(pending|running)/);
    await ran(0, ["abort", child.id]);
    expect((await ran(0, ["show", child.id])).out).toMatch(/\nreason +Task aborted\.\n/);
  });
});

describe("a server elsewhere", () => {
  let api: FakeApi;
  afterEach(() => api.stop());
  const terminal = (more: Record<string, string> = {}) => new FakeTerminal({ WEBINY_TASKS_URL: api.url, ...more });

  it("gets the headers of the environment and those of -H", async () => {
    api = await new FakeApi(() => result([])).start();
    const given = terminal({ WEBINY_TASKS_HEADERS: "x-tenant: root\nauthorization: Bearer old\n" });
    expect(await given.run("definitions", "-H", "Authorization: Bearer a:b", "-H", "x-locale:de")).toBe(0);
    expect(api.received[0]?.headers).toMatchObject({
      "x-tenant": "root",
      authorization: "Bearer a:b",
      "x-locale": "de"
    });
  });

  it("is not asked with a header that is none, which is not repeated: it may be a token", async () => {
    api = await new FakeApi(() => result([])).start();
    for (const [args, more] of [
      [["-H", "sesame"], {}],
      [[], { WEBINY_TASKS_HEADERS: "sesame" }]
    ] as const) {
      const given = terminal(more);
      expect(await given.run("definitions", ...args)).toBe(2);
      expect(given.err).toContain('Give a header as in "authorization: Bearer …".');
    }
    expect(api.received).toEqual([]);
  });

  it.each([
    ["refuses", 4, { status: 403, body: { errors: [{ message: "No.", extensions: { code: "NOT_AUTHORIZED" } }] } }],
    ["fails", 3, { status: 500, body: "" }],
    ["is something else", 3, { body: "<html>" }],
    ["says so", 4, failure("MINE", "No.")]
  ])("that %s ends the command with %d", async (_, exitCode, reply) => {
    api = await new FakeApi(() => reply).start();
    expect(await terminal().run("definitions")).toBe(exitCode);
  });

  it("that does not run is told with how to start one", async () => {
    api = await new FakeApi(() => result([])).start();
    await api.stop();
    const given = terminal();
    expect(await given.run("list")).toBe(3);
    expect(given.err).toMatch(/^NETWORK_ERROR: .*ECONNREFUSED.*webiny-tasks dev\n$/);
    const other = new FakeTerminal();
    expect(await other.run("list", "--url", "not a url")).toBe(2);
  });
});

describe("the command line", () => {
  it("has a help with all commands and exit codes", async () => {
    const { out } = await ran(0, ["--help"]);
    for (const name of ["dev", "definitions", "trigger", "list", "show", "logs", "abort", "delete"]) {
      expect(out).toMatch(new RegExp(`^  ${name} `, "m"));
    }
    expect(out).toContain("Exit codes:\n  0 ");
  });

  it.each([[["triger"]], [[]], [["show"]], [["list", "--colour"]], [["trigger", "a", "--delay", "1.5"]]])(
    "ends with 2 when it is used wrongly: %j",
    async args => {
      const { err, out } = await ran(2, args);
      expect(out).toBe("");
      expect(err).not.toBe("");
    }
  );

  it("has colours on a terminal, and none elsewhere or with NO_COLOR", async () => {
    const id = await triggered("failing");
    await local.waitFor(id);
    const colored = async (more: Record<string, string>, isTTY: boolean) => {
      const terminal = new FakeTerminal({ ...env, ...more }, { isTTY });
      await terminal.run("show", id);
      return terminal.out.includes("\u001b[31mfailed");
    };
    expect(await colored({}, true)).toBe(true);
    expect(await colored({}, false)).toBe(false);
    expect(await colored({ NO_COLOR: "1" }, true)).toBe(false);
    expect(await colored({ TERM: "dumb" }, true)).toBe(false);
  });

  it("shows progress in one line of a terminal, takes it away, and leaves stdout to the answer", async () => {
    const { out, err } = await ran(0, ["trigger", "syncArticles", "-i", '{"page":1,"pages":2}', "--wait", "--json"], {
      isTTY: true
    });
    expect(JSON.parse(out)).toMatchObject({ taskStatus: "success" });
    expect(err.replaceAll("\u001b", "ESC")).toMatch(
      /\rESC\[2K⠙ syncArticles (pending|running|success) {2}\d iterations?/
    );
    expect(err.endsWith("\r\u001b[2K")).toBe(true);
    expect(err).not.toContain("\n");
  });
});
