import { SWEEP_EVENT } from "../constants.js";
import type { TaskContext } from "../definition/TaskDefinition.js";
import type { Scope } from "../storage/record.js";
import { engineOf } from "../tasks/engineOf.js";
import type { TaskEngine } from "../tasks/TaskEngine.js";
import { once } from "./once.js";
import { createEventSource } from "./plugins.js";

const loadSweep = once(async () => (await import("../tasks/sweep.js")).sweep);

/** A schedule calls: overdue tasks are looked after, and those whose retention is over removed. */
export const sweepEventSource = createEventSource({
  name: "webiny.tasks.sweepEventSource",
  canUse: event => (event as { webinyTasks?: unknown } | null)?.webinyTasks === SWEEP_EVENT.webinyTasks,
  async handle({ lambdaContext, createContext }) {
    const sweep = await loadSweep();
    const engines = new Map<string, Promise<TaskEngine>>();
    const engineIn = (scope: Scope) => {
      const name = `${scope.tenant}#${scope.locale}`;
      const known = engines.get(name) ?? createContext(scope).then((context: TaskContext) => engineOf(context));
      engines.set(name, known);
      return known;
    };
    return sweep(engineOf(await createContext()), engineIn, () => lambdaContext.getRemainingTimeInMillis());
  }
});
