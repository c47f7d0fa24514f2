/** When the user did something last: then it is worth to look often. */
let lastActivity = Date.now();

export function noteActivity(): void {
  lastActivity = Date.now();
}

for (const event of ["pointerdown", "keydown", "wheel", "focus", "touchstart"]) {
  window.addEventListener(event, noteActivity, { passive: true, capture: true });
}
document.addEventListener("visibilitychange", noteActivity);

const SECOND_MS = 1_000;

/**
 * How long to wait before the next look, in milliseconds. Nobody looks while the page is hidden.
 * @param isMoving whether something that is shown is expected to change
 */
export function pollInterval(isMoving: boolean, quietMs = Date.now() - lastActivity): number {
  if (quietMs < 60 * SECOND_MS) {
    return (isMoving ? 1.5 : 3) * SECOND_MS;
  }
  if (quietMs < 5 * 60 * SECOND_MS) {
    return (isMoving ? 4 : 10) * SECOND_MS;
  }
  return (isMoving ? 10 : 30) * SECOND_MS;
}

/** After a request that failed: 1, 2, 4, 8 s, then every 10. */
export const retryInterval = (failures: number): number => Math.min(2 ** Math.max(failures - 1, 0), 10) * SECOND_MS;
