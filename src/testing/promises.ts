import { isActive, taskIdOf, type TaskRecord } from "../storage/record.js";
import { HARMLESS, type Fault } from "./faults.js";
import { isFinished, type Simulation } from "./Simulation.js";

const HOOK_OF = { success: "onDone", failed: "onError", aborted: "onAbort" } as Record<string, string>;
const HOOKS: string[] = ["onDone", "onError", "onAbort", "onMaxIterations"];
/** More invocations than without a fault: above it, something goes round in circles and is paid for. */
const MAX_MORE_WHEN_HARMLESS = 5;
/** Half a minute each, until the lease of an invocation is over of whose death the machine does not know. */
const MAX_MORE = 40;

/** What is known of the run whose end is checked. */
export interface CheckOptions {
  faults: readonly Fault[];
  /** Invocations of the run without faults. */
  invocations: number;
}

/**
 * Checks the promises of the library on what a simulation has come to, whatever went wrong in it.
 * @returns what is broken, in words
 */
export async function brokenPromises(simulation: Simulation, options: CheckOptions): Promise<string[]> {
  const records = await simulation.records();
  // The others may hit between a call and the note that it was made.
  const repeats = options.faults.filter(fault => fault !== "abort" && !HARMLESS.includes(fault)).length;
  const broken: string[] = [];
  for (const record of records) {
    const { id, faults } = { id: taskIdOf(record), faults: await brokenBy(record, simulation, repeats) };
    broken.push(...faults.map(fault => `${record.definitionId} ${id} (${record.taskStatus}): ${fault}`));
  }
  for (const { name, status } of simulation.executions) {
    if (status === "RUNNING") {
      broken.push(`the execution ${name} is never over`);
    }
  }
  const isHarmless = options.faults.every(fault => fault !== "delivered-twice" && HARMLESS.includes(fault));
  if (simulation.invocations > options.invocations + (isHarmless ? MAX_MORE_WHEN_HARMLESS : MAX_MORE)) {
    broken.push(`${simulation.invocations} invocations; ${options.invocations} without a fault`);
  }
  return [...broken, ...(await brokenForCallers(simulation, records, options))];
}

async function brokenBy(record: TaskRecord, simulation: Simulation, repeats: number): Promise<string[]> {
  if (!isFinished(record)) {
    return [isActive(record) ? "stuck" : `owes ${(record.owed ?? ["its removal"]).join()} for ever`];
  }
  const id = taskIdOf(record);
  const calls = simulation.calls.filter(({ taskId }) => taskId === id);
  return [
    ...(await brokenHooks(record, calls, simulation, repeats)),
    ...brokenIterations(record, calls, repeats),
    ...brokenAbort(record, simulation)
  ];
}

/** The hook of the end it came to, and no other one. */
async function brokenHooks(
  record: TaskRecord,
  calls: Simulation["calls"],
  simulation: Simulation,
  repeats: number
): Promise<string[]> {
  const broken: string[] = [];
  const wanted = HOOK_OF[record.taskStatus] as "onDone" | "onError" | "onAbort";
  const definition = await simulation.look(async tasks => tasks.getDefinition(record.definitionId));
  const hooks = calls.filter(({ name }) => HOOKS.includes(name));
  const right = hooks.filter(({ name }) => name === wanted);
  const wrong = hooks.filter(({ name }) => name !== wanted && !(name === "onMaxIterations" && wanted === "onError"));
  if (wrong.length > 0) {
    broken.push(`${wrong.map(({ name }) => name).join()} ran`);
  }
  if (definition?.[wanted] !== undefined && right.length === 0) {
    broken.push(`${wanted} never ran`);
  }
  if (right.length > 1 + repeats + right.filter(({ failed }) => failed).length) {
    broken.push(`${wanted} ran ${right.length} times`);
  }
  return broken;
}

/** One after the other, none left out, none after the last, and none again when the next one has begun. */
function brokenIterations(record: TaskRecord, calls: Simulation["calls"], repeats: number): string[] {
  const runs = calls.filter(({ name }) => name === "run");
  const begun = runs.flatMap(({ iteration }) => iteration ?? []);
  const order = [...new Set(begun)];
  const isInOrder =
    order.every((iteration, at) => iteration === at + 1) && begun.every((one, at) => one >= (begun[at - 1] ?? 1));
  const needless = begun.length - order.length - runs.filter(({ failed }) => failed).length;
  return [
    ...(isInOrder && order.length <= record.iterations
      ? []
      : [`iterations began in the order ${begun.join()}, and ${record.iterations} were counted`]),
    ...(needless > repeats ? [`iterations began ${begun.length} times: ${begun.join()}`] : [])
  ];
}

/** What was aborted stays as it was. */
function brokenAbort(record: TaskRecord, simulation: Simulation): string[] {
  const then = simulation.aborted.get(taskIdOf(record));
  if (then === undefined) {
    return [];
  }
  const changed = Object.entries(then).filter(([name, value]) => record[name] !== value);
  return [
    ...(record.taskStatus === "aborted" ? [] : ["its abort was answered"]),
    ...changed.map(([name, value]) => `after its abort "${name}" went from ${String(value)} to ${String(record[name])}`)
  ];
}

/** What a caller was told holds. */
async function brokenForCallers(
  simulation: Simulation,
  records: TaskRecord[],
  { faults }: CheckOptions
): Promise<string[]> {
  const { callers } = simulation;
  const broken: string[] = [];
  const of = (name: string, told: string) => callers.filter(call => call.name === name && call.told === told);
  const triggered = of("trigger", "value").map(({ at, value }) => ({ at, id: (value as { id: string }).id }));
  for (const { id, at } of triggered) {
    // Also a deletion that failed half-way is finished later.
    const isDeleted = callers.some(({ name, args }) => name === "deleteTask" && args[0] === id);
    const isOld = simulation.now() - at > simulation.retentionMs;
    if (!isDeleted && !isOld && !records.some(one => taskIdOf(one) === id)) {
      broken.push(`the trigger of ${id} was answered, and the task is gone`);
    }
  }
  for (const id of of("deleteTask", "value").map(({ args }) => args[0] as string)) {
    // A part that arrives when all is over is seen by nobody, and nobody can know of it.
    const left = (await simulation.itemsOf(id)).filter(key => !faults.includes("late") || !/^[LP]#/.test(key));
    if (left.length > 0) {
      broken.push(`${id} was deleted, and there is ${left.join()}`);
    }
  }
  const known = new Set(triggered.map(({ id }) => id));
  const unknown = records.filter(record => record.parentId === undefined && !known.has(taskIdOf(record)));
  // With two faults, taking it back may fail as well as the start.
  if (faults.length < 2 && unknown.length > of("trigger", "died").length) {
    broken.push("a trigger that failed left a task");
  }
  return broken;
}
