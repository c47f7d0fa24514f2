import {
  createBackgroundTasks,
  createTaskDefinition,
  METRICS,
  type RetryPolicy,
  type TaskRunParams
} from "../../src/index.js";
import { SWEEP_EVENT } from "../../src/constants.js";
import { startLocal } from "../../src/local/index.js";
import { createTestTasks, type TestTasks } from "../helpers/createTestTasks.js";

type Document = Record<string, unknown> & {
  _aws: {
    Timestamp: number;
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[];
  };
};

const documents: Document[] = [];
beforeEach(() => {
  documents.length = 0;
  jest.spyOn(process.stdout, "write").mockImplementation(chunk => {
    documents.push(JSON.parse(String(chunk)) as Document);
    return true;
  });
});
afterEach(() => jest.restoreAllMocks());

/** What was counted since the last call, by definition, in one object where it was in several documents. */
function counted(): Record<string, Record<string, unknown>> {
  const all: Record<string, Record<string, unknown>> = {};
  for (const document of documents.splice(0)) {
    const { _aws, DefinitionId, Definitions: _all, ...values } = document;
    all[DefinitionId as string] = { ...all[DefinitionId as string], ...values };
  }
  return all;
}

const started = (more: object = {}) => ({ TasksStarted: 1, TriggerToStart: 0, OldestActiveTask: 0, ...more });
let t: TestTasks;
const retry: RetryPolicy = { maxAttempts: 2, initialDelaySeconds: 10, jitter: "none" };
const paging = {
  title: "Work",
  retry,
  async run({ input, response, store }: TaskRunParams) {
    await t.clock.advance(input.milliseconds ?? 0);
    if (input.failures > store.getTask().iterations - 1 + (store.getTask().failedAttempts ?? 0)) {
      throw new Error("No.");
    }
    return input.pages > 1
      ? response.continue({ pages: input.pages - 1 }, { seconds: input.wait ?? 0 })
      : response.done();
  }
};
const work = createTaskDefinition({ ...paging, id: "work" });
const burst = createTaskDefinition({ ...paging, id: "burst", burst: true });
const sweep = () => t.invoke({ webinyTasks: SWEEP_EVENT.webinyTasks });

async function trigger(input: object = {}, definition = "work", delay = 0) {
  const task = await t.tasks.trigger({ definition, input, delay });
  return { task, execution: t.executionOf(task) };
}

beforeEach(async () => {
  t = await createTestTasks([work, burst], { metrics: true });
});

describe("metrics", () => {
  it("are documents of CloudWatch's embedded format, with one line for an invocation", async () => {
    const { execution } = await trigger({ pages: 2, milliseconds: 250 });
    await t.step(execution);
    await t.step(execution);
    expect(documents).toHaveLength(2);
    expect(documents[0]).toEqual({
      _aws: {
        Timestamp: t.clock.now() - 250,
        CloudWatchMetrics: [
          {
            Namespace: "WebinyTasks",
            Dimensions: [["DefinitionId"], ["Definitions"]],
            Metrics: [
              { Name: "OldestActiveTask", Unit: "Seconds" },
              { Name: "TasksStarted", Unit: "Count" },
              { Name: "TriggerToStart", Unit: "Milliseconds" },
              { Name: "IterationDuration", Unit: "Milliseconds" }
            ]
          }
        ]
      },
      DefinitionId: "work",
      Definitions: "all",
      TasksStarted: 1,
      TriggerToStart: 0,
      OldestActiveTask: 0,
      IterationDuration: 250
    });
    for (const { _aws, ...values } of documents) {
      const [{ Dimensions, Metrics }] = _aws.CloudWatchMetrics as [Document["_aws"]["CloudWatchMetrics"][0]];
      // Every dimension and metric that is named is there, and nothing else.
      const named = [...Dimensions.flat(), ...Metrics.map(({ Name }) => Name)];
      expect(Object.keys(values).sort()).toEqual(named.sort());
      expect(Dimensions.flat().every(name => typeof values[name] === "string")).toBe(true);
    }
  });

  it("count a start, the time to it without the delay, and a success", async () => {
    const { execution } = await trigger({}, "work", 60);
    await t.clock.advance(61_500);
    execution.state.wait = 0;
    await t.step(execution);
    expect(counted()).toEqual({
      work: started({ TriggerToStart: 1_500, TasksSucceeded: 1, IterationDuration: 0 })
    });
  });

  it("count an attempt that is tried again, and a failure", async () => {
    const { execution } = await trigger({ failures: 9 });
    await t.step(execution);
    expect(counted()).toEqual({ work: started({ IterationsRetried: 1, IterationDuration: 0 }) });
    await t.step(execution);
    expect(counted()).toEqual({ work: { OldestActiveTask: 10, TasksFailed: 1, IterationDuration: 0 } });
  });

  it("count an abort, where nothing else is going on", async () => {
    const { task } = await trigger();
    await t.tasks.abort({ id: task.id });
    expect(counted()).toEqual({ work: { TasksAborted: 1 } });
  });

  it("count a lost invocation, also before the first start", async () => {
    const { execution } = await trigger({ pages: 2 });
    const crash = { error: "Lambda.Unknown", cause: "RequestId: x" };
    execution.state = await t.invoke(t.eventFor(execution.state, { crash }));
    expect(counted()).toEqual({ work: { InvocationsLost: 1 } });
    await t.step(execution);
    expect(counted()).toEqual({ work: started({ IterationDuration: 0 }) });
  });

  it("count a revival, how long the task was overdue, and its age, in one line of the sweep for each definition", async () => {
    const one = await trigger({ pages: 9, wait: 60 });
    await t.step(one.execution);
    await t.clock.advance(5_000);
    const two = await trigger({ pages: 9, wait: 60 });
    const three = await trigger({ pages: 9 }, "burst");
    counted();
    for (const { execution } of [one, two, three]) {
      execution.status = "FAILED";
    }
    const { due } = (await t.record(one.task.id))!;
    await t.clock.advance(due + 10_000 - t.clock.now());
    await sweep();
    expect(documents).toHaveLength(2);
    const age = (due + 10_000 - (await t.record(one.task.id))!.startedOn!) / 1000;
    expect(counted()).toEqual({
      work: { OldestOverdueTask: expect.any(Number), OldestActiveTask: age, TasksRevived: 2 },
      burst: { OldestOverdueTask: expect.any(Number), OldestActiveTask: age - 5, TasksRevived: 1 }
    });
    await sweep();
    expect(documents).toEqual([]);
  });

  it("have each duration of a burst, 100 a line", async () => {
    const { execution } = await trigger({ pages: 150, milliseconds: 3 }, "burst");
    await t.step(execution);
    expect(documents.map(({ IterationDuration }) => (IterationDuration as number[]).length)).toEqual([100, 50]);
    expect(new Set(documents.flatMap(({ IterationDuration }) => IterationDuration))).toEqual(new Set([3]));
    expect(documents.map(({ TasksStarted, TasksSucceeded }) => [TasksStarted, TasksSucceeded])).toEqual([
      [1, undefined],
      [undefined, 1]
    ]);
  });

  it("are those that METRICS names", async () => {
    const seen = new Set<string>();
    const collect = () => documents.splice(0).forEach(document => Object.keys(document).forEach(key => seen.add(key)));
    for (const input of [{}, { failures: 9 }]) {
      const { task } = await trigger(input);
      await t.runToEnd(task);
    }
    const { task, execution } = await trigger({ pages: 2 });
    execution.state = await t.invoke(t.eventFor(execution.state, { crash: { error: "x", cause: "x" } }));
    execution.status = "FAILED";
    await t.clock.advance(2 * 3_600_000);
    await sweep();
    await t.tasks.abort({ id: task.id });
    collect();
    const dimensions = ["_aws", "DefinitionId", "Definitions"];
    expect([...seen].sort()).toEqual([...dimensions, ...Object.values(METRICS).map(({ name }) => name)].sort());
  });

  it("make no request", async () => {
    const requests = async (metrics: boolean) => {
      t = await createTestTasks([work], { metrics });
      const { task } = await trigger({ pages: 5 });
      await t.runToEnd(task);
      await sweep();
      return t.storage.counts();
    };
    expect(await requests(true)).toEqual(await requests(false));
  });
});

describe("the option", () => {
  it("is off, takes a namespace, and so does the variable", async () => {
    const namespaces = async (metrics?: boolean | { namespace: string }) => {
      t = await createTestTasks([work], { metrics });
      await t.runToEnd((await trigger()).task);
      return documents.splice(0).map(({ _aws }) => _aws.CloudWatchMetrics[0]?.Namespace);
    };
    expect(await namespaces()).toEqual([]);
    expect(await namespaces(false)).toEqual([]);
    expect(await namespaces({ namespace: "Shop/Tasks" })).toEqual(["Shop/Tasks"]);
    for (const [value, expected] of [
      ["true", ["WebinyTasks"]],
      ["false", []],
      ["Shop", ["Shop"]]
    ] as const) {
      process.env.WEBINY_TASKS_METRICS = value;
      try {
        expect(await namespaces()).toEqual(expected);
      } finally {
        delete process.env.WEBINY_TASKS_METRICS;
      }
    }
  });

  it.each([{ namespace: "AWS/Tasks" }, { namespace: "" }, { namespace: "My Tasks" }, {}, 1])("refuses %j", metrics => {
    expect(() => createBackgroundTasks({ metrics: metrics as never })).toThrow(
      /"metrics" \(WEBINY_TASKS_METRICS\) must be true, false, or a namespace/
    );
  });

  it("is off locally, where nobody reads them", async () => {
    const plain = createTaskDefinition({ id: "plain", title: "Plain", run: async ({ response }) => response.done() });
    const local = await startLocal({ plugins: [createBackgroundTasks({ metrics: true }), plain] });
    try {
      await local.waitFor((await local.tasks.trigger({ definition: "plain" })).id);
    } finally {
      await local.stop();
    }
    expect(documents).toEqual([]);
  });
});
