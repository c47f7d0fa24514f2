import { setInterval } from "node:timers";

// Keeps its process running, as a connection pool does.
setInterval(() => undefined, 60_000);
export const handler = async () => "awake";
