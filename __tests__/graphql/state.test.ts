import { createTaskDefinition } from "../../src/index.js";
import { CALLERS, createTestApi } from "../helpers/createTestApi.js";

// What a screen asks beside the task itself: who looks, and how the task stands at this moment.

const HOUR_MS = 60 * 60 * 1000;
const STATE = /* GraphQL */ `
  query ($id: ID!) {
    backgroundTasks {
      getTask(id: $id) {
        data {
          taskStatus
          busyUntil
          revives
          owed
          followUps {
            name
            finishedOn
            givenUp
          }
        }
        error {
          code
        }
      }
    }
  }
`;

describe("getAccess", () => {
  const ACCESS = `{ backgroundTasks { getAccess { data { identity { id displayName type } read write delete private } error { code } } } }`;
  const MAY: Record<string, string[]> = {
    admin: ["read", "write", "delete", "private"],
    everything: ["read", "write", "delete"],
    editor: ["read", "write"],
    reader: ["read"],
    trigger: ["write"],
    cleaner: ["delete"],
    auditor: ["read", "private"],
    nobody: [],
    other: [],
    mixed: ["read", "write", "private"]
  };

  it.each(Object.keys(CALLERS))("says who %s is, and what they may do", async caller => {
    const t = await createTestApi([]);
    const { data, error } = await t.ask(ACCESS, {}, { authorization: caller });
    const { identity, ...may } = data;
    expect(error).toBeNull();
    expect(identity).toEqual({ id: caller, displayName: caller.toUpperCase(), type: "test" });
    expect(Object.keys(may).filter(name => may[name] === true)).toEqual(MAY[caller]);
  });

  it("is not answered to somebody who is not signed in", async () => {
    const t = await createTestApi([]);
    expect(await t.send({ query: ACCESS }, { authorization: "stranger" })).toMatchObject({ status: 401 });
  });
});

describe("serviceInfo", () => {
  const SERVICE = `query ($id: ID!) { backgroundTasks { getTask(id: $id) { data { serviceInfo } } } }`;
  const endless = createTaskDefinition({
    id: "endless",
    title: "Endless",
    run: async ({ response }) => response.continue({}, { seconds: 60 })
  });

  it("is what the service says of the execution, without its input; null where it knows none", async () => {
    const t = await createTestApi([endless]);
    const { id } = await t.tasks.trigger({ definition: "endless" });
    const name = t.executionOf({ id, definitionId: "endless" }).name;
    const fetch = t.service.fetch;
    t.service.fetch = async task => ({ ...(await fetch(task)), input: { secret: 1 }, output: { secret: 2 } });
    expect(await t.ask(SERVICE, { id })).toEqual({
      data: { serviceInfo: { executionArn: `arn:${name}`, name, status: "RUNNING" } }
    });
    t.service.fetch = async () => null;
    expect(await t.ask(SERVICE, { id })).toEqual({ data: { serviceInfo: null } });
  });

  it("is asked of one task at a time", async () => {
    const t = await createTestApi([endless]);
    await t.tasks.trigger({ definition: "endless" });
    const { errors } = await t.send({ query: "{ backgroundTasks { listTasks { data { serviceInfo } } } }" });
    expect(errors?.[0]).toMatchObject({ extensions: { code: "INVALID_REQUEST" } });
  });
});

describe("how a task stands", () => {
  it("busyUntil: while an invocation holds it, until when at most", async () => {
    const seen: unknown[] = [];
    const asking = createTaskDefinition({
      id: "asking",
      title: "Ask",
      async run({ response, store }) {
        seen.push((await t.ask(STATE, { id: store.getTask().id })).data);
        return response.continue({}, { seconds: 60 });
      }
    });
    const t = await createTestApi([asking], { lambdaSeconds: 600 });
    const task = await t.tasks.trigger({ definition: "asking" });
    await t.step(t.executionOf(task));
    expect(seen).toEqual([expect.objectContaining({ taskStatus: "running" })]);
    const { busyUntil } = seen[0] as { busyUntil: string };
    // The Lambda's time-out, and a margin.
    expect(Date.parse(busyUntil) - t.clock.now()).toBeGreaterThanOrEqual(600_000);
    expect(Date.parse(busyUntil) - t.clock.now()).toBeLessThan(700_000);
    expect((await t.ask(STATE, { id: task.id })).data).toMatchObject({ taskStatus: "running", busyUntil: null });
  });

  it("revives: executions that were lost since the last iteration", async () => {
    const waiting = createTaskDefinition({
      id: "waiting",
      title: "Wait",
      run: async ({ response }) => response.continue({}, { seconds: 60 })
    });
    const t = await createTestApi([waiting]);
    const task = await t.tasks.trigger({ definition: "waiting" });
    expect((await t.ask(STATE, { id: task.id })).data.revives).toBeNull();
    t.executionOf(task).status = "FAILED";
    await t.clock.advance(HOUR_MS + 1);
    await t.invoke({ webinyTasks: "sweep" });
    expect((await t.ask(STATE, { id: task.id })).data.revives).toBe(1);
    await t.step(t.executionOf(task, 2));
    expect((await t.ask(STATE, { id: task.id })).data.revives).toBeNull();
  });

  it("owed and followUps: what is still to do after the end, and what was done and when", async () => {
    const seen: unknown[] = [];
    const hooked = createTaskDefinition({
      id: "hooked",
      title: "Hooked",
      run: async ({ response }) => response.continue({}, { seconds: 60 }),
      async onAbort({ task }) {
        seen.push((await t.ask(STATE, { id: task.id })).data);
        await t.clock.advance(2_000);
      }
    });
    const t = await createTestApi([hooked]);
    const task = await t.tasks.trigger({ definition: "hooked" });
    await t.step(t.executionOf(task));
    expect((await t.ask(STATE, { id: task.id })).data).toMatchObject({ owed: null, followUps: null });
    await t.tasks.abort({ id: task.id });
    const stopAndChildren = [
      { name: "stop", finishedOn: "2026-01-01T00:00:00.000Z", givenUp: false },
      { name: "children", finishedOn: "2026-01-01T00:00:00.000Z", givenUp: false }
    ];
    expect(seen).toEqual([expect.objectContaining({ owed: ["onAbort"], followUps: stopAndChildren })]);
    expect((await t.ask(STATE, { id: task.id })).data).toMatchObject({
      owed: null,
      followUps: [...stopAndChildren, { name: "onAbort", finishedOn: "2026-01-01T00:00:02.000Z", givenUp: false }]
    });
  });

  it("followUps: also a hook that was given up", async () => {
    const broken = createTaskDefinition({
      id: "broken",
      title: "Broken",
      run: async ({ response }) => response.done(),
      async onDone() {
        throw new Error("No mail server.");
      }
    });
    const t = await createTestApi([broken]);
    const task = await t.tasks.trigger({ definition: "broken" });
    const end = t.runToEnd(task);
    await t.clock.advance(10_000);
    await end;
    expect((await t.ask(STATE, { id: task.id })).data).toMatchObject({
      taskStatus: "success",
      followUps: [{ name: "onDone", givenUp: true }]
    });
  });
});
