import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { storeFinishedTasks } from "../../bench/seed.js";
import { createDashboard, exportDashboard } from "../../src/dashboard/index.js";
import { dollarsOf } from "../../src/index.js";
import { createApiListener } from "../../src/local/apiListener.js";
import { startLocal, type Local } from "../../src/local/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { CliProcess } from "../cli/CliProcess.js";
import { createTestApi } from "../helpers/createTestApi.js";
import { accessibilityFaults, Browser, screenshot, SIZES, type Visit } from "./Browser.js";
import { serveFetch, serveFolder, serveListener, type Served } from "./serve.js";
import { plugins } from "./tasks.js";

const DIST = join(__dirname, "../../dist");
const COMMAND = join(DIST, "esm/cli/main.js");

// Ten thousand rows and two starts of a server take their time on a machine that does something else besides.
const LONG_MS = 180_000;

let browser: Browser;
let local: Local;
/** Started with the others, as it takes its time; used by one test. */
let counting: Awaited<ReturnType<typeof createCountingServer>>;
/** One page for all tests that need no browser of their own: what was loaded for one is there for the next. */
let shared: Visit | undefined;
const visits = new Set<Visit>();
/** Tasks that go on while the first tests run. */
let early: Record<"declined" | "parent" | "importing", string>;

beforeAll(async () => {
  counting = await createCountingServer();
  [browser, local] = await Promise.all([Browser.start(), startLocal({ plugins })]);
  const { tasks } = local;
  const trigger = async (definition: string, input: object, name?: string) =>
    (await tasks.trigger({ definition, name, input })).id;
  early = {
    declined: await trigger("chargeCards", { declined: true }, "Sunday's cards"),
    parent: await trigger("resizeImages", {}, "Pictures"),
    importing: await trigger(
      "importCatalogue",
      { supplier: "overseas", pages: 40, pauseSeconds: 12 },
      "Catalogue from overseas"
    )
  };
  for (const orders of [12, 25, 31]) {
    await trigger("chargeCards", { orders });
  }
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await Promise.all([local?.stop(), counting?.remove()]);
});

/** Opens a place of the local server's dashboard. */
async function open(place: string): Promise<Page> {
  shared ??= await browser.visit(`${local.url}/`);
  visits.add(shared);
  await shared.page.goto(`${local.url}/${place}`);
  return shared.page;
}

/** The same in a browser of its own: another user, server or zone. */
async function openApart(place: string, url = `${local.url}/`, options = {}): Promise<Page> {
  const visit = await browser.visit(`${url}${place}`, options);
  visits.add(visit);
  return visit.page;
}

afterEach(async () => {
  // Whatever a test looked at: no error, nothing the policy had to stop, and no request to another host.
  const looked = [...visits];
  visits.clear();
  for (const visit of looked) {
    const offline = /ERR_CONNECTION_REFUSED|status of 40[13]/;
    const [faults, requests] = [visit.faults.splice(0), visit.requests.splice(0)];
    expect(faults.filter(fault => !offline.test(fault))).toEqual([]);
    expect(requests.filter(request => !/^\w+ http:\/\/127\.0\.0\.1:\d+\//.test(request))).toEqual([]);
    if (visit !== shared) {
      await visit.page.context().close();
    }
  }
});

const row = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });
const shownNames = (page: Page) => page.locator(".cell-name a").allTextContents();
const idIn = (page: Page) => /#\/tasks\/(\w+)/.exec(page.url())![1]!;

describe("a task, from its form to its end", () => {
  it("is triggered by the form of its schema, watched, and its log read", async () => {
    const page = await open("#/definitions/importCatalogue");
    await page.getByRole("button", { name: "Trigger", exact: true }).click();
    await page.getByText("This is needed.").waitFor();

    await page.getByRole("combobox", { name: /Supplier/ }).click();
    await page.getByRole("option", { name: "north" }).click();
    await page.getByRole("textbox", { name: "Pages" }).fill("2");
    await page.getByRole("textbox", { name: "Pause seconds" }).fill("1");
    await page.getByRole("textbox", { name: "Name" }).fill("Spring catalogue");
    await page.getByRole("button", { name: "Trigger", exact: true }).click();

    await page.getByRole("heading", { name: "Spring catalogue" }).waitFor();
    await page.getByText("Running", { exact: true }).waitFor();
    await page.getByText("Page 1 of 2").waitFor();
    await page.locator("h1 + .status").getByText("Success").waitFor();
    await page.getByText("Page 2 of 2").waitFor();
    await page.getByRole("button", { name: /Page 1 of 2/ }).click();
    await page.locator(".log-data").getByText("products").waitFor();
    await page.getByLabel("Search the log").fill("page 2");
    expect(await page.locator(".log-message").allTextContents()).toEqual([expect.stringContaining("Page 2 of 2")]);

    const task = await local.tasks.getTask(idIn(page));
    expect(task).toMatchObject({ taskStatus: "success", iterations: 2, input: { supplier: "north", pages: 2 } });
    await page.getByRole("list").getByText("Waited").first().waitFor();
    expect(await page.getByRole("img", { name: /The task is in Done/ }).count()).toBe(1);
  });

  it("shows what the server refuses at the field it is about, and takes JSON where it is asked to", async () => {
    const page = await open("#/definitions/checkedFolder");
    await page.getByRole("textbox", { name: "Folder" }).fill("missing");
    await page.getByRole("button", { name: "Trigger", exact: true }).click();
    const field = page.locator(".mantine-TextInput-root").filter({ hasText: "Folder" });
    await field.getByText("There is no such folder.").waitFor();

    await page.getByRole("button", { name: "As JSON" }).click();
    await page.getByRole("textbox", { name: "Input" }).fill('{ "folder": "there" ');
    await page.getByText(/JSON/).last().waitFor();
    await page.getByRole("textbox", { name: "Input" }).fill('{ "folder": "there" }');
    await page.getByRole("textbox", { name: "Delay in seconds" }).fill("3600");
    await page.getByRole("button", { name: "Trigger", exact: true }).click();
    await page.locator("h1 + .status").getByText("Pending").waitFor();
    const { input, createdOn, nextAt } = (await local.tasks.getTask(idIn(page)))!;
    expect(input).toEqual({ folder: "there", depth: 1 });
    expect(Date.parse(nextAt!) - Date.parse(createdOn)).toBeGreaterThan(3_500_000);
  });

  it("is aborted with a reason, and triggered again with its input", async () => {
    const { id } = await local.tasks.trigger({ definition: "nightlyReport", name: "Tonight", input: { printer: 7 } });
    const page = await open(`#/tasks/${id}`);
    const lit = page.locator(".machine-state[data-lit]");
    await lit.getByText("Wait", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Abort" }).click();
    const dialog = page.getByRole("dialog", { name: "Abort 1 task?" });
    await dialog.getByText("a wait ends at once").waitFor();
    await dialog.getByRole("textbox", { name: "Reason" }).fill("Not tonight.");
    await dialog.getByRole("button", { name: "Abort 1 task" }).click();
    await page.getByText("1 task aborted.").waitFor();
    await page.getByRole("button", { name: "Close" }).last().click();
    await page.getByText("Aborted by Local admin").waitFor();
    await page.getByText("Not tonight.").first().waitFor();
    expect(await page.getByRole("button", { name: "Abort" }).count()).toBe(0);
    expect(await lit.allTextContents()).toEqual(["Aborted"]);
    expect(await local.tasks.getTask(id)).toMatchObject({ taskStatus: "aborted", abort: { reason: "Not tonight." } });

    await page.getByRole("link", { name: "Trigger again" }).click();
    expect(await page.getByRole("textbox", { name: "Input" }).inputValue()).toContain('"printer": 7');
  });
});

describe("the list", () => {
  beforeAll(async () => {
    await Promise.all([local.waitFor(early.declined), local.waitFor(early.parent)]);
  });

  it("is filtered, and its address shows another user the same", async () => {
    const page = await open("#/tasks");
    await row(page, "Pictures").waitFor();
    await page.getByRole("button", { name: "Failed" }).click();
    await row(page, "Pictures").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Any time" }).click();
    const filtered = page.waitForResponse(
      answer => answer.request().postData()?.includes('"createdOn_gte"') === true && answer.ok()
    );
    await page.getByRole("button", { name: "Last hour" }).click();
    await filtered;
    await row(page, "Sunday's cards").waitFor();
    expect(await shownNames(page)).toEqual(["Sunday's cards"]);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByLabel("Error", { exact: true }).check();
    await page.keyboard.press("Escape");
    await row(page, "CARD_DECLINED").waitFor();

    const other = await openApart(new URL(page.url()).hash);
    await row(other, "CARD_DECLINED").waitFor();
    expect(await shownNames(other)).toEqual(["Sunday's cards"]);
    // Without the link: the columns chosen last.
    await page.goto(`${local.url}/#/tasks`);
    await page.reload();
    await page.getByRole("columnheader", { name: "Error" }).waitFor();
  });

  it("finds by id and by name, and the children of a parent", async () => {
    const page = await open("#/tasks");
    await row(page, "Pictures").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type(early.parent);
    await row(page, "Sunday's cards").waitFor({ state: "detached" });
    await row(page, "Pictures").waitFor();
    expect(await shownNames(page)).toEqual(["Pictures"]);
    await page.getByRole("searchbox").fill("SUNDAY");
    await row(page, "Sunday's cards").waitFor();

    await page.goto(`${local.url}/#/tasks/${early.parent}`);
    await page.getByRole("link", { name: "As a list" }).click();
    await row(page, "Resize summer").waitFor();
    expect((await shownNames(page)).sort()).toEqual(["Resize sale", "Resize summer", "Resize winter"]);
    await page.getByRole("button", { name: "Created" }).click();
    await page.waitForURL(/sort=oldest/);
    await page.locator("[data-index='0']").getByText("Resize summer").waitFor();
  });

  it("shows what is new by itself, and goes through its rows by keys", async () => {
    const page = await open("#/tasks?definition=rebuildIndex");
    await page.getByText("No task fits").waitFor();
    for (const name of ["From elsewhere", "One more"]) {
      await local.tasks.trigger({ definition: "rebuildIndex", name, input: { shard: 8 } });
    }
    await row(page, "From elsewhere").getByText("Success").waitFor();
    await page.locator("[data-index='0'] a").focus();
    await page.keyboard.press("ArrowDown");
    await page.locator("a:focus", { hasText: "From elsewhere" }).waitFor();
    await page.keyboard.press("x");
    await page.getByText("1 task selected").waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "From elsewhere" }).waitFor();
  });

  it("aborts several at once: says what will happen, and what did, also of one that could not be aborted", async () => {
    const trigger = async (definition: string, name: string) =>
      (await local.tasks.trigger({ definition, name, input: { folder: "there" } })).id;
    const [first, second, third] = [
      await trigger("nightlyReport", "Bulk first"),
      await trigger("nightlyReport", "Bulk second"),
      await trigger("nightlyReport", "Bulk third")
    ];
    await local.waitFor(await trigger("checkedFolder", "Bulk ended"));
    const page = await open("#/tasks?q=Bulk");
    await row(page, "Bulk ended").waitFor();
    await page.getByLabel("Select all that are loaded").check();
    await page.getByText("4 tasks selected").waitFor();
    await page.getByRole("button", { name: "Abort 3" }).click();
    const dialog = page.getByRole("dialog", { name: "Abort 3 tasks?" });
    const said = await dialog.locator("p").first().textContent();
    expect(said).toBe(
      "They stop for good: a wait ends at once, and code that is running is told within 5 seconds. Children are aborted too. 1 selected task has ended before and stays as it is."
    );
    expect(await dialog.locator(".targets .ellipsis").allTextContents()).toEqual([
      "Bulk third",
      "Bulk second",
      "Bulk first"
    ]);
    // Meanwhile somebody else was faster with one of them.
    await local.tasks.abort({ id: second, message: "Mine." });
    await dialog.getByRole("textbox", { name: "Reason" }).fill("Too many reports.");
    await dialog.getByRole("button", { name: "Abort 3 tasks" }).click();
    await page.getByText("2 tasks aborted.").waitFor();
    await page.getByText("1 task could not be aborted.").waitFor();
    expect(await page.getByRole("dialog").locator(".targets li").allTextContents()).toEqual([
      "Bulk second Cannot abort a task that is not pending or running! (TASK_ABORT_ERROR)"
    ]);
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
    await row(page, "Bulk first").getByText("Aborted").waitFor();
    for (const [id, reason] of [
      [first, "Too many reports."],
      [second, "Mine."],
      [third, "Too many reports."]
    ] as const) {
      expect((await local.tasks.getTask(id))?.abort?.reason).toBe(reason);
    }
    expect(await page.getByRole("region", { name: "Selection" }).count()).toBe(0);
  });

  it("says what each task costs, and of what that is made", async () => {
    const page = await open(`#/tasks?q=${early.declined}`);
    const { usage } = (await local.tasks.getTask(early.declined))!;
    // What a record tells and what the API says of it, told apart: two digits of dollars.
    const shown = `$${Number(dollarsOf(usage).toPrecision(2))}`;
    await row(page, "Sunday's cards").getByText(shown, { exact: true }).waitFor();
    await page.getByRole("link", { name: "Sunday's cards" }).click();
    await page.locator(".facts").getByRole("button", { name: shown }).click();
    const made = page.getByRole("dialog");
    await made.getByText(/prices of us-east-1, \d{4}-\d\d/).waitFor();
    expect((await made.locator("dl > div").allTextContents()).slice(0, 2)).toEqual([
      `State transitions${usage.transitions}`,
      `Invocations${usage.invocations}`
    ]);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await made.waitFor({ state: "detached" });
  });

  it("shows why one failed: its error, the errors of its log, its input to take away", async () => {
    const page = await open(`#/tasks/${early.declined}`);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const error = page.getByRole("region", { name: "Error" });
    await error.getByRole("heading", { name: "CARD_DECLINED" }).waitFor();
    await error.getByText("insufficient funds").waitFor();
    await error.getByText("Stack").click();
    await error.getByText(/NonRetryableError: The card of order 10023 was declined/).waitFor();

    await page.locator(".log-message").filter({ hasText: "Charged 25 orders" }).waitFor();
    await page.getByRole("radiogroup", { name: "Level" }).getByText("Errors").click();
    await page.locator(".log-message").filter({ hasText: "Charged 25 orders" }).waitFor({ state: "detached" });
    expect((await page.locator(".log-message").allTextContents()).map(text => text.trim())).toEqual([
      expect.stringContaining("The payment service answered 503."),
      expect.stringContaining("The card of order 10023 was declined.")
    ]);

    await page.getByRole("button", { name: "Copy input" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const copied = await page.evaluate<string>("navigator.clipboard.readText()");
    expect(JSON.parse(copied)).toEqual({ day: "2026-05-17", orders: 25, declined: true });
  });

  it("is summed up: by definition and by error code, from the last 200 tasks; private definitions are not there", async () => {
    const page = await open("#/overview");
    await page.getByText(/^From (all \d+ tasks there are|the last 200 tasks), the oldest triggered/).waitFor();
    const codes = page.getByRole("region", { name: "By error code" });
    await codes.getByText("CARD_DECLINED").waitFor();
    await codes.getByRole("link", { name: "Sunday's cards" }).waitFor();
    await page.getByRole("region", { name: "By definition" }).getByText("resizeFolder").waitFor();
    await page
      .getByRole("img", { name: /^\d+ starts and \d+ ends from/ })
      .first()
      .waitFor();
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Definitions" }).click();
    await page.getByRole("heading", { name: "Charge cards" }).waitFor();
    expect(await page.getByText("Rotate keys").count()).toBe(0);
  });

  it("deletes several at once: says what will happen, and what did", async () => {
    const { id: waiting } = await local.tasks.trigger({ definition: "nightlyReport", name: "Old report", input: {} });
    const page = await open("#/tasks?definition=nightlyReport,checkedFolder");
    await row(page, "Old report").waitFor();
    const before = await local.tasks.listTasks({ where: { definitionId_in: ["nightlyReport", "checkedFolder"] } });
    await page.getByLabel("Select all that are loaded").check();
    await page.getByRole("button", { name: `Delete ${before.items.length}` }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/removed for good.* of them are not finished, and aborted first/).waitFor();
    await dialog.getByRole("button", { name: /^Delete/ }).click();
    await page.getByText(`${before.items.length} tasks deleted.`).waitFor();
    await page.getByRole("button", { name: "Close" }).last().click();
    await page.getByText("No task fits").waitFor();
    expect(await local.tasks.getTask(waiting)).toBeNull();
  });
});

it(
  "goes on where it was when the server is killed and comes back",
  async () => {
    const { url } = counting;
    await counting.started();
    const trigger =
      "mutation { backgroundTasks { triggerTask(definition: counting, input: { to: 3 }) { data { id } } } }";
    const answer = await fetch(`${url}graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: trigger })
    });
    const { id } = ((await answer.json()) as any).data.backgroundTasks.triggerTask.data;
    const page = await openApart(`#/tasks/${id}`, url);
    await page.getByText("At 2.").waitFor();
    await counting.end("SIGKILL");
    await page.getByText("No answer from the server.").waitFor();
    // What was there stays there.
    expect(await page.getByText("At 2.").count()).toBe(1);
    counting.start();
    await page.getByText("No answer from the server.").waitFor({ state: "detached" });
    await page.getByText("At 3.").waitFor();
    await page.locator("h1 + .status").getByText("Success").waitFor();
  },
  LONG_MS
);

it(
  "shows 10,000 tasks with the rows in sight and one request a look",
  async () => {
    const underlying = new MemoryStorage();
    await storeFinishedTasks(underlying, 10_000);
    const api = await createTestApi([], { underlying });
    const server = await serveListener(
      createApiListener(
        request => api.host.fetch(request, { isLocal: true }),
        () => ({})
      )
    );
    try {
      const page = await openApart("#/tasks", server.url);
      const { requests } = [...visits].at(-1)!;
      const asked = () => requests.filter(request => request.endsWith("/graphql")).length;
      await page.locator("[data-index='0']").waitFor();
      // Who asks, which definitions there are, the first page.
      expect(asked()).toBe(3);
      const scrolled = JSON.parse(await page.evaluate<string>(SCROLL_TO_THE_END)) as {
        rows: number;
        mostInPage: number;
        frames: number[];
      };
      expect(scrolled.rows).toBe(10_000);
      // 40 rows at most are in sight or near.
      expect(scrolled.mostInPage).toBeLessThan(60);
      const frames = scrolled.frames.sort((a, b) => a - b);
      console.log(
        `10,000 tasks: ${frames.length} frames, median ${frames[frames.length >> 1]} ms, 95 % within ${frames[Math.floor(frames.length * 0.95)]} ms, ${asked()} requests`
      );
      // 100, then pages of 250; a look every few seconds besides.
      const looks = asked() - 3 - Math.ceil((10_000 - 100) / 250);
      expect(looks).toBeGreaterThanOrEqual(0);
      expect(looks).toBeLessThan(20);

      // A look at 10,000 rows is one request, too.
      const before = asked();
      await page.waitForResponse(/graphql/);
      expect(asked() - before).toBe(1);
    } finally {
      await server.stop();
    }
  },
  LONG_MS
);

/** Scrolls 24 screens a frame, to the end of the list; says how long each frame took and how many rows the page held. */
const SCROLL_TO_THE_END = `new Promise(resolve => {
  const box = document.getElementById("task-rows");
  const frames = [];
  let last = performance.now(), mostInPage = 0, still = 0;
  const step = now => {
    frames.push(Math.round((now - last) * 10) / 10);
    last = now;
    mostInPage = Math.max(mostInPage, document.querySelectorAll("[data-index]").length);
    const end = box.scrollHeight - box.clientHeight;
    const at = Number([...document.querySelectorAll("[data-index]")].at(-1).dataset.index) + 1;
    still = box.scrollTop >= end - 1 && at === 10000 ? still + 1 : 0;
    if (still > 5) {
      resolve(JSON.stringify({ rows: at, mostInPage, frames }));
      return;
    }
    box.scrollTop = Math.min(end, box.scrollTop + 24 * box.clientHeight);
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})`;

/** What a deployment answers for its executions. */
const ARN = "arn:aws:states:eu-central-1:123456789012:execution:BackgroundTasks:";

describe("an API that is deployed", () => {
  let t: Awaited<ReturnType<typeof createTestApi>>;
  let api: Served;
  let site: Served;
  let folder: string;
  let taskId: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "dashboard-"));
    site = await serveFolder(folder);
    t = await createTestApi([...plugins, createDashboard({ title: "Shop", signIn: { prefix: "" } })], {
      http: { cors: { origin: site.url.slice(0, -1) } }
    });
    const { fetch } = t.service;
    t.service.fetch = async task => {
      const info = await fetch(task);
      return info === null ? null : { ...info, executionArn: `${ARN}${info.name}` };
    };
    taskId = (await t.tasks.trigger({ definition: "nightlyReport", name: "Report", input: {} })).id;
    api = await serveFetch(request => t.host.fetch(request));
    await exportDashboard(folder, { api: `${api.url}graphql`, signIn: { prefix: "", label: "Name" }, title: "Shop" });
  });
  afterAll(async () => {
    await api?.stop();
    await site?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function signIn(page: Page, token: string) {
    await page.getByRole("textbox", { name: "Token" }).fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
  }

  it("asks who it is, and offers only what they may do", async () => {
    const page = await openApart(`#/tasks/${taskId}`, api.url);
    await signIn(page, "stranger");
    await page.getByText("This one was not accepted").waitFor();
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: "light" });
    expect(await accessibilityFaults(page)).toEqual([]);
    await screenshot(page, "sign-in");
    await signIn(page, "reader");
    await page.getByRole("heading", { name: "Report" }).waitFor();
    expect(await page.getByRole("button", { name: /Abort|Delete/ }).count()).toBe(0);
    expect(await page.getByRole("link", { name: "Trigger again" }).count()).toBe(0);
    await page.goto(`${api.url}#/tasks`);
    await row(page, "Report").waitFor();
    expect(await page.getByRole("link", { name: "Trigger a task" }).count()).toBe(0);
    expect(await page.getByRole("checkbox").count()).toBe(0);
    await page.goto(`${api.url}#/definitions/nightlyReport`);
    await page.getByRole("heading", { name: "Nightly report" }).waitFor();
    expect(await page.getByRole("button", { name: "Trigger" }).count()).toBe(0);

    await page.getByRole("button", { name: "READER" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await signIn(page, "editor");
    await page.goto(`${api.url}#/tasks/${taskId}`);
    await page.getByRole("button", { name: "Abort" }).waitFor();
    expect(await page.getByRole("button", { name: "Delete" }).count()).toBe(0);
  });

  it("says clearly that somebody has no permission", async () => {
    const page = await openApart("", api.url);
    await signIn(page, "nobody");
    await page.getByRole("heading", { name: "No permission to see background tasks" }).waitFor();
    await page.getByText("You are signed in as NOBODY.").waitFor();
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: "light" });
    expect(await accessibilityFaults(page)).toEqual([]);
    await screenshot(page, "no-permission");
  });

  it("tells the life of a task in its timeline, and where AWS shows its execution", async () => {
    const task = await t.tasks.trigger({ definition: "eventful", name: "Eventful", input: {}, delay: 60 });
    await t.step(t.executionOf(task));
    await t.step(t.executionOf(task));
    // The second iteration has failed once; then its execution is lost, and the sweep starts another.
    t.executionOf(task).status = "FAILED";
    await t.clock.advance(2 * 60 * 60 * 1000);
    await t.invoke({ webinyTasks: "sweep" });
    const page = await openApart(`#/tasks/${task.id}`, api.url);
    await signIn(page, "admin");
    const events = page.getByRole("region", { name: "Timeline" }).getByRole("listitem");
    await events.first().waitFor();
    const titles = async () => (await events.locator(".event-text > span:first-child").allTextContents()).join("; ");
    expect(await titles()).toBe(
      "Triggered by System; Before the first iteration; An attempt; Waited; An attempt; Waited; 1 failed attempt of this iteration; Execution 2 of the state machine; Revived once"
    );
    const link = page.getByRole("link", { name: "Execution in the AWS console" });
    expect(await link.getAttribute("href")).toBe(
      `https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1#/v2/executions/details/${ARN}${(await t.tasks.getTask(task.id))!.executionName}`
    );

    await t.tasks.abort({ id: task.id, message: "Enough.", children: "leave" });
    await events.getByText("onAbort ran").waitFor();
    await events.getByText("Enough. Its children were left as they were.").waitFor();
    expect(await titles()).toMatch(/Aborted by .*; The execution was stopped; onAbort ran$/);
    expect(await accessibilityFaults(page)).toEqual([]);
    await screenshot(page, "timeline");
  });

  it("asks less often when nobody is there, and nothing while the page is hidden", async () => {
    const page = await openApart("#/tasks", api.url);
    await signIn(page, "reader");
    await row(page, "Report").waitFor();
    await page.clock.install();
    await page.reload();
    await row(page, "Report").waitFor();
    const { requests } = [...visits].at(-1)!;
    const asked = () => requests.filter(request => request.endsWith("/graphql")).length;
    const hide = (isHidden: boolean) =>
      page.evaluate(
        `Object.defineProperty(document, "hidden", { configurable: true, value: ${isHidden} });
        Object.defineProperty(document, "visibilityState", { configurable: true, value: ${isHidden} ? "hidden" : "visible" });
        document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));`
      );
    const answered = async (work: () => Promise<unknown>) => {
      const answer = page.waitForResponse(/graphql/);
      await work();
      await answer;
    };
    const settle = () => page.waitForLoadState("networkidle");
    // Six minutes later nobody has touched it: from then on it asks every 10 seconds, as the task is not over.
    await answered(() => page.clock.fastForward(6 * 60_000));
    const before = asked();
    await page.clock.runFor(7_000);
    expect(asked()).toBe(before);
    await answered(() => page.clock.runFor(4_000));
    expect(asked()).toBe(before + 1);

    await hide(true);
    await page.clock.runFor(10 * 60_000);
    expect(asked()).toBe(before + 1);
    // Then at once.
    await answered(() => hide(false));

    // The other pages, too.
    for (const [place, ready] of [
      [`#/tasks/${taskId}`, "Report"],
      ["#/overview", "Overview"],
      ["#/definitions", "Definitions"]
    ] as const) {
      await page.goto(`${api.url}${place}`);
      await page.getByRole("heading", { name: ready, exact: true }).waitFor();
      await page.clock.runFor(5_000);
      await hide(true);
      await page.clock.runFor(1_000);
      await settle();
      const shown = asked();
      await page.clock.runFor(10 * 60_000);
      await settle();
      expect([place, asked() - shown]).toEqual([place, 0]);
      await answered(() => hide(false));
    }
  });

  it("works as static files beside an API of another origin", async () => {
    const page = await openApart("#/tasks", site.url);
    await page.getByRole("textbox", { name: "Name" }).fill("reader");
    await page.getByRole("button", { name: "Sign in" }).click();
    await row(page, "Report").waitFor();
    expect(await page.title()).toBe("Tasks · Shop");
  });
});

describe("the policy", () => {
  it("lets no script of elsewhere run and no other host be asked", async () => {
    const other = await serveFetch(async () => new Response("", { headers: { "access-control-allow-origin": "*" } }));
    try {
      const page = await open("#/tasks");
      await page.getByRole("heading", { name: "Tasks" }).waitFor();
      const tried = await page.evaluate<string[]>(`(async () => {
        const stopped = [];
        const all = new Promise(resolve => {
          document.addEventListener("securitypolicyviolation", event => {
            stopped.push(event.violatedDirective);
            if (stopped.length === 3) {
              resolve();
            }
          });
        });
        const script = document.createElement("script");
        script.textContent = "window.inline = true";
        const style = document.createElement("style");
        style.textContent = "body { color: red }";
        document.head.append(script, style);
        await fetch("${other.url}").catch(() => undefined);
        await all;
        return stopped.sort();
      })()`);
      expect(tried).toEqual(["connect-src", "script-src-elem", "style-src-elem"]);
      // They were meant to be stopped.
      shared?.faults.splice(0);
    } finally {
      await other.stop();
    }
  });
});

describe("every page", () => {
  beforeAll(async () => {
    await local.tasks.trigger({ definition: "nightlyReport", input: {} });
    await local.tasks.trigger({ definition: "rebuildIndex", name: "Rebuild tonight", input: {}, delay: 3_600 });
  });

  const pages: [name: string, place: () => string, ready: string][] = [
    ["overview", () => "#/overview", ".tile-value"],
    ["tasks", () => "#/tasks", "[data-index='0']"],
    ["task", () => `#/tasks/${early.importing}`, ".log-message"],
    ["failed", () => `#/tasks/${early.declined}`, ".error-card"],
    ["definitions", () => "#/definitions", ".sparkline"],
    ["form", () => "#/definitions/resizeImages", ".rjsf-array-item"],
    ["json", () => "#/definitions/nightlyReport", "textarea"],
    ["nothing", () => "#/tasks?q=nothing-like-that", ".nothing h2"],
    ["missing", () => "#/tasks/01M00000000000000000000000", ".nothing h1"]
  ];
  const PICTURES = [
    ["laptop", "light"],
    ["phone", "dark"],
    // All of them, to look at after a change of the design.
    ...(process.env.DASHBOARD_PICTURES === "all"
      ? ([
          ["laptop", "dark"],
          ["phone", "light"],
          ["large", "light"],
          ["large", "dark"]
        ] as const)
      : [])
  ] as const;

  it.each(pages)("%s: axe finds nothing in both colour schemes, nothing overflows", async (name, place, ready) => {
    const page = await open(place());
    const settled = async () => {
      await page.locator(ready).first().waitFor();
      await page.locator("[aria-busy=true], .mantine-Skeleton-root").first().waitFor({ state: "detached" });
    };
    const overflow = () => page.evaluate("document.documentElement.scrollWidth - innerWidth");
    for (const [at, [size, colorScheme]] of PICTURES.entries()) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(SIZES[size]);
      await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
      await settled();
      await screenshot(page, `${name}-${size}-${colorScheme}`);
      expect([size, await overflow()]).toEqual([size, 0]);
      if (at < 2) {
        expect([colorScheme, ...(await accessibilityFaults(page))]).toEqual([colorScheme]);
      }
    }
    await page.setViewportSize(SIZES.large);
    await settled();
    expect(["large", await overflow()]).toEqual(["large", 0]);
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize(SIZES.laptop);
  });

  it("has times in the viewer's zone, exact on hover, and relative", async () => {
    const page = await openApart(`#/tasks/${early.declined}`, undefined, { timezoneId: "Asia/Tokyo" });
    const time = page.locator(".facts time").first();
    await time.waitFor();
    expect(await time.textContent()).toMatch(/ago|just now/);
    expect(await time.getAttribute("title")).toMatch(/^\d+ \w{3} \d{4}, \d\d:\d\d:\d\d (JST|GMT\+9)$/);
  });
});

/** `webiny-tasks dev`, as a process of its own that can be killed and started again. */
async function createCountingServer() {
  const folder = mkdtempSync(join(tmpdir(), "dashboard-"));
  writeFileSync(
    join(folder, "tasks.mjs"),
    `import { createTaskDefinition } from ${JSON.stringify(pathToFileURL(join(DIST, "esm/index.js")).href)};
export const counting = createTaskDefinition({
  id: "counting",
  title: "Count",
  async run({ input, response, store }) {
    const { at = 1 } = input;
    await store.addInfoLog({ message: "At " + at + "." });
    return at < input.to ? response.continue({ at: at + 1 }, { seconds: 1 }) : response.done();
  }
});`
  );
  const port = await freePort();
  const spawn = () =>
    new CliProcess([process.execPath, COMMAND, "dev", "tasks.mjs", "--port", String(port)], { cwd: folder });
  let cli = spawn();
  return {
    url: `http://127.0.0.1:${port}/`,
    start: () => (cli = spawn()),
    started: () => cli.printed(/Definitions/),
    async end(signal: NodeJS.Signals) {
      cli.kill(signal);
      await cli.end();
    },
    async remove() {
      await this.end("SIGINT");
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}
