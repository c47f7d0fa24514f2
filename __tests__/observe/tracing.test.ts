import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  type ReadableSpan
} from "@opentelemetry/sdk-trace-base";
import { createBackgroundTasks, createTaskDefinition } from "../../src/index.js";
import { exists } from "../../src/storage/conditions.js";
import { itemSize } from "../../src/storage/itemSize.js";
import { createTestTasks, type TestTasks } from "../helpers/createTestTasks.js";

const SECRET = "hunter2-secret";
const exporter = new InMemorySpanExporter();

/** As an SDK does it: the library has only the API. */
function register(provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })) {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
}
function unregister() {
  context.disable();
  trace.disable();
}
afterEach(() => {
  unregister();
  exporter.reset();
});

const family = [
  createTaskDefinition({
    id: "parent",
    title: "Parent",
    async run({ input, response, trigger }) {
      if (input.page === 2) {
        await trigger({ definition: "child", input: { SECRET } });
      }
      return input.page < 3 ? response.continue({ page: input.page + 1 }) : response.done({ SECRET });
    },
    async onDone({ context: { tasks } }) {
      await tasks.trigger({ definition: "follower" });
    }
  }),
  createTaskDefinition({
    id: "child",
    title: "Child",
    retry: { maxAttempts: 2, initialDelaySeconds: 1 },
    async run() {
      throw Object.assign(new Error("No."), { code: "NO", data: { SECRET } });
    }
  }),
  createTaskDefinition({ id: "follower", title: "Follower", run: async ({ response }) => response.done() })
];

/** Every span with those below it, as a tree of names. */
function treeOf(spans: ReadableSpan[], parent?: string): unknown[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .sort((a, b) => spans.indexOf(a) - spans.indexOf(b))
    .map(span => {
      const below = treeOf(spans, span.spanContext().spanId);
      return below.length === 0 ? span.name : [span.name, ...below];
    });
}

/** Runs parent and child, each invocation on its own, as in processes that share nothing but the table. */
async function runFamily(t: TestTasks) {
  const parent = await t.tasks.trigger({ definition: "parent", input: { page: 1, SECRET } });
  await t.runToEnd(parent);
  const [child] = (await t.tasks.listTasks({ where: { parentId: parent.id } })).items;
  await t.runToEnd(child!);
  return { parent, child: child! };
}

describe("tracing", () => {
  it("is one trace from the trigger over all iterations and hooks to the children, across invocations", async () => {
    register();
    const t = await createTestTasks(family, { tracing: true });
    const { parent } = await runFamily(t);
    const spans = exporter.getFinishedSpans();
    // In the order in which they end.
    expect(treeOf(spans)).toEqual([
      [
        "trigger parent",
        "run parent",
        ["run parent", ["trigger child", "run child", "run child"]],
        ["run parent", "trigger follower"]
      ]
    ]);
    expect(new Set(spans.map(span => span.spanContext().traceId)).size).toBe(1);
    const { trace: stored } = (await t.record(parent.id))!;
    const root = spans.find(({ name }) => name === "trigger parent")!.spanContext();
    expect(stored).toBe(`00-${root.traceId}-${root.spanId}-01`);
    expect(spans.filter(({ name }) => name.startsWith("run")).map(({ kind }) => kind)).toEqual(Array(5).fill(4));
  });

  it("says of each span which task it is about, how it ended, and nothing of inputs, outputs and data", async () => {
    register();
    const t = await createTestTasks(family, { tracing: true });
    const { child } = await runFamily(t);
    const spans = exporter.getFinishedSpans();
    const [triggered, first, second] = spans.filter(({ name }) => name.endsWith(" child"));
    const about = {
      "webiny.tasks.definitionId": "child",
      "webiny.tasks.taskId": child.id,
      "webiny.tasks.tenant": "root",
      "webiny.tasks.locale": "en-US",
      "webiny.tasks.executionName": `child_${child.id}_1`
    };
    expect(triggered?.attributes).toEqual({ ...about, "webiny.tasks.iteration": 0 });
    for (const span of [first, second]) {
      expect(span?.attributes).toEqual({
        ...about,
        "webiny.tasks.iteration": 1,
        "webiny.tasks.attempt": 1,
        "webiny.tasks.result": "error"
      });
      expect(span?.status).toEqual({ code: 2, message: "No." });
      expect(span?.events).toMatchObject([
        { name: "exception", attributes: { "exception.type": "NO", "exception.message": "No." } }
      ]);
    }
    const told = spans.map(({ name, attributes, events, status, links }) => ({
      name,
      attributes,
      events,
      status,
      links
    }));
    expect(JSON.stringify(told)).not.toContain(SECRET);
  });

  it("goes on from the caller's span, and links an iteration with the span of its invocation", async () => {
    register();
    const t = await createTestTasks(family, { tracing: true });
    const within = <T>(name: string, work: () => Promise<T>) =>
      trace.getTracer("test").startActiveSpan(name, async span => {
        const result = await work();
        span.end();
        return { result, span: span.spanContext() };
      });
    const { result: task, span: request } = await within("POST /orders", () =>
      t.tasks.trigger({ definition: "follower" })
    );
    const { span: invocation } = await within("invocation", () => t.runToEnd(task));
    const [triggered, , ran] = exporter.getFinishedSpans();
    expect(triggered).toMatchObject({ name: "trigger follower", parentSpanId: request.spanId });
    expect(ran?.spanContext().traceId).toBe(request.traceId);
    expect(ran?.links.map(link => link.context.spanId)).toEqual([invocation.spanId]);
    expect(invocation.traceId).not.toBe(request.traceId);
  });

  it("keeps to the decision that the trace is not recorded", async () => {
    const spanProcessors = [new SimpleSpanProcessor(exporter)];
    const off = new BasicTracerProvider({
      spanProcessors,
      sampler: new ParentBasedSampler({ root: new AlwaysOffSampler() })
    });
    register(off);
    const t = await createTestTasks(family, { tracing: true });
    const task = await t.tasks.trigger({ definition: "follower" });
    expect((await t.record(task.id))?.trace).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    unregister();
    register();
    await t.runToEnd(task);
    // The default sampler records what has no parent, and does as its parent otherwise.
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it("tells of a trigger that was refused", async () => {
    register();
    const t = await createTestTasks(family, { tracing: true });
    await expect(t.tasks.trigger({ definition: "child", delay: -1 })).rejects.toThrow();
    expect(exporter.getFinishedSpans()).toMatchObject([{ name: "trigger child", status: { code: 2 } }]);
  });

  it("stores nothing where no SDK is registered, and an iteration of such a task begins a trace of its own", async () => {
    const t = await createTestTasks(family, { tracing: true });
    const task = await t.tasks.trigger({ definition: "follower" });
    expect(await t.record(task.id)).not.toHaveProperty("trace");
    register();
    await t.runToEnd(task);
    expect(treeOf(exporter.getFinishedSpans())).toEqual(["run follower"]);
  });

  it("begins a trace of its own where what is stored is no traceparent", async () => {
    register();
    const t = await createTestTasks(family, { tracing: true });
    const task = await t.tasks.trigger({ definition: "follower" });
    exporter.reset();
    const { PK, SK } = (await t.record(task.id))!;
    await t.underlying.update({ PK, SK }, exists("PK"), { set: { trace: "broken" } });
    await t.runToEnd(task);
    expect(treeOf(exporter.getFinishedSpans())).toEqual(["run follower"]);
  });

  it("costs 60 bytes of the record, and no request", async () => {
    register();
    const cost = async (tracing: boolean) => {
      const t = await createTestTasks(family, { tracing });
      const { parent } = await runFamily(t);
      return { bytes: itemSize((await t.record(parent.id))!), ...t.storage.counts() };
    };
    const [on, off] = [await cost(true), await cost(false)];
    expect(on).toEqual({ ...off, bytes: off.bytes + 60 });
  });

  it("is off unless asked for, by the option or the variable", async () => {
    register();
    const spans = async (tracing?: boolean) => {
      exporter.reset();
      const t = await createTestTasks(family, { tracing });
      await t.runToEnd(await t.tasks.trigger({ definition: "follower" }));
      return exporter.getFinishedSpans().length;
    };
    expect([await spans(), await spans(false), await spans(true)]).toEqual([0, 0, 2]);
    process.env.WEBINY_TASKS_TRACING = "true";
    try {
      expect(await spans()).toBe(2);
    } finally {
      delete process.env.WEBINY_TASKS_TRACING;
    }
    expect(() => createBackgroundTasks({ tracing: "yes" as never })).toThrow(
      '"tracing" (WEBINY_TASKS_TRACING) must be true or false; got "yes"'
    );
  });
});
