import { createTasksClient, type Task, type TasksClientError, type WaitOptions } from "../../src/client/index.js";
import { answeredTask, failure, FakeApi, result, type Reply } from "./FakeApi.js";

let api: FakeApi;
const running = (values: object = {}) => result(answeredTask({ taskStatus: "running", ...values }));
const done = result(answeredTask({ taskStatus: "success", iterations: 3 }));

async function wait(script: (count: number) => Reply | Promise<Reply>, options: WaitOptions = {}): Promise<Task> {
  api = await new FakeApi((_, count) => script(count)).start();
  return createTasksClient({ url: api.url }).waitFor("task1", options);
}

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error("It did not reject.");
    },
    (error: TasksClientError) => error
  );

/** Timers set and neither fired nor cleared. */
const timers = new Set<unknown>();
let onLongTimer: () => void = () => undefined;
const LONG_MS = 3_600_000;
beforeEach(() => {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  jest.spyOn(globalThis, "setTimeout").mockImplementation(((callback: () => void, milliseconds: number) => {
    const timer: unknown = set(() => {
      timers.delete(timer);
      callback();
    }, milliseconds);
    timers.add(timer);
    if (milliseconds >= LONG_MS) {
      queueMicrotask(onLongTimer);
    }
    return timer;
  }) as never);
  jest.spyOn(globalThis, "clearTimeout").mockImplementation(timer => {
    timers.delete(timer);
    clear(timer);
  });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await api.stop();
  expect(timers.size).toBe(0);
});

it.each(["success", "failed", "aborted"])("resolves when the task is %s", async taskStatus => {
  const task = await wait(count => (count === 1 ? running() : result(answeredTask({ taskStatus, iterations: 2 }))));
  expect(task).toMatchObject({ taskStatus, iterations: 2 });
});

it("passes the task on at first and whenever it has changed", async () => {
  const seen: [string, number][] = [];
  const states = [{ taskStatus: "pending" }, { iterations: 1 }, { iterations: 1 }, { taskStatus: "failed" }];
  await wait(count => running(states[count - 1]), {
    onUpdate: ({ taskStatus, iterations }) => seen.push([taskStatus, iterations])
  });
  expect(seen).toEqual([
    ["pending", 0],
    ["running", 1],
    ["failed", 0]
  ]);
});

it("asks at intervals that grow from a quarter of a second", async () => {
  const at: number[] = [];
  await wait(count => {
    at.push(performance.now());
    return count < 5 ? running() : done;
  });
  const intervals = at.slice(1).map((time, index) => time - (at[index] as number));
  // 250, 375, 562, 844 ms, less a fifth at most. How much more it is depends on the machine, too.
  expect(intervals.map((interval, index) => interval > ([199, 299, 449, 674][index] as number))).toEqual([
    true,
    true,
    true,
    true
  ]);
});

it("goes on while the server is away, and after it is back", async () => {
  api = await new FakeApi(() => running()).start();
  let failed = 0;
  const client = createTasksClient({
    url: api.url,
    fetch: (url, request) =>
      fetch(url, request).catch(async (error: unknown) => {
        failed += 1;
        if (failed === 2) {
          api.script = (_, count) => (count < 4 ? { status: 500, body: "starting" } : done);
          await api.start();
        }
        throw error;
      })
  });
  const task = await client.waitFor("task1", { onUpdate: ({ taskStatus }) => taskStatus === "running" && api.stop() });
  expect(task).toMatchObject({ taskStatus: "success" });
  expect([failed, api.received.length]).toEqual([2, 4]);
});

it("tells a server that cannot be reached from the beginning, unless there is a time to wait", async () => {
  api = await new FakeApi(() => done).start();
  await api.stop();
  const client = createTasksClient({ url: api.url });
  expect(await rejection(client.waitFor("task1"))).toMatchObject({ code: "NETWORK_ERROR" });
  const waiting = client.waitFor("task1", { timeoutMs: 30_000 });
  await api.start();
  expect(await waiting).toMatchObject({ taskStatus: "success" });
});

it("gives up when the time is over, and says how the task stands", async () => {
  const error = await rejection(wait(() => running(), { timeoutMs: 300 }));
  expect(error).toMatchObject({ code: "WAIT_TIMEOUT", data: { id: "task1", timeoutMs: 300 } });
  expect(error.message).toMatch(/^The task "task1" was running when it was last seen/);
});

it("gives up in time where the server does not answer, and says why", async () => {
  const startedAt = performance.now();
  const error = await rejection(wait(() => "hang", { timeoutMs: 300 }));
  expect(error).toMatchObject({ code: "WAIT_TIMEOUT", cause: { code: "REQUEST_TIMEOUT" } });
  expect(error.message).toContain("was not seen");
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

it("says NOT_FOUND when the task is deleted meanwhile", async () => {
  const error = await rejection(wait(count => (count === 1 ? running() : failure("NOT_FOUND", "Not there."))));
  expect(error).toMatchObject({ code: "NOT_FOUND", message: "Not there." });
  expect(api.received).toHaveLength(2);
});

it("does not go on where waiting does not help", async () => {
  const refused = { status: 403, body: { errors: [{ message: "No.", extensions: { code: "NOT_AUTHORIZED" } }] } };
  expect(await rejection(wait(count => (count === 1 ? running() : refused)))).toMatchObject({ code: "NOT_AUTHORIZED" });
});

describe("a signal", () => {
  it("ends the pause between two looks at once, however long it would be, with its reason", async () => {
    const controller = new AbortController();
    const reason = new Error("The user has left.");
    onLongTimer = () => controller.abort(reason);
    const away = { status: 503, headers: { "retry-after": String(LONG_MS / 1_000) }, body: "" };
    const waiting = wait(count => (count === 1 ? running() : away), { signal: controller.signal });
    expect(await rejection(waiting)).toBe(reason);
    expect(api.received).toHaveLength(2);
  });

  it("ends a request under way", async () => {
    const controller = new AbortController();
    const waiting = wait(
      () => {
        controller.abort();
        return "hang";
      },
      { signal: controller.signal }
    );
    expect(await rejection(waiting)).toMatchObject({ name: "AbortError" });
  });

  it("that has aborted before lets nothing be sent", async () => {
    expect(await rejection(wait(() => done, { signal: AbortSignal.abort("late") }))).toBe("late");
    expect(api.received).toEqual([]);
  });
});

it("ends with what onUpdate throws", async () => {
  const thrown = new Error("Mine.");
  const onUpdate = () => {
    throw thrown;
  };
  expect(await rejection(wait(() => running(), { onUpdate }))).toBe(thrown);
});
