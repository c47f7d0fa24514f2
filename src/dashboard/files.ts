import { gunzipSync } from "node:zlib";
import type { DashboardSettings } from "./options.js";

/** A file of the dashboard. */
export interface DashboardFile {
  contentType: string;
  gzipped: Buffer;
}

const CONTENT_TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml"
};
const PAGE = "index.html";

let loaded: Promise<Map<string, DashboardFile>> | undefined;

/** Read once, when the first one is asked for. */
export function loadFiles(): Promise<Map<string, DashboardFile>> {
  loaded ??= read();
  return loaded;
}

async function read(): Promise<Map<string, DashboardFile>> {
  const { files } = (await import("./embedded.cjs")).default;
  return new Map(
    Object.entries(files).map(([name, base64]) => [
      name,
      {
        contentType: CONTENT_TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream",
        gzipped: Buffer.from(base64, "base64")
      }
    ])
  );
}

/** The page with its settings. @param head what stands in its head besides */
export function pageText(files: Map<string, DashboardFile>, { config }: DashboardSettings, head = ""): string {
  const page = files.get(PAGE);
  const text = page === undefined ? "" : gunzipSync(page.gzipped).toString("utf8");
  const empty = '<meta name="webiny-tasks" content="{}" />';
  if (!text.includes(empty)) {
    throw new Error("The built dashboard has no place for its settings.");
  }
  return text.replace(empty, () => `${head}<meta name="webiny-tasks" content="${escapeAttribute(config)}" />`);
}

export function escapeAttribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
