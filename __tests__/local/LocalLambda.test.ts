import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInProcessLambda } from "../../src/local/InProcessLambda.js";
import type { LambdaHandler } from "../../src/local/invocation.js";
import type { LambdaError, LocalLambda } from "../../src/local/LocalLambda.js";
import { createProcessLambda, type ProcessLambdaOptions } from "../../src/local/ProcessLambda.js";
import { ManualClock, settle } from "./ManualClock.js";

const functions = join(__dirname, "functions");
const lambdas: LocalLambda[] = [];
let output: string[];

beforeEach(() => {
  output = [];
});
afterEach(async () => {
  await Promise.all(lambdas.splice(0).map(lambda => lambda.stop()));
});

function inProcesses(file: string, options: Partial<ProcessLambdaOptions> = {}): LocalLambda {
  const lambda = createProcessLambda({
    handlerPath: file.startsWith("/") ? file : join(functions, file),
    timeoutSeconds: 10,
    onOutput: (text, stream) => output.push(`${stream}: ${text}`),
    ...options
  });
  lambdas.push(lambda);
  return lambda;
}

async function failureOf(
  invocation: Promise<unknown>
): Promise<{ error: string; cause: { errorType: string; errorMessage: string; trace?: string[] } }> {
  const failure = await invocation.then(
    answer => {
      throw new Error(`no failure, but ${JSON.stringify(answer)}`);
    },
    (error: LambdaError) => error
  );
  return { error: failure.error, cause: JSON.parse(failure.cause) };
}

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
const requestLine = (text: string) => expect.stringMatching(new RegExp(`^RequestId: ${UUID} Error: ${text}$`));

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("in this process", () => {
  const invoke = (handler: LambdaHandler, event: unknown = {}) =>
    createInProcessLambda({ handler, timeoutSeconds: 5 }).invoke(event);

  test("event and answer pass through JSON", async () => {
    const event = { at: new Date(0), gone: undefined, list: [undefined] };
    const seen: unknown[] = [];
    const { payload } = await invoke((copy: unknown) => {
      seen.push(copy);
      return { at: new Date(1), gone: undefined };
    }, event);
    expect(seen).toEqual([{ at: "1970-01-01T00:00:00.000Z", list: [null] }]);
    expect(payload).toEqual({ at: "1970-01-01T00:00:00.001Z" });
    expect((await invoke(() => undefined)).payload).toBeNull();
  });

  test("the context says who is asked and how much time is left", async () => {
    const clock = new ManualClock(1_000);
    const lambda = createInProcessLambda({
      handler: (_event: unknown, context: { getRemainingTimeInMillis(): number }) => {
        clock.jump(1_500);
        return { ...context, remaining: context.getRemainingTimeInMillis() };
      },
      timeoutSeconds: 60,
      memoryMb: 512,
      functionName: "runner",
      clock
    });
    expect((await lambda.invoke({})).payload).toEqual({
      awsRequestId: expect.stringMatching(new RegExp(`^${UUID}$`)),
      functionName: "runner",
      functionVersion: "$LATEST",
      invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:runner",
      memoryLimitInMB: "512",
      callbackWaitsForEmptyEventLoop: true,
      logGroupName: "/aws/lambda/runner",
      logStreamName: "local/[$LATEST]",
      remaining: 58_500
    });
  });

  test("a thrown error is named and described as Lambda does", async () => {
    const thrown = await failureOf(
      invoke(() => {
        throw new RangeError("too far");
      })
    );
    expect(thrown).toEqual({
      error: "RangeError",
      cause: {
        errorType: "RangeError",
        errorMessage: "too far",
        trace: expect.arrayContaining(["RangeError: too far"])
      }
    });
    expect(await failureOf(invoke(() => Promise.reject("text")))).toEqual({
      error: "string",
      cause: { errorType: "string", errorMessage: "text", trace: [] }
    });
  });

  test("answers that cannot be given", async () => {
    expect(await failureOf(invoke(() => ({ big: 1n })))).toMatchObject({
      error: "Runtime.MarshalError",
      cause: { errorMessage: "Unable to stringify response body" }
    });
    expect((await invoke(() => "x".repeat(6_291_554))).payload).toHaveLength(6_291_554);
    expect(await failureOf(invoke(() => "x".repeat(6_291_555)))).toMatchObject({
      error: "Function.ResponseSizeTooLarge",
      cause: { errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes)." }
    });
  });

  test("a time-out is told at the deadline; the code is only abandoned", async () => {
    const clock = new ManualClock();
    let finish: (() => void) | undefined;
    let finished = false;
    const handler = () => new Promise<void>(resolve => (finish = resolve)).then(() => (finished = true));
    const failure = failureOf(createInProcessLambda({ handler, timeoutSeconds: 900, clock }).invoke({}));
    await clock.advance(900_000);
    expect(await failure).toEqual({
      error: "Sandbox.Timedout",
      cause: { errorType: "Sandbox.Timedout", errorMessage: requestLine("Task timed out after 900\\.00 seconds") }
    });
    expect(clock.sleeping).toBe(0);
    finish?.();
    await new Promise(setImmediate);
    expect(finished).toBe(true);
  });

  test("a stop ends what is under way and leaves no timer", async () => {
    const clock = new ManualClock();
    const lambda = createInProcessLambda({ handler: () => new Promise(() => {}), timeoutSeconds: 900, clock });
    const failures = Promise.all([failureOf(lambda.invoke({})), failureOf(lambda.invoke({}))]);
    await lambda.stop();
    expect(await failures).toMatchObject([{ error: "Lambda.Unknown" }, { error: "Lambda.Unknown" }]);
    expect(clock.sleeping).toBe(0);
  });
});

describe("in processes of its own", () => {
  test("a process answers one invocation after the other, and is used again", async () => {
    const lambda = inProcesses("actions.ts", { functionName: "runner", env: { GREETING: "hello" } });
    const first = (await lambda.invoke({ do: "answer" })).payload as Record<string, unknown>;
    const second = (await lambda.invoke({ do: "answer" })).payload as Record<string, unknown>;
    expect(first).toMatchObject({ invocations: 1, functionName: "runner", awsRequestId: expect.stringMatching(UUID) });
    expect(second).toMatchObject({ invocations: 2, pid: first.pid });
    expect(second.awsRequestId).not.toBe(first.awsRequestId);
    expect(first.remaining).toBeGreaterThan(9_000);
    expect(first.remaining).toBeLessThanOrEqual(10_000);
    expect((await lambda.invoke({ do: "env", message: "GREETING" })).payload).toBe("hello");
    expect((await lambda.invoke({ do: "nothing" })).payload).toBeNull();
  });

  test("runs CommonJS and top-level await too, from any directory", async () => {
    const before = process.cwd();
    process.chdir(tmpdir());
    try {
      expect((await inProcesses("plain.cjs").invoke({ a: 1 })).payload).toEqual({ from: "cjs", event: { a: 1 } });
      expect((await inProcesses("topLevelAwait.mjs").invoke({})).payload).toBe("top-level await");
    } finally {
      process.chdir(before);
    }
  });

  test("as many processes as allowed run at once, and the next invocation waits", async () => {
    const lambda = inProcesses("actions.ts", { concurrency: 2 });
    const answers = await Promise.all(Array.from({ length: 6 }, () => lambda.invoke({ do: "answer" })));
    expect(new Set(answers.map(({ payload }) => (payload as { pid: number }).pid)).size).toBe(2);
  });

  test("passes on what the code writes", async () => {
    const lambda = inProcesses("actions.ts");
    await lambda.invoke({ do: "print" });
    await lambda.stop();
    expect(output.join("")).toContain("stdout: to stdout");
    expect(output.join("")).toContain("stderr: to stderr");
  });

  test("a thrown error leaves the process alive", async () => {
    const lambda = inProcesses("actions.ts");
    expect(await failureOf(lambda.invoke({ do: "throw", message: "too far" }))).toEqual({
      error: "RangeError",
      cause: {
        errorType: "RangeError",
        errorMessage: "too far",
        trace: expect.arrayContaining(["RangeError: too far"])
      }
    });
    expect(await failureOf(lambda.invoke({ do: "bigint" }))).toMatchObject({ error: "Runtime.MarshalError" });
    expect(await failureOf(lambda.invoke({ do: "large", message: "6291555" }))).toMatchObject({
      error: "Function.ResponseSizeTooLarge"
    });
    expect((await lambda.invoke({ do: "answer" })).payload).toMatchObject({ invocations: 4 });
  });

  test("a crash is told by its exit, and the next invocation gets a fresh process", async () => {
    const lambda = inProcesses("actions.ts", { concurrency: 1 });
    const crash = (message: string) => failureOf(lambda.invoke({ do: "exit", message }));
    const exitError = (text: string) => ({
      error: "Runtime.ExitError",
      cause: { errorType: "Runtime.ExitError", errorMessage: requestLine(text) }
    });
    expect(await crash("7")).toEqual(exitError("Runtime exited with error: exit status 7"));
    expect(await crash("0")).toEqual(exitError("Runtime exited without providing a reason"));
    expect(await failureOf(lambda.invoke({ do: "kill" }))).toEqual(
      exitError("Runtime exited with error: signal: killed")
    );
    expect((await lambda.invoke({ do: "answer" })).payload).toMatchObject({ invocations: 1 });
  });

  test("errors that nothing caught end the process under Lambda's names", async () => {
    const lambda = inProcesses("actions.ts", { concurrency: 1 });
    expect(await failureOf(lambda.invoke({ do: "reject beside" }))).toMatchObject({
      error: "Runtime.UnhandledPromiseRejection",
      cause: { errorMessage: "Error: nobody caught me" }
    });
    expect(await failureOf(lambda.invoke({ do: "throw beside" }))).toMatchObject({
      error: "TypeError",
      cause: { errorMessage: "nobody caught me either" }
    });
    expect((await lambda.invoke({ do: "answer" })).payload).toMatchObject({ invocations: 1 });
  });

  test("an endless loop is killed at the deadline", async () => {
    const lambda = inProcesses("actions.ts", { timeoutSeconds: 1, concurrency: 1 });
    const { pid } = (await lambda.invoke({ do: "answer" })).payload as { pid: number };
    expect(await failureOf(lambda.invoke({ do: "loop" }))).toEqual({
      error: "Sandbox.Timedout",
      cause: { errorType: "Sandbox.Timedout", errorMessage: requestLine("Task timed out after 1\\.00 seconds") }
    });
    expect(await failureOf(lambda.invoke({ do: "hang" }))).toMatchObject({ error: "Sandbox.Timedout" });
    await lambda.stop();
    expect(isAlive(pid)).toBe(false);
  }, 15_000);

  test("code that cannot be loaded is named, with the fault", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tasks-lambda-"));
    const file = async (name: string, text: string) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    const loadFailure = (path: string) => failureOf(inProcesses(path).invoke({}));
    try {
      const typescript = await file("broken.ts", "export const handler = async () => {{;\n");
      expect(await loadFailure(typescript)).toMatchObject({
        error: "Runtime.UserCodeSyntaxError",
        cause: { errorMessage: expect.stringContaining(typescript) }
      });
      const javascript = await file("broken.mjs", "export const handler = ) => 1;\n");
      expect(await loadFailure(javascript)).toMatchObject({
        error: "Runtime.UserCodeSyntaxError",
        cause: { errorMessage: expect.stringContaining(javascript) }
      });
      const missing = await file("missing.ts", 'import "no-such-package";\nexport const handler = async () => 1;\n');
      expect(await loadFailure(missing)).toMatchObject({
        error: "Runtime.ImportModuleError",
        cause: { errorMessage: expect.stringMatching(/no-such-package[^]*missing\.ts/) }
      });
      expect(await loadFailure(join(folder, "nowhere.ts"))).toMatchObject({
        error: "Runtime.ImportModuleError",
        cause: { errorMessage: expect.stringContaining("nowhere.ts") }
      });
    } finally {
      await rm(folder, { recursive: true });
    }
    expect(await loadFailure("noHandler.mjs")).toMatchObject({
      error: "Runtime.HandlerNotFound",
      cause: {
        errorMessage: `${join(functions, "noHandler.mjs")}: handler is undefined or not exported, and no task definition is exported`
      }
    });
    expect(await loadFailure("throwsAtLoad.mjs")).toMatchObject({
      error: "RangeError",
      cause: { errorMessage: "the module itself" }
    });
  }, 20_000);

  test("a signal kills what is under way, and what waits", async () => {
    const lambda = inProcesses("actions.ts", { concurrency: 1 });
    await lambda.invoke({ do: "answer" });
    const ended = new AbortController();
    const running = failureOf(lambda.invoke({ do: "hang" }, { signal: ended.signal }));
    const waiting = failureOf(lambda.invoke({ do: "answer" }, { signal: ended.signal }));
    const later = lambda.invoke({ do: "answer" });
    await settle();
    ended.abort();
    expect(await running).toMatchObject({ error: "Runtime.ExitError" });
    expect(await waiting).toMatchObject({ error: "Lambda.Unknown" });
    expect((await later).payload).toMatchObject({ invocations: 1 });
  });

  test("processes end with their parent, even one in an endless loop", async () => {
    const program = `
      const { createProcessLambda } = require(${JSON.stringify(join(__dirname, "../../src/local/ProcessLambda.ts"))});
      const lambda = createProcessLambda({ handlerPath: ${JSON.stringify(join(functions, "actions.ts"))}, timeoutSeconds: 60,
        onOutput: text => text.includes("looping") && process.send(pids) });
      let pids;
      Promise.all([lambda.invoke({ do: "answer" }), lambda.invoke({ do: "answer" })]).then(answers => {
        pids = answers.map(({ payload }) => payload.pid);
        void lambda.invoke({ do: "loop" });
      });
    `;
    const parent = spawn(process.execPath, ["--import", "tsx", "--eval", program], {
      cwd: join(__dirname, "../.."),
      stdio: ["ignore", "inherit", "inherit", "ipc"]
    });
    const pids = await new Promise<number[]>(resolve =>
      parent.once("message", message => resolve(message as number[]))
    );
    expect(pids.map(isAlive)).toEqual([true, true]);
    parent.kill("SIGKILL");
    while (pids.some(isAlive)) {
      await new Promise(resolve => setImmediate(resolve));
    }
  }, 20_000);

  test("a process that was only starting when its parent was killed ends too", async () => {
    const program = `
      const { createProcessLambda } = require(${JSON.stringify(join(__dirname, "../../src/local/ProcessLambda.ts"))});
      void createProcessLambda({ handlerPath: ${JSON.stringify(join(functions, "staysAwake.mjs"))}, timeoutSeconds: 60 }).invoke({});
      setImmediate(() => process.kill(process.pid, "SIGKILL"));
    `;
    const parent = spawn(process.execPath, ["--import", "tsx", "--eval", program], {
      cwd: join(__dirname, "../.."),
      detached: true,
      stdio: "ignore"
    });
    await new Promise(resolve => parent.once("exit", resolve));
    const group = -(parent.pid as number);
    const until = Date.now() + 30_000;
    while (isAlive(group) && Date.now() < until) {
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    const hasOrphan = isAlive(group);
    if (hasOrphan) {
      process.kill(group, "SIGKILL");
    }
    expect(hasOrphan).toBe(false);
  }, 60_000);
});
