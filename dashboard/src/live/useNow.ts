import { useSyncExternalStore } from "react";

/** One clock for all: it ticks only while somebody looks at it. */
function createTicker(everyMs: number) {
  const listeners = new Set<() => void>();
  let now = Date.now();
  let timer: number | undefined;
  return {
    subscribe(listener: () => void) {
      listeners.add(listener);
      now = Date.now();
      timer ??= window.setInterval(() => {
        if (!document.hidden) {
          now = Date.now();
          listeners.forEach(tell => tell());
        }
      }, everyMs);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) {
          window.clearInterval(timer);
          timer = undefined;
        }
      };
    },
    read: () => now
  };
}

const seconds = createTicker(1_000);
const tens = createTicker(10_000);

/** The time, a second old at most: for what is going on. */
export const useNow = (): number => useSyncExternalStore(seconds.subscribe, seconds.read);

/** The time, ten seconds old at most: for "3 min ago". */
export const useSlowNow = (): number => useSyncExternalStore(tens.subscribe, tens.read);
