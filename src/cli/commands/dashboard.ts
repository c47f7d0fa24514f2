import type { DashboardOptions } from "../../dashboard/index.js";
import type { Terminal } from "../Terminal.js";

export interface DashboardExportOptions {
  out: string;
  api?: string;
  title?: string;
  signIn?: { header: string; prefix: string } | false;
  header?: Record<string, string>;
  credentials?: boolean;
  json?: boolean;
}

/** Writes the dashboard as static files. */
export async function dashboard(terminal: Terminal, given: DashboardExportOptions): Promise<void> {
  const { out, api, title, signIn, header, credentials } = given;
  const { exportDashboard } = await import("../../dashboard/index.js");
  const options: DashboardOptions = Object.fromEntries(
    Object.entries({ api, title, signIn, headers: header, credentials }).filter(([, value]) => value !== undefined)
  );
  const files = await exportDashboard(out, options);
  terminal.stdout.write(
    given.json
      ? `${JSON.stringify({ out, files })}\n`
      : `The dashboard is in ${out} (${files.length} files). It asks ${api ?? "graphql beside it"}.\n`
  );
}
