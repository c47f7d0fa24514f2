import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { Local } from "../../local/index.js";
import { EXIT } from "../exitCodes.js";
import type { Terminal } from "../Terminal.js";
import { UsageError } from "../UsageError.js";
import { DevOutput } from "./DevOutput.js";
import { ModuleWatcher } from "./ModuleWatcher.js";

export interface DevOptions {
  port: number;
  reset?: boolean;
  json?: boolean;
}

const FOLDER = ".webiny-tasks";

/** Runs the tasks of a file until Ctrl-C. @returns the exit code @throws UsageError; TasksError LOCAL_ERROR */
export async function dev(
  terminal: Terminal,
  file: string,
  { port, reset, json = false }: DevOptions
): Promise<number> {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw new UsageError(
      `There is no file ${file}. Name the file that exports your task definitions: webiny-tasks dev <file>`
    );
  }
  // The SDK's warning about Node 20 is for whoever deploys; here it would be the first thing to read.
  terminal.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const { startLocal } = await import("../../local/index.js");
  const output = new DevOutput(terminal, json);
  const stopped = interruption(terminal);
  let local: Local | undefined;
  // One thing after the other: a change while the file is loaded loads it once more.
  let work: Promise<void> = Promise.resolve();
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  const watcher = new ModuleWatcher(files => {
    work = work.then(() => load(files.map(changed => relative("", changed)))).catch(fail);
  });
  watcher.add(path);

  async function start(): Promise<void> {
    local = await startLocal({
      handler: path,
      dataDir: await dataFolder(reset === true),
      port,
      onOutput: (text, stream) => output.printed(text, stream),
      onModule: module => watcher.add(module),
      onTaskEnd: task => output.ended(task)
    });
    reset = false;
    output.ready(local, file);
  }

  async function load(files: string[]): Promise<void> {
    try {
      if (local === undefined) {
        await start();
      } else {
        await local.reload();
        output.reloaded(files, local);
      }
    } catch (error) {
      if (!isFaultOfFile(error)) {
        throw error;
      }
      output.notLoaded(
        file,
        error as Error,
        local === undefined ? "Waiting for a change." : "The code from before goes on. Waiting for a change."
      );
    }
  }

  try {
    work = load([]);
    await Promise.race([work, stopped, failed]);
    await Promise.race([stopped, failed]);
    output.stopping();
    return EXIT.DONE;
  } finally {
    watcher.stop();
    // What is being loaded has to be there to be stopped; its error was told before, or no longer matters.
    await work.catch(() => undefined);
    await local?.stop();
  }
}

/** Made, and kept out of version control. */
async function dataFolder(reset: boolean): Promise<string> {
  const folder = join(FOLDER, "dev");
  if (reset) {
    await rm(folder, { recursive: true, force: true });
  }
  await mkdir(folder, { recursive: true });
  await writeFile(join(FOLDER, ".gitignore"), "*\n");
  return folder;
}

/** The second Ctrl-C does not wait. */
function interruption(terminal: Terminal): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      terminal.once(signal, () => {
        terminal.once(signal, () => process.exit(EXIT.INTERRUPTED));
        resolve();
      });
    }
  });
}

/** The file's own code, as told by the process that loads it; not a port that is taken or a folder in use. */
function isFaultOfFile(error: unknown): boolean {
  const { code, cause } = error as { code?: string; cause?: { error?: unknown } };
  return (code !== undefined && code !== "LOCAL_ERROR") || typeof cause?.error === "string";
}
