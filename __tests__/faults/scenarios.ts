import { createTaskDefinition, type TaskDefinitionParams } from "../../src/index.js";
import type { World } from "./World.js";

export interface Scenario {
  name: string;
  definitions(world: World): unknown[];
  /** What callers do. */
  start(world: World): Promise<unknown>;
  /** How its first task ends when no fault hits it; "gone" when it is deleted. */
  end: string;
  /** History events the first execution begins with. */
  eventsAtStart?: number;
}

/** Pages through; what it has seen goes into the input, so that what was saved twice or not at all is seen. */
function paging(world: World, more: Partial<TaskDefinitionParams<any, any, any>> = {}) {
  const hook =
    (name: string) =>
    ({ task }: { task: { id: string } }) =>
      world.effect(name, async () => void world.done.push(`${name} ${task.id}`));
  return createTaskDefinition<any, any, any>({
    id: "paging",
    title: "Paging",
    run: ({ input, store, response, isAborted }) =>
      world.effect("run", async () => {
        const { id, iterations } = store.getTask();
        world.done.push(`run ${id}`);
        if (isAborted()) {
          return response.aborted();
        }
        const seen = [...(input.seen ?? []), iterations];
        if (input.log) {
          await store.addInfoLog({ message: `Page ${iterations}.` });
        }
        return seen.length < input.pages
          ? response.continue({ seen }, input.seconds ? { seconds: input.seconds } : undefined)
          : response.done("All paged.", { seen });
      }),
    onDone: hook("onDone"),
    onError: hook("onError"),
    onAbort: hook("onAbort"),
    onMaxIterations: hook("onMaxIterations"),
    ...more
  });
}

async function trigger(world: World, input: object, more: object = {}) {
  const result = await world.call(tasks => tasks.trigger({ definition: "paging", input, ...more }));
  if (result.error !== undefined) {
    world.done.push("trigger failed");
  }
  return result;
}

const LARGE = Array.from({ length: 4_000 }, (_, at) => (at * 2_654_435_761).toString(36)).join("");

export const scenarios: Scenario[] = [
  {
    name: "a single iteration",
    end: "success",
    definitions: w => [paging(w)],
    start: w => trigger(w, { pages: 1 })
  },
  {
    name: "a loop with waits and logs",
    end: "success",
    definitions: w => [paging(w)],
    start: w => trigger(w, { pages: 3, seconds: 60, log: true })
  },
  {
    name: "a delayed trigger",
    end: "success",
    definitions: w => [paging(w)],
    start: w => trigger(w, { pages: 2 }, { delay: 300 })
  },
  {
    name: "an abort while pending",
    end: "aborted",
    definitions: w => [paging(w)],
    async start(w) {
      const { value } = await trigger(w, { pages: 2 }, { delay: 300 });
      if (value !== undefined) {
        await w.abort(value.id);
      }
    }
  },
  {
    name: "an abort from inside an iteration",
    end: "aborted",
    definitions: w => [
      paging(w, {
        run: ({ store, response }) =>
          w.effect("run", async () => {
            const { id } = store.getTask();
            w.done.push(`run ${id}`);
            await w.abort(id);
            return response.continue({ seen: [1] });
          })
      })
    ],
    start: w => trigger(w, { pages: 5 })
  },
  {
    name: "a child of a parent that is aborted",
    end: "success",
    definitions: w => [
      paging(w),
      createTaskDefinition<any, any, any>({
        id: "parent",
        title: "Parent",
        run: ({ input, store, trigger: child, response }) =>
          w.effect("run", async () => {
            w.done.push(`run ${store.getTask().id}`);
            await child({ definition: "paging", input: { pages: 2 }, delay: 300 });
            return input.again ? response.done() : response.continue({ again: true }, { seconds: 60 });
          }),
        onAbort: ({ task }) => w.effect("onAbort", async () => void w.done.push(`onAbort ${task.id}`)),
        onDone: ({ task }) => w.effect("onDone", async () => void w.done.push(`onDone ${task.id}`)),
        onError: ({ task }) => w.effect("onError", async () => void w.done.push(`onError ${task.id}`))
      })
    ],
    start: w => w.call(tasks => tasks.trigger({ definition: "parent", input: {} }))
  },
  {
    name: "an error",
    end: "failed",
    definitions: w => [
      paging(w, {
        run: ({ store }) =>
          w.effect("run", async () => {
            w.done.push(`run ${store.getTask().id}`);
            throw new Error("Broken.");
          })
      })
    ],
    start: w => trigger(w, {})
  },
  {
    name: "an error that is tried again",
    end: "success",
    definitions: w => {
      let failures = 0;
      return [
        paging(w, {
          retry: { maxAttempts: 3, jitter: "none" },
          run: ({ store, response }) =>
            w.effect("run", async () => {
              w.done.push(`run ${store.getTask().id}`);
              if (failures++ === 0) {
                throw new Error("Busy.");
              }
              return response.done({ seen: [1] });
            })
        })
      ];
    },
    start: w => trigger(w, {})
  },
  {
    name: "iterations that are used up",
    end: "failed",
    definitions: w => [paging(w, { maxIterations: 2 })],
    start: w => trigger(w, { pages: 5 })
  },
  {
    name: "inputs and outputs in slices",
    end: "success",
    definitions: w => [paging(w)],
    start: w => trigger(w, { pages: 2, text: LARGE })
  },
  {
    name: "a hand-over",
    end: "success",
    definitions: w => [paging(w)],
    eventsAtStart: 21_990,
    start: w => trigger(w, { pages: 3 })
  },
  {
    name: "a burst",
    end: "success",
    definitions: w => [paging(w, { burst: true })],
    start: w => trigger(w, { pages: 4 })
  },
  {
    name: "a deletion while it waits",
    end: "gone",
    definitions: w => [paging(w)],
    async start(w) {
      const { value } = await trigger(w, { pages: 2, text: LARGE }, { delay: 300 });
      if (value !== undefined) {
        await w.call(tasks => tasks.deleteTask(value.id));
      }
    }
  }
];
