export { BackgroundTasks } from "./BackgroundTasks.js";
export { addBackgroundTasks } from "./addBackgroundTasks.js";
export type { WebinyApiApp, WebinyFunction, WebinyTasksArgs } from "./addBackgroundTasks.js";
export type { BackgroundTasksArgs, ExistingFunction, ExistingTable, FunctionArgs, NetsArgs } from "./args.js";
