import { SWEEP_EVENT } from "../constants.js";
import type { LocalLambda } from "./LocalLambda.js";

export interface SweepOptions {
  seconds: number;
  lambda: () => LocalLambda;
  /** Whether the first one comes now, instead of after `seconds`. */
  atOnce: boolean;
}

/** Invokes the handler as a schedule would. @returns stops it */
export function sweepEvery({ seconds, lambda, atOnce }: SweepOptions): () => Promise<void> {
  const stopped = new AbortController();
  let sweeping: Promise<unknown> = Promise.resolve();
  const sweep = () => {
    sweeping = sweeping.then(() =>
      lambda()
        .invoke(SWEEP_EVENT, { signal: stopped.signal })
        .catch((error: unknown) => {
          if (!stopped.signal.aborted) {
            console.error("The sweep failed:", error);
          }
        })
    );
  };
  const timer = setInterval(sweep, seconds * 1_000);
  timer.unref();
  if (atOnce) {
    sweep();
  }
  return async () => {
    clearInterval(timer);
    stopped.abort("stopped");
    await sweeping;
  };
}
