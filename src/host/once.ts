/**
 * Calls a loader at the first call only: `import()` of a loaded module still takes its time, more under a loader hook. A
 * failure is not kept: the next call tries again.
 */
export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () =>
    (loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    }));
}
