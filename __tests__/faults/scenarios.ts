import { createTaskDefinition, type TaskDefinitionParams } from "../../src/index.js";
import type { Scenario, Simulation } from "../../src/testing/index.js";
import type { Task } from "../../src/types.js";

interface Paging {
  pages: number;
  seconds?: number;
  seen?: number[];
  text?: string;
}

const nothing = async () => undefined;
const hooks = { onDone: nothing, onError: nothing, onAbort: nothing, onMaxIterations: nothing };

/** Pages through. What it has seen goes into the input, so that what was saved twice or not at all is seen. */
function paging(more: Partial<TaskDefinitionParams<any, any, any>> = {}) {
  return createTaskDefinition<any, any, any>({
    id: "paging",
    title: "Paging",
    async run({ input, store, response, isAborted }) {
      if (isAborted()) {
        return response.aborted();
      }
      const page = store.getTask().iterations;
      const seen = [...(input.seen ?? []), page];
      await store.addInfoLog({ message: `Page ${page}.` });
      return seen.length < input.pages
        ? response.continue({ ...input, seen }, input.seconds ? { seconds: input.seconds } : undefined)
        : response.done("All paged.", { seen });
    },
    ...hooks,
    ...more
  });
}

const trigger = (simulation: Simulation, input: Paging, more: { delay?: number } = {}) =>
  simulation.tasks.trigger({ definition: "paging", input, ...more });

/** Every page was saved once, in order, and each has its line in the log. */
async function checkPages(simulation: Simulation): Promise<string[]> {
  const broken: string[] = [];
  for (const { taskStatus, iterations, PK } of await simulation.records()) {
    const id = PK.slice(PK.lastIndexOf("#") + 1);
    const task = (await simulation.look(tasks => tasks.getTask(id))) as Task<Paging, { seen: number[] }>;
    if (taskStatus !== "success") {
      continue;
    }
    const seen = task.output?.seen ?? [];
    if (seen.length !== iterations || seen.some((page, at) => page !== at + 1)) {
      broken.push(`it saved the pages ${seen.join()} in ${iterations} iterations`);
    }
    const { items } = await simulation.look(tasks => tasks.listLogs({ where: { task: id }, limit: 1_000 }));
    const lines = items.flatMap(log => log.items.map(({ message }) => message));
    for (const page of seen.filter(one => !lines.includes(`Page ${one}.`))) {
      broken.push(`the log has no line of page ${page}`);
    }
  }
  return broken;
}

/** How it ends when nothing goes wrong; and whatever goes wrong, it fails only where its own code was refused something. */
function endsAs(...allowed: string[]): NonNullable<Scenario["check"]> {
  return async (simulation, faults) => {
    const ends = (await simulation.records()).map(({ taskStatus }) => taskStatus);
    const isAbort = faults.some(({ fault }) => fault === "abort");
    const isRefused = faults.some(({ fault }) => fault === "refused");
    const wrong = ends.filter(
      end => !allowed.includes(end) && !(isAbort && end === "aborted") && !(isRefused && end === "failed")
    );
    return [...(await checkPages(simulation)), ...wrong.map(end => `it ended as ${end}`)];
  };
}

const LARGE = Array.from({ length: 4_000 }, (_, at) => (at * 2_654_435_761).toString(36)).join("");

export const scenarios: Scenario[] = [
  {
    name: "a single iteration",
    plugins: () => [paging()],
    start: s => trigger(s, { pages: 1 }),
    check: endsAs("success")
  },
  {
    name: "a loop with waits and logs",
    plugins: () => [paging()],
    // So long that a request which is late by 20 minutes arrives when the task is two iterations further.
    start: s => trigger(s, { pages: 5, seconds: 180 }),
    check: endsAs("success")
  },
  {
    name: "a loop that keeps its input",
    plugins: () => [
      paging({
        run: async ({ store, response }) =>
          store.getTask().iterations < 5 ? response.continue({}, { seconds: 180 }) : response.done("All.")
      })
    ],
    start: s => trigger(s, { pages: 5 })
  },
  {
    name: "an iteration of three minutes",
    plugins: s => [
      paging({
        async run({ response }) {
          await s.sleep(3 * 60_000);
          return response.done("At last.");
        }
      })
    ],
    start: s => trigger(s, { pages: 1 })
  },
  {
    name: "a wait that is longer than the nets are patient",
    plugins: () => [paging()],
    start: s => trigger(s, { pages: 2, seconds: 3 * 3600 }),
    sweepSeconds: 3600,
    check: endsAs("success")
  },
  {
    name: "a delayed trigger",
    plugins: () => [paging()],
    start: s => trigger(s, { pages: 2 }, { delay: 300 }),
    async check(s, faults) {
      // One that is aborted before it was started is stopped once it is: nobody pays for a wait of an aborted task. With
      // two faults, whoever would stop it may have died after the start.
      const isBegun = s.calls.some(({ name }) => name === "run");
      const isAborted = (await s.records()).some(({ taskStatus }) => taskStatus === "aborted");
      const waited = s.executions.filter(({ input }) => (JSON.parse(input) as { wait: number }).wait > 0);
      const isStopped = waited.every(({ status }) => status === "ABORTED");
      return [
        ...(await endsAs("success")(s, faults)),
        ...(isAborted && !isBegun && !isStopped && faults.length < 2
          ? ["it is aborted, and its execution was not stopped"]
          : [])
      ];
    }
  },
  {
    name: "an abort while it is pending",
    plugins: () => [paging()],
    async start(s) {
      const { id } = await trigger(s, { pages: 2 }, { delay: 300 });
      await s.tasks.abort({ id });
    },
    check: endsAs("aborted", "success")
  },
  {
    name: "an abort while it waits",
    plugins: () => [paging()],
    async start(s) {
      const { id } = await trigger(s, { pages: 3, seconds: 600 });
      await s.advance(300_000);
      await s.tasks.abort({ id });
    },
    check: endsAs("aborted", "success")
  },
  {
    name: "an abort while it runs",
    plugins: s => [
      paging({
        run: async ({ signal, response }) => {
          await Promise.race([new Promise(resolve => signal.addEventListener("abort", resolve)), s.sleep(120_000)]);
          return signal.aborted ? response.aborted() : response.done("Not aborted.", { seen: [1] });
        }
      })
    ],
    async start(s) {
      const { id } = await trigger(s, { pages: 1 });
      await s.advance(5_000);
      await s.tasks.abort({ id });
    },
    check: async s =>
      (await s.records()).every(({ taskStatus }) => ["aborted", "success"].includes(taskStatus)) ? [] : ["it failed"]
  },
  {
    name: "an abort while an iteration is settled",
    plugins: s => [
      paging({
        run: async ({ store, response }) => {
          const task = store.getTask();
          if (task.iterations === 2) {
            // Its first request and the settling write arrive in any order.
            void s.tasks.abort({ id: task.id }).catch(() => undefined);
          }
          return task.iterations < 3
            ? response.continue({ seen: [1] })
            : response.done("Not aborted.", { seen: [1, 2, 3] });
        }
      })
    ],
    start: s => trigger(s, { pages: 3 }),
    check: async s => ((await s.records()).some(({ taskStatus }) => taskStatus === "pending") ? ["it is pending"] : [])
  },
  {
    name: "a child is triggered while its parent is aborted",
    plugins: s => [
      paging(),
      createTaskDefinition<any, any, any>({
        id: "parent",
        title: "Parent",
        async run({ store, trigger: child, response }) {
          void s.tasks.abort({ id: store.getTask().id }).catch(() => undefined);
          await child({ definition: "paging", input: { pages: 2, seconds: 600 }, delay: 300 });
          return response.done();
        },
        ...hooks
      })
    ],
    start: s => s.tasks.trigger({ definition: "parent", input: {} }),
    async check(s, faults) {
      const [parent, child] = (await s.records()).sort((a, b) => (a.definitionId < b.definitionId ? 1 : -1));
      // Only the process that should have told the child may have died, or the child have been done by then.
      const isLeft = faults.length === 0 && parent?.taskStatus === "aborted" && child && child.taskStatus !== "aborted";
      return isLeft ? [`the parent is aborted, the child is ${child.taskStatus}`] : [];
    }
  },
  {
    name: "an error, with each hook",
    plugins: () => [
      paging({
        onBeforeTrigger: nothing,
        run: async () => {
          throw new Error("Broken.");
        }
      })
    ],
    start: s => trigger(s, { pages: 1 }),
    check: endsAs("failed")
  },
  {
    name: "errors that are tried again",
    plugins: () => {
      let failures = 0;
      return [
        paging({
          retry: { maxAttempts: 4 },
          async run({ store, response }) {
            await store.addInfoLog({ message: "Page 1." });
            if (failures++ < 2) {
              throw new Error("Busy.");
            }
            return response.done("At last.", { seen: [1] });
          }
        })
      ];
    },
    start: s => trigger(s, { pages: 1 }),
    check: endsAs("success")
  },
  {
    name: "a hook that throws",
    plugins: () => {
      let calls = 0;
      return [
        paging({
          async onDone() {
            if (calls++ === 0) {
              throw new Error("Not now.");
            }
          }
        })
      ];
    },
    start: s => trigger(s, { pages: 1 }),
    check: endsAs("success")
  },
  {
    name: "a hook that kills its process, each time",
    plugins: s => [paging({ onDone: () => s.crash() })],
    start: s => trigger(s, { pages: 1 }),
    check: endsAs("success")
  },
  {
    name: "iterations that are used up",
    plugins: () => [paging({ maxIterations: 2 })],
    start: s => trigger(s, { pages: 5 }),
    check: endsAs("failed")
  },
  {
    name: "inputs and outputs in slices",
    plugins: () => [
      paging({
        run: async ({ input, store, response }) => {
          const seen = [...(input.seen ?? []), store.getTask().iterations];
          return seen.length < 2
            ? response.continue({ ...input, seen })
            : response.done("Kept.", { seen, text: input.text });
        }
      })
    ],
    start: s => trigger(s, { pages: 2, text: LARGE }),
    async check(s, faults) {
      const [record] = await s.records();
      const id = record?.PK.slice(record.PK.lastIndexOf("#") + 1);
      const task = id === undefined ? null : await s.look(tasks => tasks.getTask<Paging, { text: string }>(id));
      const isCut = task?.taskStatus === "success" && task.output?.text !== LARGE;
      const broken = isCut || (task !== null && task.input.text !== LARGE) ? ["a payload is not what was given"] : [];
      // What a death or a late arrival leaves behind goes with the task; else only what is in force is kept.
      const slices = id === undefined ? [] : (await s.itemsOf(id)).filter(key => key.startsWith("P#"));
      const isTidy = faults.every(({ fault }) => fault === "sent-twice");
      return isTidy && slices.length > 2 ? [...broken, `old slices are left: ${slices.join()}`] : broken;
    }
  },
  {
    name: "an input that is changed from outside while it runs",
    plugins: s => [
      paging({
        async run({ input, store, response }) {
          const seen = [...(input.seen ?? []), store.getTask().iterations];
          await Promise.all([
            s.tasks.updateTask(store.getTask().id, { input: { ...input, from: "outside" } }),
            store.updateInput(current => ({ ...current, seen }))
          ]).catch(() => undefined);
          return response.done("Merged.", { seen });
        }
      })
    ],
    start: s => trigger(s, { pages: 1 }),
    check: async s =>
      (await s.records()).flatMap(({ taskStatus }) => (taskStatus === "pending" ? ["it is pending"] : []))
  },
  {
    name: "changes made at once, and logs beside them",
    plugins: s => [
      paging({
        async run({ store, response }) {
          await Promise.all([
            store.updateOutput({ first: true }),
            store.updateInput({ second: true }),
            store.addInfoLog({ message: "Page 1." }).then(() => store.save()),
            store.updateOutput({ third: LARGE.slice(0, 4_000) }),
            ...[5, 15, 25].map(later => s.sleep(later).then(() => store.updateOutput({ [`after${later}`]: true })))
          ]);
          return response.done("Changed.", { seen: [1] });
        }
      })
    ],
    start: s => trigger(s, { pages: 1 }),
    async check(s, faults) {
      const broken = await endsAs("success")(s, faults);
      for (const { PK, taskStatus } of await s.records()) {
        const task = (await s.look(tasks => tasks.getTask(PK.slice(PK.lastIndexOf("#") + 1)))) as Task;
        const kept = { ...(task.input as object), ...task.output };
        const lost = ["first", "second", "third", "after5", "after15", "after25"].filter(name => !(name in kept));
        broken.push(...(taskStatus === "success" ? lost : []).map(name => `the ${name} change is lost`));
      }
      return broken;
    }
  },
  {
    name: "a hand-over",
    plugins: () => [paging()],
    eventsAtStart: 21_990,
    start: s => trigger(s, { pages: 3, seconds: 60 }),
    async check(s, faults) {
      const begun = s.calls.filter(({ name }) => name === "run");
      const isEarly = begun.some(({ at, iteration }) =>
        begun.some(one => one.iteration === Number(iteration) - 1 && at - one.at < 55_000)
      );
      const isClockOff = faults.some(({ fault }) => fault.startsWith("clock"));
      return [
        ...(await endsAs("success")(s, faults)),
        ...(isEarly && !isClockOff ? ["an iteration did not wait for its time"] : [])
      ];
    }
  },
  {
    name: "a burst",
    plugins: () => [paging({ burst: true })],
    start: s => trigger(s, { pages: 4 }),
    check: endsAs("success")
  },
  {
    name: "a burst with short waits, and a long one",
    plugins: () => [
      paging({
        burst: true,
        async run({ input, store, response }) {
          const page = store.getTask().iterations;
          const seen = [...(input.seen ?? []), page];
          await store.addInfoLog({ message: `Page ${page}.` });
          return page < 4
            ? response.continue({ seen }, { seconds: page === 2 ? 60 : 3 })
            : response.done("All paged.", { seen });
        }
      })
    ],
    start: s => trigger(s, { pages: 4 }),
    check: endsAs("success")
  },
  {
    name: "a deletion while it runs",
    plugins: s => [
      paging({
        async run({ input, store, response }) {
          const seen = [...(input.seen ?? []), store.getTask().iterations];
          if (seen.length === 2) {
            void s.tasks.deleteTask(store.getTask().id).catch(() => undefined);
          }
          return seen.length < 3 ? response.continue({ ...input, seen }) : response.done("Kept.", { seen });
        }
      })
    ],
    start: s => trigger(s, { pages: 3, text: LARGE })
  },
  {
    name: "a deletion while code without a hook goes on",
    plugins: s => [
      createTaskDefinition({
        id: "writing",
        title: "Writing",
        async run({ store, response }) {
          await s.sleep(60_000);
          await store.addInfoLog({ message: "After the deletion." });
          return response.done();
        }
      })
    ],
    async start(s) {
      const { id } = await s.tasks.trigger({ definition: "writing" });
      await s.advance(10_000);
      await s.tasks.deleteTask(id);
    }
  },
  {
    name: "an execution that is lost",
    plugins: () => [paging()],
    async start(s) {
      const { id } = await trigger(s, { pages: 2, seconds: 600 });
      await s.advance(300_000);
      s.closeExecution(id, "TIMED_OUT");
    },
    async check(s, faults) {
      const [first, second] = s.calls.filter(({ name }) => name === "run");
      // The status event tells at once; the sweep would come an hour after the wait.
      const isLate = first !== undefined && second !== undefined && second.at - first.at > 11 * 60_000;
      return [
        ...(await endsAs("success")(s, faults)),
        ...(isLate && faults.length === 0 ? ["it was not revived at once"] : [])
      ];
    }
  },
  {
    name: "an execution that is stopped in the console",
    plugins: () => [paging()],
    async start(s) {
      const { id } = await trigger(s, { pages: 2, seconds: 600 });
      await s.advance(300_000);
      s.closeExecution(id, "ABORTED");
    },
    check: endsAs("aborted", "success")
  },
  {
    name: "code that kills its process, each time",
    plugins: s => [paging({ run: () => s.crash(), lostInvocationAttempts: 2 })],
    start: s => trigger(s, { pages: 1 }),
    check: endsAs("failed")
  },
  {
    name: "a deploy that is broken: no execution gets through",
    plugins: s => [
      paging({
        lostInvocationAttempts: 100,
        run({ store }) {
          s.closeExecution(store.getTask().id, "FAILED");
          return s.crash();
        }
      })
    ],
    start: s => trigger(s, { pages: 1 }),
    async check(s, faults) {
      const { length } = s.executions;
      // A hook whose process died when the task was given up is revived for, and counted for, by itself.
      const most = faults.length === 0 ? 6 : 12;
      return [...(await endsAs("failed")(s, faults)), ...(length > most ? [`${length} executions were started`] : [])];
    }
  },
  {
    name: "the end of retention",
    plugins: () => [paging()],
    options: { retentionDays: 1 },
    sweepSeconds: 12 * 3600,
    async start(s) {
      await trigger(s, { pages: 1, text: LARGE }).catch(() => undefined);
      await s.advance(3 * 24 * 3600 * 1000);
    },
    check: async s => ((await s.records()).length === 0 ? [] : ["it is still there"])
  }
];
