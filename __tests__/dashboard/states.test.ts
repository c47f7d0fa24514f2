import type { Page, Route } from "playwright-core";
import * as z from "zod";
import { storeFinishedTasks } from "../../bench/seed.js";
import { createDashboard, type DashboardOptions } from "../../src/dashboard/index.js";
import { createTaskDefinition } from "../../src/index.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { createTestApi } from "../helpers/createTestApi.js";
import { accessibilityFaults, Browser, screenshot, settled, type Visit } from "./Browser.js";
import { serveFetch, type Served } from "./serve.js";

/** Who the page is, without a sign-in: a proxy in front of it would say so. */
const AS_ADMIN: DashboardOptions = { signIn: false, headers: { authorization: "admin" } };

/** Writes many lines, waits, and writes some more. */
const talkative = createTaskDefinition({
  id: "talkative",
  title: "Talkative",
  inputSchema: z.object({
    // What a title may be, JSON Schema does not say.
    articles: z.array(z.object({ title: z.string().refine(title => title !== "taken", "There is one already.") })),
    deep: z.object({ in: z.object({ it: z.string() }) }).default({ in: { it: "found" } })
  }),
  async run({ response, store }) {
    for (let line = 0; line < 60; line += 1) {
      await store.addInfoLog({ message: `Line ${line} of iteration ${store.getTask().iterations}.` });
    }
    return store.getTask().iterations < 2 ? response.continue({}, { seconds: 60 }) : response.done();
  }
});

/** Fails when it is told to. */
const judged = createTaskDefinition({
  id: "judged",
  title: "Judged",
  run: async ({ input, response }) => (input.bad === true ? response.error(new Error("Bad.")) : response.done())
});

let browser: Browser;
/** 400 finished tasks, and definitions. */
let full: Awaited<ReturnType<typeof createServed>>;
let empty: Awaited<ReturnType<typeof createServed>>;
let visit: Visit | undefined;

beforeAll(async () => {
  const underlying = new MemoryStorage();
  await storeFinishedTasks(underlying, 400);
  [browser, full, empty] = await Promise.all([
    Browser.start(),
    createServed([talkative, judged], AS_ADMIN, underlying),
    createServed([], AS_ADMIN)
  ]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await Promise.all([full?.stop(), empty?.stop()]);
});
afterEach(async () => {
  const faults = visit?.faults.filter(fault => !/ERR_CONNECTION_REFUSED|status of 40[13]/.test(fault));
  await visit?.page.context().close();
  visit = undefined;
  expect(faults ?? []).toEqual([]);
});

async function createServed(plugins: unknown[], dashboard: DashboardOptions, underlying?: MemoryStorage) {
  const t = await createTestApi([...plugins, createDashboard(dashboard)], { underlying });
  const served: Served = await serveFetch(request => t.host.fetch(request));
  return { ...t, ...served };
}

async function open(url: string): Promise<Page> {
  visit = await browser.visit(url);
  return visit.page;
}

/** What axe finds in both colour schemes. */
async function faultsInBothSchemes(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
    found.push(...(await accessibilityFaults(page)).map(fault => `${colorScheme}: ${fault}`));
  }
  return found;
}

const askedFor = (route: Route) =>
  JSON.parse(route.request().postData() ?? "{}") as { query: string; variables: Record<string, any> };
/** The requests for tasks that the page sends meanwhile. */
async function nextQuery(page: Page, work: () => Promise<unknown>, fits: (variables: any) => boolean) {
  const request = page.waitForRequest(one => {
    const body = one.postData();
    return body !== null && fits((JSON.parse(body) as { variables: unknown }).variables);
  });
  await work();
  return (JSON.parse((await request).postData()!) as { variables: any }).variables;
}

describe("a page that has nothing to show", () => {
  it.each([
    ["#/overview", "Nothing has run yet"],
    ["#/tasks", "No tasks yet"],
    ["#/definitions/none", "There is no such definition"],
    ["#/nowhere", "There is no such page"]
  ])("%s: %s", async (place, title) => {
    const page = await open(`${empty.url}${place}`);
    await page.getByRole("heading", { name: title }).waitFor();
    expect(await faultsInBothSchemes(page)).toEqual([]);
    await screenshot(page, `empty-${place.replaceAll(/\W+/g, "-")}`);
  });

  it("says that there is no definition to trigger", async () => {
    const page = await open(`${empty.url}#/nowhere`);
    await page.route("**/graphql", route =>
      askedFor(route).query.includes("listDefinitions")
        ? route.fulfill({ json: { data: { backgroundTasks: { listDefinitions: { data: [], error: null } } } } })
        : route.continue()
    );
    await page.goto(`${empty.url}#/definitions`);
    await page.getByRole("heading", { name: "No public definitions" }).waitFor();
    expect(await faultsInBothSchemes(page)).toEqual([]);
  });

  it.each(["#/overview", "#/tasks", "#/definitions"])("%s: shows that it waits, then what was wrong", async place => {
    const page = await open(`${full.url}#/nowhere`);
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    let answer = (_route: Route): void => undefined;
    const answered = new Promise<Route>(resolve => (answer = resolve));
    const refuse = (route: Route) =>
      route.fulfill({ json: { errors: [{ message: "The table is gone.", extensions: { code: "STORAGE_ERROR" } }] } });
    let isHeld = true;
    await page.route("**/graphql", route => (isHeld ? answer(route) : refuse(route)));
    await page.goto(`${full.url}${place}`);
    const first = await answered;
    await page.locator("[aria-busy=true]").first().waitFor();
    await page.locator(".mantine-Skeleton-root").first().waitFor();
    expect(await faultsInBothSchemes(page)).toEqual([]);
    isHeld = false;
    await refuse(first);
    await page.reload();
    await page.getByRole("alert").getByText("The table is gone. STORAGE_ERROR").first().waitFor();
    expect(await faultsInBothSchemes(page)).toEqual([]);
    await page.unroute("**/graphql");
    await page.getByRole("button", { name: "Try again" }).first().click();
    await page.getByRole("alert").first().waitFor({ state: "detached" });
  });

  it("says so where the figures of a definition can't be read", async () => {
    const page = await open(`${full.url}#/nowhere`);
    await page.route("**/graphql", route =>
      askedFor(route).query.includes("listTasks")
        ? route.fulfill({
            json: { errors: [{ message: "The table is gone.", extensions: { code: "STORAGE_ERROR" } }] }
          })
        : route.continue()
    );
    await page.goto(`${full.url}#/definitions`);
    await page.getByRole("listitem").getByText("The table is gone. STORAGE_ERROR").first().waitFor();
    expect(await page.locator(".mantine-Skeleton-root").count()).toBe(0);
  });

  it("waits for a server that is not there yet", async () => {
    const page = await open(`${full.url}#/nowhere`);
    await page.route("**/graphql", route => route.abort("connectionrefused"));
    await page.goto(`${full.url}#/overview`);
    await page.reload();
    await page.getByRole("heading", { name: "No answer from the server" }).waitFor();
    expect(await faultsInBothSchemes(page)).toEqual([]);
    await page.unroute("**/graphql");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
  });
});

describe("the list", () => {
  it("asks for several statuses, and for a range of dates that is typed", async () => {
    const page = await open(`${full.url}#/tasks`);
    await page.locator("[data-index='0']").waitFor();
    const status = (name: string) => page.getByRole("group", { name: "Status" }).getByRole("button", { name });
    await status("Failed").click();
    const both = await nextQuery(
      page,
      () => status("Success").click(),
      ({ where }) => where?.taskStatus_in?.length === 2
    );
    expect(both.where.taskStatus_in).toEqual(["success", "failed"]);
    await page.waitForURL(/status=failed,success/);

    // In Berlin, in winter. Second by second: the first is of 01:00:00, one a second.
    await page.getByRole("button", { name: "Any time" }).click();
    await page.getByLabel("Created from").focus();
    // Another year at first, which is then typed over. A is for AM, where the browser asks for it.
    await page.keyboard.type("010120240103A");
    await page.getByRole("button", { name: "Chosen dates" }).waitFor();
    await page.getByLabel("Created from").blur();
    await page.getByLabel("Created from").focus();
    await page.keyboard.type("01012025");

    const range = await nextQuery(
      page,
      () => page.getByLabel("Created before").fill("2025-01-01T01:04"),
      ({ where }) => where?.createdOn_lt !== undefined && where.createdOn_gte !== undefined
    );
    expect(range.where).toMatchObject({
      createdOn_gte: "2025-01-01T00:03:00.000Z",
      createdOn_lt: "2025-01-01T00:04:00.000Z"
    });
    await page.locator("[role=table][aria-rowcount='61']").waitFor();
    await page.getByRole("button", { name: "Chosen dates" }).waitFor();
  });

  it("does not ask for the next page again and again when that fails, and goes on when it can", async () => {
    const page = await open(`${full.url}#/tasks`);
    await page.locator("[data-index='0']").waitFor();
    let failed = 0;
    await page.route("**/graphql", route => {
      if (typeof askedFor(route).variables.after !== "string") {
        return route.continue();
      }
      failed += 1;
      return route.abort("connectionrefused");
    });
    await page.evaluate("document.getElementById('task-rows').scrollTop = 1e6");
    await page.getByText("No answer from the server.").waitFor();
    // Each look that succeeds asks for it once more, and nothing else does.
    for (let look = 0; look < 2; look++) {
      await page.waitForResponse("**/graphql");
    }
    await settled(page);
    expect(failed).toBeGreaterThan(0);
    expect(failed).toBeLessThan(6);
    await page.unroute("**/graphql");
    await page.evaluate(`(async () => {
      while (document.querySelector("[role=table][aria-rowcount='401']") === null) {
        document.getElementById("task-rows").scrollTop = 1e6;
        await new Promise(resolve => requestAnimationFrame(resolve));
      }
    })()`);
    // By keys to the last row, which was not rendered before.
    await page.evaluate("document.getElementById('task-rows').scrollTop = 0");
    await page.locator("[data-index='0'] a").focus();
    await page.keyboard.press("End");
    await page.locator("[data-index='399'] a:focus").waitFor();
  });

  it("leaves the rows of a quiet list alone when it looks for news", async () => {
    const page = await open(`${full.url}#/tasks`);
    await page.locator("[data-index='0']").waitFor();
    await page.evaluate(`window.changes = [];
      new MutationObserver(found => found.forEach(({ target, type }) => {
        // "3 min ago" moves on.
        if (type === "childList") window.changes.push(target.className);
      })).observe(document.querySelector("[role=table]"), { childList: true, subtree: true });`);
    for (let looks = 0; looks < 2; looks += 1) {
      await page.waitForResponse(/graphql/);
    }
    expect(await page.evaluate("window.changes")).toEqual([]);
  });

  it("keeps the result of a deletion in sight until it is closed, and can't be left before there is one", async () => {
    const page = await open(`${full.url}#/tasks`);
    for (const index of [0, 1]) {
      await page.locator(`[data-index='${index}'] input`).check();
    }
    await page.getByRole("button", { name: "Delete 2" }).click();
    const held: (() => void)[] = [];
    await page.route("**/graphql", async route => {
      if (askedFor(route).query.includes("deleteTask")) {
        await new Promise<void>(resolve => held.push(resolve));
      }
      await route.continue();
    });
    await page.getByRole("button", { name: "Delete 2 tasks" }).click();
    await page.getByText("0 of 2").waitFor();
    await page.keyboard.press("Escape");
    await settled(page);
    expect(await page.getByText("0 of 2").count()).toBe(1);
    held.forEach(go => go());
    await page.getByText("2 tasks deleted.").waitFor();
    // The next looks find that they are gone.
    await page.locator("[data-selected]").first().waitFor({ state: "detached" });
    await settled(page);
    expect(await page.getByText("2 tasks deleted.").count()).toBe(1);
    await page.unroute("**/graphql");
    await page.getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });
});

it("sums up the last 200 of more tasks, and says so", async () => {
  const page = await open(`${full.url}#/overview`);
  await page.getByText(/^From the last 200 tasks, the oldest triggered/).waitFor();
  await page.getByRole("img", { name: /^200 starts and 200 ends from/ }).waitFor();
});

it("says of a definition how often it succeeds, and draws its runs", async () => {
  const inputs = [{}, {}, { bad: true }, {}];
  for (const input of inputs) {
    await full.runToEnd(await full.tasks.trigger({ definition: "judged", input }));
  }
  const page = await open(`${full.url}#/definitions`);
  const card = page.getByRole("listitem").filter({ hasText: "Judged" });
  await card.getByText("75 %").waitFor();
  await card.getByRole("img", { name: /^Durations of the latest 4 runs, .*; 1 of them failed\.$/ }).waitFor();
  expect(await card.locator("dl > div").allTextContents()).toEqual([
    "Success75 %",
    expect.stringMatching(/^Median\d/),
    "Active0",
    "Runs4"
  ]);
  await card.getByRole("link", { name: "Judged" }).click();
  await page.getByRole("heading", { name: "Last 200 runs" }).waitFor();
  await page.getByRole("region", { name: "Runs" }).getByText("75 %").waitFor();
});

describe("a task", () => {
  const input = { articles: [{ title: "first" }] };

  it("shows its log as it is read: at its end, or where the user is; its JSON folds", async () => {
    const task = await full.tasks.trigger({ definition: "talkative", input });
    await full.step(full.executionOf(task));
    const page = await open(`${full.url}#/tasks/${task.id}`);
    const log = page.getByRole("log");
    const line = (text: string) => log.getByText(text, { exact: true });
    const TO_END = "(box => box.scrollHeight - box.clientHeight - box.scrollTop)(document.querySelector('.log'))";
    const toEnd = () => page.evaluate<number>(TO_END);
    await line("Line 59 of iteration 1.").waitFor();
    await page.evaluate(`(async () => {
      while (${TO_END} >= 2) {
        await new Promise(resolve => requestAnimationFrame(resolve));
      }
    })()`);

    // By keys, as by a wheel.
    await log.focus();
    await page.keyboard.press("Home");
    const follow = page.getByRole("switch", { name: "Follow" });
    await page.locator("input[role=switch]:not(:checked)").waitFor();
    await page.keyboard.press("End");
    await page.locator("input[role=switch]:checked").waitFor();
    expect(await toEnd()).toBeLessThan(2);
    await follow.uncheck({ force: true });
    await full.step(full.executionOf(task));
    await log.getByText("Line 59 of iteration 2.", { exact: true }).waitFor({ state: "attached" });
    expect(await toEnd()).toBeGreaterThan(200);

    const folded = page.getByRole("region", { name: "Input" });
    await folded.getByRole("button", { name: /articles/ }).click();
    await folded.getByText(/\[ 1 items? \]/).waitFor();
    expect(await folded.getByText("first").count()).toBe(0);
    await folded.getByRole("button", { name: /articles/ }).click();
    await folded.getByRole("button", { name: /^0/ }).click();
    await folded.getByText("first").waitFor();
  });

  it("links to its children, and they to it", async () => {
    const parent = await full.tasks.trigger({ definition: "judged", name: "Elder", input: {} });
    await full.tasks.trigger({ definition: "judged", name: "Younger", input: {}, parent });
    const page = await open(`${full.url}#/tasks/${parent.id}`);
    await page.getByRole("region", { name: "Children" }).getByRole("link", { name: "Younger" }).click();
    await page.getByRole("heading", { name: "Younger" }).waitFor();
    await page.locator(".facts > div").filter({ hasText: "Parent" }).getByRole("link").click();
    await page.getByRole("heading", { name: "Elder" }).waitFor();
  });

  it("says that it was deleted until that is read, then shows the list", async () => {
    const { id } = await full.tasks.trigger({ definition: "judged", name: "In the way", input: {} });
    const page = await open(`${full.url}#/tasks/${id}`);
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete 1 task" }).click();
    await page.getByText("1 task deleted.").waitFor();
    await page.waitForResponse(async answer => (await answer.text()).includes("NOT_FOUND"));
    await settled(page);
    expect(await page.getByText("1 task deleted.").count()).toBe(1);
    await page.getByRole("button", { name: "Close" }).last().click();
    await page.waitForURL(/#\/tasks$/);
  });

  it("is triggered again by a form that holds its input; what the server refuses is at its field, however deep", async () => {
    const { id } = await full.tasks.trigger({ definition: "talkative", input });
    const page = await open(`${full.url}#/tasks/${id}`);
    await page.getByRole("link", { name: "Trigger again" }).click();
    const title = page.getByRole("textbox", { name: "Title" });
    await title.waitFor();
    expect(await title.inputValue()).toBe("first");
    await title.fill("taken");
    await page.getByRole("textbox", { name: "Delay in seconds" }).fill("3600");
    await page.getByRole("button", { name: "Trigger", exact: true }).click();
    const field = page.locator(".mantine-TextInput-root").filter({ hasText: "Title" });
    await field.getByText("There is one already.").waitFor();
    expect(await faultsInBothSchemes(page)).toEqual([]);
    await title.fill("free");
    await page.getByRole("button", { name: "Trigger", exact: true }).click();
    await page.locator("h1 + .status").getByText("Pending").waitFor();
    const again = /#\/tasks\/(\w+)/.exec(page.url())![1]!;
    const task = (await full.tasks.getTask(again))!;
    expect(task.input).toMatchObject({ articles: [{ title: "free" }] });
    expect(full.executionOf(task).state.wait).toBe(3_600);
  });
});

it("sends the token in the header and by the prefix of its configuration; remembers it only when told to", async () => {
  const served = await createServed([judged], { signIn: { header: "x-api-key", prefix: "Key ", label: "Key" } });
  try {
    const page = await open(served.url);
    const isSent = (key: string) =>
      page.waitForRequest(request => request.url().endsWith("/graphql") && request.headers()["x-api-key"] === key);
    const kept = () => page.evaluate("[localStorage, sessionStorage].map(one => one.getItem('webiny-tasks-token'))");
    await page.getByRole("textbox", { name: "Key" }).fill("abc");
    await Promise.all([isSent("Key abc"), page.getByRole("button", { name: "Sign in" }).click()]);
    expect(await kept()).toEqual([null, "abc"]);
    await page.getByText("This one was not accepted").waitFor();
    await page.getByRole("textbox", { name: "Key" }).fill("def");
    await page.getByRole("checkbox", { name: "Remember it on this device" }).check();
    await Promise.all([isSent("Key def"), page.getByRole("button", { name: "Sign in" }).click()]);
    expect(await kept()).toEqual(["def", null]);
    expect(await faultsInBothSchemes(page)).toEqual([]);
  } finally {
    await served.stop();
  }
});

it("keeps the colours that were chosen, and is gone through by keys from the start", async () => {
  const page = await open(`${empty.url}#/tasks`);
  await page.getByRole("button", { name: "Colours" }).click();
  await page.getByRole("menuitem", { name: "Dark" }).click();
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
  await page.reload();
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
  await page.getByRole("heading", { name: "No tasks yet" }).waitFor();
  await page.keyboard.press("Tab");
  expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip the menu");
  await page.keyboard.press("Enter");
  expect(await page.evaluate("document.activeElement.id")).toBe("main");
});
