import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

jest.setTimeout(120_000);

const root = join(__dirname, "..", "..");
const PROGRESS = /^ +(\d+) of 233 articles/m;

let folder: string;
let dataDir: string;
const running = new Set<ChildProcess>();

beforeAll(() => {
  if (!existsSync(join(root, "dist", "esm", "local", "index.js"))) {
    throw new Error('The demo uses the built package, and there is none: run "npm run build" first.');
  }
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "demo-"));
  dataDir = join(folder, "data");
});

afterEach(() => {
  running.forEach(child => child.kill("SIGKILL"));
  rmSync(folder, { recursive: true, force: true });
});

interface Demo {
  child: ChildProcess;
  /** Resolves with what matched, as soon as it is printed. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function startDemo(...options: string[]): Demo {
  const args = ["--import", "tsx", join("examples", "sync-articles", "main.ts"), "--data-dir", dataDir, ...options];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>(resolve => {
    child.once("close", code => {
      running.delete(child);
      resolve({ code, stdout, stderr });
    });
  });
  const printed = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(stdout);
        if (match !== null) {
          resolve(match);
        }
      };
      child.stdout.on("data", look);
      look();
      void ended.then(() => reject(new Error(`It ended without ${pattern}:\n${stdout}${stderr}`)));
    });
  return { child, printed, ended };
}

function numberOf(pattern: RegExp, text: string): number {
  return Number(pattern.exec(text)?.[1]?.replaceAll(",", ""));
}

/** The ids of the articles that were stored, in order; one for each time. */
function storedArticles(): string[] {
  return readFileSync(join(dataDir, "second-system.jsonl"), "utf8")
    .split("\n")
    .filter(line => line !== "")
    .map(line => (JSON.parse(line) as { path: string }).path)
    .filter(path => path.startsWith("/articles/"));
}

it("syncs all articles over several invocations, and says what it took", async () => {
  const { code, stdout, stderr } = await startDemo().ended;

  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).toMatch(PROGRESS);
  expect(stdout).toMatch(/^Synced 233 articles in [\d.]+ s\.$/m);
  expect(stdout).toMatch(/articles +233 \(10\.8 MB\): the second system holds exactly these/);
  const iterations = numberOf(/iterations +(\d+)/, stdout);
  expect(iterations).toBeGreaterThanOrEqual(3);
  expect(numberOf(/invocations +(\d+)/, stdout)).toBeGreaterThanOrEqual(iterations);
  expect(numberOf(/waits +(\d+)/, stdout)).toBe(1);
  expect(stdout).toMatch(/hooks +onBeforeTrigger, onDone$/m);
  expect(numberOf(/DynamoDB +([\d,]+) requests/, stdout)).toBeGreaterThan(iterations * 2);
  expect(numberOf(/([\d,]+) write units,/, stdout)).toBeGreaterThan(iterations * 2);
  expect(numberOf(/([\d,]+) state transitions/, stdout)).toBeGreaterThan(iterations * 2);
  expect(numberOf(/would cost about \$([\d.]+) on AWS/, stdout)).toBeGreaterThan(0);
  expect(stdout).toMatch(/Prices: us-east-1.* \d{4}\./);
  expect(stdout).toMatch(/\d\d:\d\d:\d\d\.\d{3} {2}Synced 233 articles\.\n$/);
  expect(existsSync(dataDir)).toBe(false);
});

it("stops cleanly when interrupted, and the next run goes on where it stopped", async () => {
  const first = startDemo();
  await first.printed(/^ +[1-9]\d* of 233 articles/m);
  first.child.kill("SIGINT");
  const interrupted = await first.ended;

  expect(interrupted.stderr).toBe("");
  expect(interrupted.code).toBe(130);
  expect(interrupted.stdout).toMatch(/^Stopped by SIGINT\. Run it again to go on: the task is kept in .+\.$/m);
  const stored = storedArticles();

  const second = startDemo();
  const [, before] = await second.printed(/Going on with the unfinished task \w+: (\d+) of 233 articles are synced\./);
  const { code, stdout, stderr } = await second.ended;

  expect(stderr).toBe("");
  expect(code).toBe(0);
  // The page that was cut off is pushed again, and no other.
  expect(Number(before)).toBeGreaterThan(0);
  expect(stored.length - Number(before)).toBeLessThanOrEqual(10);
  for (const [, synced] of stdout.matchAll(new RegExp(PROGRESS, "gm"))) {
    expect(Number(synced)).toBeGreaterThanOrEqual(Number(before));
  }
  expect(stdout).toMatch(/articles +233 \(10\.8 MB\): the second system holds exactly these/);
  expect(stdout).toMatch(/iterations +\d+, those of the interrupted run included/);
  expect(existsSync(dataDir)).toBe(false);
});

it("fails with a reason and exit code 1 when the second system is down, and runs onError", async () => {
  const { code, stdout, stderr } = await startDemo("--fail").ended;

  expect(code).toBe(1);
  expect(stderr).toMatch(/^The sync failed in iteration 1, after 0 articles\.$/m);
  expect(stderr).toMatch(/The second system answered 500 to PUT \/articles\/1790-george-washington: .*disk is full/);
  expect(stderr).toMatch(/Hooks that told the second system: onError\./);
  expect(stdout).not.toMatch(/^Synced/m);
  expect(existsSync(dataDir)).toBe(false);
});

it("refuses a data directory that holds something else", async () => {
  dataDir = folder;
  writeFileSync(join(folder, "mine.txt"), "mine");
  const { code, stderr } = await startDemo().ended;

  expect(code).toBe(1);
  expect(stderr).toMatch(/^The data directory .* holds something else\./);
  expect(readFileSync(join(folder, "mine.txt"), "utf8")).toBe("mine");
});
