import { useCallback, useLayoutEffect, useRef } from "react";

/** A function that stays the same one and calls the newest: for rows that are not rendered again without a reason. */
export function useStable<A extends unknown[]>(newest: (...args: A) => void): (...args: A) => void {
  const latest = useRef(newest);
  useLayoutEffect(() => {
    latest.current = newest;
  });
  return useCallback((...args: A) => latest.current(...args), []);
}
