import { gunzipSync, gzipSync } from "node:zlib";
import { DASHBOARD_TYPE, type DashboardPlugin } from "../host/plugins.js";
import { loadFiles, pageText } from "./files.js";
import { checkDashboardOptions, type DashboardOptions } from "./options.js";

const YEAR_SECONDS = 365 * 24 * 60 * 60;

/**
 * Lets `createHandler` serve the dashboard: static files, which may be seen by everybody; what they show, they ask the API
 * for, as whoever is signed in.
 * @throws TasksError CONFIGURATION_ERROR
 * @example createHandler({ plugins: [syncArticles, security, createDashboard({ title: "Shop tasks" })] });
 */
export function createDashboard(options: DashboardOptions = {}): DashboardPlugin {
  const settings = checkDashboardOptions(options);
  const { path, policy } = settings;
  let page: Promise<Buffer> | undefined;

  return { type: DASHBOARD_TYPE, name: DASHBOARD_TYPE, respond };

  async function respond(request: Request, mayCompress = true): Promise<Response | undefined> {
    const { pathname } = new URL(request.url);
    if (`${pathname}/` === path) {
      // The page finds its files beside itself: in a folder, not in the one above.
      return new Response(null, {
        status: 302,
        headers: { location: `${pathname.slice(pathname.lastIndexOf("/") + 1)}/` }
      });
    }
    if (!pathname.startsWith(path)) {
      return undefined;
    }
    const name = pathname.slice(path.length) || "index.html";
    const files = await loadFiles();
    const file = files.get(name);
    if (file === undefined) {
      return undefined;
    }
    page ??= Promise.resolve(gzipSync(pageText(files, settings)));
    const gzipped = name === "index.html" ? await page : file.gzipped;
    const compress = mayCompress && /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
    return new Response(new Uint8Array(compress ? gzipped : gunzipSync(gzipped)), {
      headers: {
        "content-type": file.contentType,
        ...(compress ? { "content-encoding": "gzip" } : {}),
        vary: "accept-encoding",
        // The names of what is in there change with what it holds.
        "cache-control": name.startsWith("assets/") ? `public, max-age=${YEAR_SECONDS}, immutable` : "no-cache",
        "content-security-policy": `${policy}; frame-ancestors 'none'`,
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin"
      }
    });
  }
}
