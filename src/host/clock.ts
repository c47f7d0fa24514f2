import type { Clock } from "../types.js";

/** The real time. `sleep` takes at most 2^31-1 milliseconds (24.8 days), as `setTimeout` does. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal, { background = false } = {}) =>
    new Promise(resolve => {
      if (signal?.aborted) {
        resolve();
        return;
      }
      const wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      if (background) {
        timer.unref();
      }
      signal?.addEventListener("abort", wake, { once: true });
    })
};
