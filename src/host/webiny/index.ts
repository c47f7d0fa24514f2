export { registerBackgroundTaskHandler } from "./registerBackgroundTaskHandler.js";
export type { WebinyHandlerAws } from "./handlerAws.js";
