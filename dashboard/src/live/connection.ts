import { useSyncExternalStore } from "react";

/** How the last requests went, for the whole page. */
export type Connection = "online" | "offline" | "signIn";

let current: Connection = "online";
const listeners = new Set<() => void>();

export function setConnection(next: Connection): void {
  if (next !== current) {
    current = next;
    listeners.forEach(tell => tell());
  }
}

export const onConnectionChange = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useConnection = (): Connection => useSyncExternalStore(onConnectionChange, () => current);
