// The program of a Lambda process: loads the user's handler and answers one invocation after the other.
// Its parent is ProcessLambda.ts; they talk over Node's IPC channel. `process.argv[2]` is the file, `[3]` the parent's pid.

import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { callTasks, isTasksCall } from "./callTasks.js";
import { exportedPlugins } from "./exportedPlugins.js";
import { callHandler, createLambdaContext, describeThrown, type LambdaHandler } from "./invocation.js";
import type { FromProcess, ToProcess } from "./ProcessLambda.js";

/** How Lambda's Node.js runtime exits after an error that nothing caught, and after a rejection. */
const EXIT_UNCAUGHT = 129;
const EXIT_UNHANDLED_REJECTION = 128;

const file = process.argv[2] as string;

dieWithParent();
// Ctrl-C in a terminal reaches every process of it; what becomes of this one, its parent says.
process.on("SIGINT", () => undefined);
process.on("uncaughtException", error => report(describeThrown(error), EXIT_UNCAUGHT));
process.on("unhandledRejection", reason => {
  const { trace } = describeThrown(reason);
  report(
    { errorType: "Runtime.UnhandledPromiseRejection", errorMessage: String(reason), trace },
    EXIT_UNHANDLED_REJECTION
  );
});

// Not awaited at the top level, which the CommonJS build does not take.
void load().then(handler => {
  if (handler === undefined) {
    return;
  }
  process.on("message", (message: ToProcess) => {
    // The deadline starts with this message, so it has to be out before code runs that may never give way.
    send({ lambda: "started" }, () => void answer(handler, message));
  });
  send({ lambda: "ready" });
});

async function answer(handler: LambdaHandler, { event, timeoutMs, ...settings }: ToProcess): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  const context = createLambdaContext({ ...settings, deadline }, () => Date.now());
  const parsed = JSON.parse(event) as unknown;
  const outcome = await callHandler(isTasksCall(parsed) ? () => callTasks(handler, parsed) : handler, parsed, context);
  send({ lambda: "ended", outcome });
}

async function load(): Promise<LambdaHandler | undefined> {
  let loaded: { handler?: unknown; default?: { handler?: unknown } };
  try {
    loaded = (await import(pathToFileURL(file).href)) as typeof loaded;
  } catch (error) {
    report(describeFailedImport(error), 1);
    return undefined;
  }
  const found = loaded.handler ?? loaded.default?.handler;
  if (typeof found === "function") {
    return found as LambdaHandler;
  }
  const plugins = found === undefined ? exportedPlugins(loaded) : [];
  if (plugins.length > 0) {
    return handlerOf(plugins);
  }
  const fault =
    found === undefined ? "is undefined or not exported, and no task definition is exported" : "is not a function";
  report({ errorType: "Runtime.HandlerNotFound", errorMessage: `${file}: handler ${fault}`, trace: [] }, 1);
  return undefined;
}

/** For a file that only defines tasks. */
async function handlerOf(plugins: unknown[]): Promise<LambdaHandler | undefined> {
  try {
    const { createHandler } = await import("../host/createHandler.js");
    return createHandler({ plugins });
  } catch (error) {
    report(describeThrown(error), 1);
    return undefined;
  }
}

function describeFailedImport(error: unknown): ReturnType<typeof describeThrown> {
  const described = describeThrown(error);
  const { code } = (error ?? {}) as { code?: unknown };
  const text = `${described.errorType}: ${described.errorMessage}`;
  const errorMessage = text.includes(file) ? text : `${text}\n(in ${file})`;
  // tsx reports what esbuild cannot read under a name of its own.
  if (described.errorType === "SyntaxError" || described.errorMessage.startsWith("Transform failed")) {
    return { ...described, errorType: "Runtime.UserCodeSyntaxError", errorMessage };
  }
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") {
    return { ...described, errorType: "Runtime.ImportModuleError", errorMessage };
  }
  return described;
}

function report(error: ReturnType<typeof describeThrown>, exitCode: number): void {
  process.stderr.write(`${error.errorType}: ${error.errorMessage}\n${error.trace.join("\n")}\n`);
  send({ lambda: "ended", outcome: { error }, exits: true }, () => process.exit(exitCode));
}

function send(message: FromProcess, then?: () => void): void {
  process.send?.(message, undefined, undefined, () => then?.());
}

/**
 * Ends this process with its parent, which may be gone before this line. The IPC channel tells, but not while the code is
 * in an endless loop; a thread of its own sees then that the parent is another one.
 */
function dieWithParent(): void {
  process.on("disconnect", () => process.exit(0));
  if (!process.connected) {
    process.exit(0);
  }
  const watch = `
    const parent = ${Number(process.argv[3])};
    setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, "SIGKILL"); }, 1000);
  `;
  new Worker(watch, { eval: true, execArgv: [] }).unref();
}
