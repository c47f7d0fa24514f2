import { randomUUID } from "node:crypto";
import { z } from "zod";
import {
  createHandler,
  createBackgroundTasks,
  createTaskDefinition,
  type Logger,
  type LogLevel
} from "../../src/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { createTestApi } from "../helpers/createTestApi.js";
import { createTestTasks, type TestTasks } from "../helpers/createTestTasks.js";

const SECRET = "hunter2-secret";

interface Line extends Record<string, unknown> {
  level: string;
  message: string;
}

/** A logger that keeps what it is given. */
function keeping(): { lines: Line[]; logger: Logger } {
  const lines: Line[] = [];
  const keep = (level: string) => (message: string, fields: Record<string, unknown>) =>
    void lines.push({ level, message, ...(JSON.parse(JSON.stringify(fields)) as object) });
  return { lines, logger: { debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") } };
}

/** What the built-in logger writes while the work goes on, by stream. */
async function written(work: () => Promise<unknown>): Promise<Record<"stdout" | "stderr", string>> {
  const text = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map(stream =>
    jest.spyOn(process[stream], "write").mockImplementation(chunk => {
      text[stream] += String(chunk);
      return true;
    })
  );
  try {
    await work();
  } finally {
    spies.forEach(spy => spy.mockRestore());
  }
  return text;
}

/** A task with everything that gives a line: attempts that fail, a lost invocation, hooks that throw, a child, an abort. */
function troubled(t: () => TestTasks) {
  let attempts = 0;
  const failingHook = async () => {
    throw Object.assign(new Error("The hook failed."), { data: { SECRET } });
  };
  return [
    createTaskDefinition({
      id: "troubled",
      title: "Troubled",
      retry: { maxAttempts: 2, initialDelaySeconds: 1, jitter: "none" },
      onError: failingHook,
      async run({ input, response, store, trigger }) {
        await store.addInfoLog({ message: SECRET, data: { SECRET } });
        await store.updateOutput({ SECRET });
        if (input.page === 1) {
          await trigger({ definition: "waiting", input: { SECRET } });
        }
        if (input.page < 3) {
          return response.continue({ page: input.page + 1, SECRET });
        }
        attempts += 1;
        if (attempts === 1) {
          await t().clock.advance(1_000);
        }
        throw Object.assign(new Error("It failed."), { code: "FAILED", data: { SECRET }, SECRET });
      }
    }),
    createTaskDefinition({
      id: "waiting",
      title: "Waiting",
      onAbort: failingHook,
      run: async ({ response }) => response.continue({}, { seconds: 60 })
    })
  ];
}

/** Lets time pass until the work is done: hooks that failed are tried again after a pause. */
async function inTime<T>(t: TestTasks, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  while (!isDone) {
    await t.clock.advance(500);
  }
  return done;
}

async function runTroubled(t: TestTasks): Promise<{ parent: string; child: string }> {
  const task = await t.tasks.trigger({ definition: "troubled", input: { page: 1, SECRET }, delay: 5 });
  const execution = t.executionOf(task);
  await t.step(execution);
  const crash = { error: "Sandbox.Timedout", cause: "RequestId: x Error: Task timed out" };
  execution.state = await t.invoke(t.eventFor(execution.state, { crash }));
  await inTime(t, t.runToEnd(task));
  const [child] = (await t.tasks.listTasks({ where: { parentId: task.id } })).items;
  await t.step(t.executionOf(child!));
  await inTime(t, t.tasks.abort({ id: child!.id, message: "Not needed." }));
  return { parent: task.id, child: child!.id };
}

describe("every line of the log", () => {
  let lines: Line[];
  let ids: { parent: string; child: string };
  beforeAll(async () => {
    const kept = keeping();
    lines = kept.lines;
    const t: TestTasks = await createTestTasks(
      troubled(() => t),
      { logger: kept.logger }
    );
    ids = await runTroubled(t);
  });

  it("says what happened, in order", () => {
    const of = (id: string) => lines.filter(({ taskId }) => taskId === id).map(line => `${line.level} ${line.message}`);
    expect(of(ids.parent)).toEqual([
      "info A task was triggered",
      "debug An iteration begins",
      "debug An iteration was saved",
      "warn Invocation lost: attempt 1 of iteration 2 crashed or timed out (Sandbox.Timedout).",
      "debug An iteration begins",
      "debug An iteration was saved",
      "debug An iteration begins",
      "debug An iteration was saved",
      "warn Attempt 1 of iteration 3 failed: It failed. It is tried again in 1 s.",
      "debug An iteration begins",
      "debug An iteration was saved",
      "info A task has ended",
      ...Array<string>(3).fill('warn "onError" of a task failed'),
      'error "onError" of a task was given up'
    ]);
    expect(of(ids.child)).toEqual([
      "info A task was triggered",
      "debug An iteration begins",
      "debug An iteration was saved",
      "info A task has ended",
      ...Array<string>(3).fill('warn "onAbort" of a task failed'),
      'error "onAbort" of a task was given up'
    ]);
    expect(lines.filter(({ taskId }) => taskId === undefined)).toEqual([]);
  });

  it("names task, definition, tenant, locale, iteration and execution; the attempt, and in a Lambda the request", () => {
    for (const line of lines) {
      const definitionId = line.taskId === ids.parent ? "troubled" : "waiting";
      expect(line).toMatchObject({
        definitionId,
        tenant: "root",
        locale: "en-US",
        iteration: expect.any(Number),
        executionName: `${definitionId}_${line.taskId as string}_1`
      });
    }
    const inLambda = lines.filter(({ requestId }) => requestId !== undefined);
    expect(inLambda.length).toBeGreaterThan(15);
    const ofIterations = inLambda.filter(
      ({ message, taskId }) => taskId === ids.parent && !message.startsWith("Invocation lost")
    );
    expect(ofIterations.map(({ iteration, attempt }) => [iteration, attempt])).toEqual([
      ...[1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3].map(iteration => [iteration, iteration === 2 ? 2 : 1])
    ]);
    expect(inLambda.every(({ requestId }) => /^[0-9a-f-]{36}$/.test(String(requestId)))).toBe(true);
  });

  it("says how long things took and how they ended", () => {
    expect(lines.find(({ message }) => message === "A task has ended")).toMatchObject({
      status: "failed",
      errorCode: "FAILED",
      durationMs: expect.any(Number)
    });
    expect(lines.filter(({ message }) => message === "An iteration was saved").map(line => line.durationMs)).toEqual([
      0, 0, 1_000, 0, 0
    ]);
  });

  it("has of an error its name, message, code and stack, and nothing else", () => {
    const failed = lines.filter(({ message }) => message.endsWith("of a task failed"));
    expect(failed).toHaveLength(6);
    for (const { error } of failed) {
      expect(error).toEqual({
        name: "Error",
        message: "The hook failed.",
        stack: expect.stringContaining("logs.test")
      });
    }
  });

  it("holds nothing of inputs, outputs, log lines and the data of errors", () => {
    expect(lines.length).toBeGreaterThan(20);
    expect(JSON.stringify(lines)).not.toContain(SECRET);
  });
});

describe("requests that are refused or fail", () => {
  it("leave nothing of their body, variables, query and headers in the log", async () => {
    const { lines, logger } = keeping();
    const strict = createTaskDefinition({
      id: "strict",
      title: "Strict",
      inputSchema: z.object({ kind: z.enum(["a", "b"]) }),
      onBeforeTrigger: async () => {
        throw Object.assign(new Error("Not now."), { data: { SECRET } });
      },
      run: async ({ response }) => response.done()
    });
    const t = await createTestApi([strict], { logger });
    const trigger = (input: string) =>
      `mutation ($delay: Number) { backgroundTasks {
        result: triggerTask(definition: strict, input: ${input}, delay: $delay) { data { id } error { code } }
      } }`;
    const headers = { "x-secret": SECRET };
    const asked = [
      await t.send(`{ "query": ${SECRET}`, headers),
      await t.send({ query: `{ backgroundTasks { ${SECRET.replace("-", "")} } }` }, headers),
      await t.send({ query: trigger(`"${SECRET}"`) }, headers),
      await t.send({ query: trigger(`{ kind: "a" }`), variables: { delay: SECRET } }, headers),
      await t.send({ query: trigger(`{ kind: "${SECRET}" }`) }, headers),
      await t.send({ query: trigger(`{ kind: "a", more: "${SECRET}" }`) }, headers)
    ];
    // The last one is the server's own fault, and its log says so.
    expect(
      asked.map(({ errors, data }) => errors?.[0].extensions.code ?? data.backgroundTasks.result.error.code)
    ).toEqual([
      "INVALID_REQUEST",
      "INVALID_REQUEST",
      "INVALID_INPUT",
      "INVALID_REQUEST",
      "INVALID_INPUT",
      "INTERNAL_ERROR"
    ]);
    expect(lines).toEqual([expect.objectContaining({ level: "error", message: "A request failed" })]);
    expect(JSON.stringify(lines)).not.toContain(SECRET);
  });
});

describe("the built-in logger", () => {
  const LEVELS: [LogLevel, string[]][] = [
    ["debug", ["debug", "info", "warn", "error"]],
    ["info", ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["error", ["error"]],
    ["silent", []]
  ];

  it.each(LEVELS)("at %s writes a JSON object a line, of the levels %j", async (logLevel, levels) => {
    const { stdout, stderr } = await written(async () => {
      const t: TestTasks = await createTestTasks(
        troubled(() => t),
        { logLevel }
      );
      await runTroubled(t);
    });
    const parse = (text: string) =>
      text
        .split("\n")
        .filter(Boolean)
        .map(line => JSON.parse(line) as Line & { timestamp: string });
    const all = { stdout: parse(stdout), stderr: parse(stderr) };
    const seen = new Set([...all.stdout, ...all.stderr].map(({ level }) => level));
    expect([...seen].sort()).toEqual([...levels].sort());
    expect(all.stdout.every(({ level }) => ["debug", "info"].includes(level))).toBe(true);
    expect(all.stderr.every(({ level }) => ["warn", "error"].includes(level))).toBe(true);
    for (const { timestamp } of [...all.stdout, ...all.stderr]) {
      expect(new Date(timestamp).toISOString()).toBe(timestamp);
    }
    expect(stdout + stderr).not.toContain(SECRET);
  });
});

describe("a logger of one's own", () => {
  it("gets what is about no task, too, with the id of the request", async () => {
    const { lines, logger } = keeping();
    const t = await createTestTasks([], { logger });
    const body = JSON.stringify({ query: "{ __typename }" });
    await t.host.fetch(
      new Request("http://localhost/graphql", { method: "POST", headers: { "content-type": "application/json" }, body })
    );
    expect(lines).toEqual([
      expect.objectContaining({ level: "error", message: expect.stringContaining("createTaskSecurity") })
    ]);
    const handler = createHandler({ plugins: [createBackgroundTasks({ logger, storage: new MemoryStorage() })] });
    const requestId = randomUUID();
    const http = { method: "POST", path: "/graphql", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "test" };
    const event = {
      version: "2.0",
      rawPath: "/graphql",
      rawQueryString: "",
      headers: { "content-type": "application/json" },
      requestContext: { http, domainName: "example.com" },
      body,
      isBase64Encoded: false
    };
    await handler(event, { awsRequestId: requestId });
    expect(lines[1]).toMatchObject({ level: "error", requestId });
  });

  it("may throw: the task goes on", async () => {
    const spy = jest.spyOn(console, "error").mockImplementation(() => undefined);
    const throwing = () => {
      throw new Error("The disk is full.");
    };
    const t: TestTasks = await createTestTasks(
      troubled(() => t),
      { logger: { debug: throwing, info: throwing, warn: throwing, error: throwing } }
    );
    const { parent } = await runTroubled(t);
    expect((await t.tasks.getTask(parent))?.error).toMatchObject({ code: "FAILED" });
    expect(spy).toHaveBeenCalledWith("The logger threw an error:", new Error("The disk is full."));
    spy.mockRestore();
  });

  it("needs its four methods", () => {
    expect(() => createBackgroundTasks({ logger: { info: console.info } as never })).toThrow(
      '"logger" must have the methods debug, info, warn and error; not there: debug, warn, error'
    );
  });
});
