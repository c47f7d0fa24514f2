export { createDashboard, type DashboardPlugin } from "./createDashboard.js";
export { exportDashboard } from "./exportDashboard.js";
export type { DashboardOptions } from "./options.js";
