import type { Terminal } from "./Terminal.js";

/** Ctrl-C while something went on. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Does something that Ctrl-C ends through the signal. */
export async function untilInterrupted<T>(terminal: Terminal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = () => controller.abort(new Interrupted("Interrupted. The task goes on."));
  terminal.once("SIGINT", interrupt);
  terminal.once("SIGTERM", interrupt);
  try {
    return await work(controller.signal);
  } finally {
    terminal.off("SIGINT", interrupt);
    terminal.off("SIGTERM", interrupt);
  }
}
