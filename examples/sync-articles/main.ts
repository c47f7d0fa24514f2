// `npm run demo`: syncs 233 articles with a second system, on this machine, with the parts that run on AWS.
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createContextPlugin, type Task, type TaskLogItem } from "@webiny/tasks";
import { startLocal, type Local } from "@webiny/tasks/local";
import { createArticles, loadArticles, type Article } from "./articles.js";
import { createProgress, isWaiting } from "./progress.js";
import { sha256, startSecondSystem, type SecondSystem } from "./secondSystem.js";
import { SecondSystemClient, type Notification } from "./SecondSystemClient.js";
import { describeFailure, describeSuccess } from "./summary.js";
import { syncArticles, type SyncContext, type SyncInput, type SyncOutput } from "./syncArticles.js";

const USAGE = `npm run demo -- [options]

  --data-dir <dir>   where an unfinished sync is kept until it is done; default .webiny-tasks/demo
  --slow             the second system takes 80 ms for an article instead of 20
  --fail             the second system is down: the task fails, its onError hook runs, and the exit code is 1`;

/** Short, so that the sync takes several iterations. On AWS it would be 900. */
const LAMBDA_SECONDS = 2;

/** How long the second system takes for an article. Ten of them must fit well into the time of a Lambda. */
const DELAY_MS = { normal: 20, slow: 80 };

/** Once, after so many articles, the second system answers 429 for so many seconds. */
const BUSY = { afterArticles: 100, seconds: 2 };

const LOG_LINES = 6;

/** How long an interrupted iteration gets to save what it did. */
const SAVE_MS = 1_000;

type SyncTask = Task<SyncInput, SyncOutput>;

/** What runs here: the second system, and the parts of AWS. */
interface Demo {
  articles: Article[];
  secondSystem: SecondSystem;
  local: Local;
  /** Resolves with the signal that ends this program. */
  interruption: Promise<NodeJS.Signals>;
}

/** @returns the exit code */
async function main(): Promise<number> {
  const { dataDir, slow, fail } = readOptions();
  const startedAt = performance.now();
  // The SDK warns of its end of support for Node 20, which is no news about this sync.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const interruption = onInterruption();
  const articles = loadArticles();
  const file = prepare(dataDir);
  const secondSystem = await startSecondSystem({
    file,
    delayMs: slow ? DELAY_MS.slow : DELAY_MS.normal,
    busy: BUSY,
    down: fail
  });
  const local = await startRuntime(articles, secondSystem, dataDir);
  const demo: Demo = { articles, secondSystem, local, interruption };

  const unfinished = await findUnfinished(local);
  const task = unfinished ?? (await startAfresh(demo));
  console.log(
    unfinished === undefined
      ? `Syncing ${articles.length} articles with ${secondSystem.url}. Ctrl-C stops; the next run goes on.`
      : `Going on with the unfinished task ${task.id}: ${unfinished.output?.synced ?? 0} of ${articles.length} articles are synced.`
  );

  const finished = await follow(demo, task);
  if (typeof finished === "string") {
    await stop(demo);
    console.log(`Stopped by ${finished}. Run it again to go on: the task is kept in ${dataDir}.`);
    return finished === "SIGINT" ? 130 : 143;
  }
  const faults = finished.taskStatus === "success" ? await compare(articles, secondSystem) : [];
  const counts = local.counts();
  const notifications = await fetchNotifications(secondSystem);
  const log = await lastLogLines(local, task);
  await stop(demo);
  // The task has ended, so the next run starts afresh.
  rmSync(dataDir, { recursive: true, force: true });

  if (finished.taskStatus !== "success") {
    console.error(describeFailure({ task: finished, notifications, log }));
    return 1;
  }
  if (faults.length > 0) {
    console.error(`The second system does not hold exactly what was synced:\n  ${faults.join("\n  ")}`);
    return 1;
  }
  const elapsedMs = performance.now() - startedAt;
  const resumed = unfinished !== undefined;
  const lambdaSeconds = LAMBDA_SECONDS;
  console.log(describeSuccess({ task: finished, counts, elapsedMs, resumed, lambdaSeconds, notifications, log }));
  return 0;
}

/** @returns the file of the second system */
function prepare(dataDir: string): string {
  const file = join(dataDir, "second-system.jsonl");
  // It is removed at the end: it must not hold anything else.
  if (existsSync(dataDir) && !existsSync(file) && readdirSync(dataDir).length > 0) {
    throw new Error(`The data directory ${dataDir} holds something else. Name one that is empty, or none yet.`);
  }
  mkdirSync(dataDir, { recursive: true });
  return file;
}

/** Unfinished tasks in the data directory go on by themselves from here. */
function startRuntime(articles: Article[], secondSystem: SecondSystem, dataDir: string): Promise<Local> {
  return startLocal({
    plugins: [
      createContextPlugin<SyncContext>(context => {
        context.articles = createArticles(articles);
        context.secondSystem = new SecondSystemClient(secondSystem.url);
      }),
      syncArticles
    ],
    dataDir,
    lambdaTimeoutSeconds: LAMBDA_SECONDS,
    meter: true,
    // What goes wrong is in the task and its log, and shown at the end.
    logLevel: "silent"
  });
}

async function findUnfinished({ tasks }: Local): Promise<SyncTask | undefined> {
  const { items } = await tasks.listTasks<SyncInput, SyncOutput>({
    where: { definitionId: "syncArticles", taskStatus_in: ["pending", "running"] },
    limit: 1
  });
  return items[0];
}

async function startAfresh({ secondSystem, local }: Demo): Promise<SyncTask> {
  secondSystem.reset();
  return (await local.tasks.trigger<SyncInput>({ definition: "syncArticles", input: { page: 1 } })) as SyncTask;
}

/** @returns the task when it has ended, or the signal that came first */
async function follow(demo: Demo, { id }: SyncTask): Promise<SyncTask | NodeJS.Signals> {
  const { articles, secondSystem, local, interruption } = demo;
  const progress = createProgress(articles.length, process.stdout);
  let onSaved = () => {};
  const onUpdate = (task: Task) => {
    progress.update(task as SyncTask);
    if (isWaiting(task as SyncTask)) {
      onSaved();
    }
  };
  const ended = local.waitFor<SyncInput, SyncOutput>(id, { onUpdate });
  // Both may fail: `race` attends to the one that comes later, too.
  const first = await Promise.race([ended, interruption]).finally(() => progress.stop());
  if (typeof first !== "string") {
    return first;
  }
  // The iteration that runs now ends at once, with a wait, and what it did is saved. Were it cut off instead, it would
  // begin again at the next start: nothing would be lost but its time.
  const saved = new Promise<void>(resolve => (onSaved = resolve));
  secondSystem.closeDoors();
  await Promise.race([saved, sleep(SAVE_MS)]);
  return first;
}

/** Compares what was to be synced with what is there. @returns what is different, or nothing */
async function compare(articles: Article[], { url }: SecondSystem): Promise<string[]> {
  const response = await fetch(`${url}/articles`);
  const found = new Map(Object.entries(((await response.json()) as { articles: Record<string, string> }).articles));
  const faults = articles.flatMap(article => {
    const hash = found.get(article.id);
    found.delete(article.id);
    return hash === sha256(JSON.stringify(article)) ? [] : [`${article.id} is ${hash ? "different" : "missing"}`];
  });
  return [...faults, ...[...found.keys()].map(id => `${id} is too many`)];
}

async function fetchNotifications({ url }: SecondSystem): Promise<Notification[]> {
  const response = await fetch(`${url}/notifications`);
  return (await response.json()) as Notification[];
}

/** Oldest first. */
async function lastLogLines({ tasks }: Local, { id }: SyncTask): Promise<TaskLogItem[]> {
  const { items } = await tasks.listLogs({ where: { task: id }, sort: ["createdOn_DESC"], limit: LOG_LINES });
  return items
    .reverse()
    .flatMap(log => log.items)
    .slice(-LOG_LINES);
}

async function stop({ local, secondSystem }: Demo): Promise<void> {
  await local.stop();
  await secondSystem.stop();
}

/** A second signal, for whoever does not want to wait, ends at once. */
function onInterruption(): Promise<NodeJS.Signals> {
  return new Promise(resolve => {
    let firstAt = Infinity;
    const onSignal = (signal: NodeJS.Signals) => {
      // One Ctrl-C may come twice: from the terminal, and passed on by npm or tsx.
      if (Date.now() - firstAt > 500) {
        process.exit(130);
      }
      firstAt = Math.min(firstAt, Date.now());
      resolve(signal);
    };
    process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  });
}

function readOptions(): { dataDir: string; slow: boolean; fail: boolean } {
  const { values } = parseArgs({
    options: {
      "data-dir": { type: "string", default: join(".webiny-tasks", "demo") },
      slow: { type: "boolean", default: false },
      fail: { type: "boolean", default: false },
      help: { type: "boolean", default: false }
    }
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  return { dataDir: values["data-dir"], slow: values.slow, fail: values.fail };
}

main().then(
  // What was left running, if anything, ends here too.
  code => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
);
