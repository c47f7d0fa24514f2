export type { DashboardPlugin } from "../host/plugins.js";
export { createDashboard } from "./createDashboard.js";
export { exportDashboard } from "./exportDashboard.js";
export type { DashboardOptions } from "./options.js";
