/** Whether a Lambda event is one for the runner: `payload.webinyTaskId` is there. Loads nothing: it looks at every event. */
export function isTaskEvent(event: unknown): boolean {
  if (typeof event !== "object" || event === null) {
    return false;
  }
  const { payload } = event as { payload?: unknown };
  return (
    typeof payload === "object" &&
    payload !== null &&
    (payload as { webinyTaskId?: unknown }).webinyTaskId !== undefined
  );
}
