import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser as Chromium, type BrowserContext, type Page } from "playwright-core";

export const SCREENSHOTS = join(__dirname, "screenshots");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
];

export const SIZES = {
  phone: { width: 380, height: 760 },
  laptop: { width: 1280, height: 800 },
  large: { width: 1920, height: 1080 }
};

/** A page with what it asked for and what went wrong in it. */
export interface Visit {
  page: Page;
  /** Every request, as `<method> <url>`. */
  requests: string[];
  /** Violations of the policy, errors of scripts, and what the console calls an error. */
  faults: string[];
}

/** A real Chromium: the one that `CHROMIUM_PATH` names, that of the npm package, or an installed one. */
export class Browser {
  private constructor(
    private readonly chromium: Chromium,
    private readonly folder: string
  ) {}

  static async start(): Promise<Browser> {
    const folder = mkdtempSync(join(tmpdir(), "dashboard-browser-"));
    const executablePath = await findChromium();
    const browser = await chromium.launch({
      executablePath,
      args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
      env: { ...process.env, FONTCONFIG_FILE: writeFontConfig(folder) }
    });
    return new Browser(browser, folder);
  }

  async visit(
    url: string,
    options: { size?: keyof typeof SIZES; colorScheme?: "light" | "dark"; timezoneId?: string } = {}
  ): Promise<Visit> {
    const { size = "laptop", colorScheme = "light", timezoneId = "Europe/Berlin" } = options;
    const context = await this.chromium.newContext({
      viewport: SIZES[size],
      colorScheme,
      timezoneId,
      locale: "en-GB",
      reducedMotion: "reduce"
    });
    return watch(context, url);
  }

  async close(): Promise<void> {
    await this.chromium.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function watch(context: BrowserContext, url: string): Promise<Visit> {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const requests: string[] = [];
  const faults: string[] = [];
  page.on("request", request => requests.push(`${request.method()} ${request.url()}`));
  page.on("pageerror", error => faults.push(String(error)));
  page.on("console", message => {
    if (message.type() === "error") {
      faults.push(message.text());
    }
  });
  await page.addInitScript(
    'document.addEventListener("securitypolicyviolation", e => console.error("policy: " + e.violatedDirective + " " + e.blockedURI + " " + e.sample));'
  );
  await page.goto(url);
  return { page, requests, faults };
}

/** What axe finds wrong with the page: each rule with the elements it is about. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  if (!(await page.evaluate("'axe' in window"))) {
    await page.evaluate(AXE);
  }
  const text = await page.evaluate<string>(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => JSON.stringify(violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.map(n => n.target.join(' ') + ' ' + n.html.slice(0, 160) + ' ' + (n.any[0] ? n.any[0].message : '')).join(' | '))))"
  );
  return JSON.parse(text) as string[];
}

export async function screenshot(page: Page, name: string): Promise<string> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const path = join(SCREENSHOTS, `${name}.png`);
  await page.screenshot({ path, animations: "disabled" });
  return path;
}

async function findChromium(): Promise<string> {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && named !== "") {
    return named;
  }
  if (process.platform === "linux" && process.arch === "x64") {
    const { default: packaged } = await import("@sparticuz/chromium");
    return packaged.executablePath();
  }
  const installed = INSTALLED.find(path => existsSync(path));
  if (installed === undefined) {
    throw new Error("No Chromium was found for the tests of the dashboard: name one in CHROMIUM_PATH.");
  }
  return installed;
}

/** The package brings Open Sans with it: machines without fonts of their own would show something else each. */
function writeFontConfig(folder: string): string {
  const path = join(folder, "fonts.conf");
  const prefer = (family: string, font: string) =>
    `<alias binding="strong"><family>${family}</family><prefer><family>${font}</family></prefer></alias>`;
  const families = ["system-ui", "sans-serif", "Segoe UI", "Roboto", "Arial", "Helvetica"].map(name =>
    prefer(name, "Open Sans")
  );
  writeFileSync(
    path,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${join(tmpdir(), "fonts")}</dir><dir>/usr/share/fonts</dir><cachedir>${folder}</cachedir>${families.join("")}${prefer("monospace", "DejaVu Sans Mono")}</fontconfig>`
  );
  return path;
}

/** Resolves when what has happened so far is drawn, and what fades in or out for it is done. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    for (let frame = 0; frame < 2; frame++) {
      await new Promise(resolve => requestAnimationFrame(resolve));
    }
    const ending = document.getAnimations().filter(one => one.effect.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ending.map(one => one.finished));
  })()`);
}
