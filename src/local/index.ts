export { startLocal, type Local, type LocalCounts, type LocalOptions } from "./startLocal.js";
export type { WaitForOptions } from "./TaskWaiter.js";
