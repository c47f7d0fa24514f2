import { createHash } from "node:crypto";
import { DEFAULT_RETENTION_DAYS } from "../../src/constants.js";
import { partitionKey, retentionEnd, taskIdOf, type TaskRecord } from "../../src/storage/record.js";
import { isSlice, sliceKeys, type PayloadKind } from "../../src/storage/payloads.js";
import type { Item } from "../../src/storage/Storage.js";
import type { Wanted } from "./Outside.js";
import { CHILD, type Plan } from "./plans.js";
import type { Effect, HookCall, Run } from "./SecondSystem.js";
import type { Stored } from "./Stored.js";

const SCOPE = { tenant: "root", locale: "en-US" };

const HOOKS: Record<string, string[]> = { success: ["onDone"], failed: ["onError"], aborted: ["onAbort"] };

/** A payload that was replaced while its process died, or was never pointed at, goes with its task: so many for a life. */
const LEFT_PER_LIFE = 3;

/** What is known of one task when everything is over. */
interface Known {
  record: TaskRecord;
  items: Item[];
  output: { mark?: string; count?: number; text?: string; digest?: string };
  plan: Plan;
  /** Undefined: a child, nobody outside asked for it. */
  wanted?: Wanted;
  /** Its parent was aborted or deleted. */
  mayBeAborted: boolean;
  runs: Run[];
  hooks: HookCall[];
}

/**
 * Compares what is stored with what was asked for and with what the second system received.
 * @returns what is broken, in words
 */
export function checkAll(wanted: readonly Wanted[], effects: readonly Effect[], stored: Stored): string[] {
  const broken = [...stored.broken];
  const byTask = new Map<string, Effect[]>();
  for (const effect of effects) {
    byTask.set(effect.task, [...(byTask.get(effect.task) ?? []), effect]);
  }
  const triggered = wanted.filter(({ id }) => id !== undefined);
  const asked = new Map(triggered.map(one => [one.id as string, one]));
  for (const one of triggered) {
    broken.push(...missingOrLeft(one, stored).map(fault => `${one.name} (${one.plan.definition}): ${fault}`));
  }
  for (const [id, record] of stored.records) {
    const own = asked.get(id);
    const parent = record.parentId === undefined ? undefined : asked.get(record.parentId);
    if (own === undefined && parent === undefined) {
      broken.push(`${record.definitionId} ${id} "${record.name}" was not asked for`);
      continue;
    }
    const seen = (byTask.get(id) ?? []).sort((a, b) => a.life - b.life);
    const faults = checkTask({
      record,
      items: stored.partitions.get(record.PK) ?? [],
      output: JSON.parse(stored.outputs.get(id) ?? "{}") as Known["output"],
      plan: own?.plan ?? CHILD,
      wanted: own,
      mayBeAborted: (own ?? parent)?.plan.then !== undefined,
      runs: seen.filter(effect => effect.kind === "run"),
      hooks: seen.filter(effect => effect.kind === "hook")
    });
    broken.push(...faults.map(fault => `${record.definitionId} ${id} (${record.taskStatus}): ${fault}`));
  }
  return broken;
}

/** What was asked for is there once, with all its children; of what was deleted nothing is left. */
function missingOrLeft({ id = "", name, plan, deleted }: Wanted, { records, partitions }: Stored): string[] {
  if (deleted) {
    const left = partitions.get(partitionKey(SCOPE, id)) ?? [];
    return left.length === 0 ? [] : [`it was deleted, and there is ${left.map(({ SK }) => SK).join()}`];
  }
  if (!records.has(id)) {
    return ["its trigger was answered, and it is gone"];
  }
  const all = [...records.values()];
  const named = all.filter(record => record.name === name);
  const children = all.filter(({ parentId }) => parentId === id);
  const parts = new Set(children.map(({ input }) => (JSON.parse(input as string) as { part: number }).part));
  return [
    ...(named.length === 1 ? [] : [`there are ${named.length} of it`]),
    ...(parts.size === children.length ? [] : [`some of its ${children.length} children are there twice`]),
    ...(plan.then !== undefined || children.length === (plan.children ?? 0)
      ? []
      : [`it has ${children.length} children instead of ${plan.children ?? 0}`])
  ];
}

function checkTask(known: Known): string[] {
  return [
    ...checkEnd(known),
    ...checkIterations(known),
    ...checkMarks(known),
    ...checkHooks(known),
    ...checkAbort(known),
    ...checkPayloads(known)
  ];
}

/** It has ended as planned, and nothing is owed to it. */
function checkEnd({ record, plan, mayBeAborted, wanted }: Known): string[] {
  const { taskStatus, iterations, owed, hookOwner, due, finishedOn, leaseOwner } = record;
  const faults: string[] = [];
  if (finishedOn === undefined || !(taskStatus in HOOKS)) {
    return [`it is stuck in iteration ${iterations}`];
  }
  if (taskStatus !== plan.end && !(taskStatus === "aborted" && mayBeAborted)) {
    faults.push(`it should be ${plan.end ?? "aborted"}: ${record.message} ${record.error}`);
  }
  if (owed !== undefined || hookOwner !== undefined) {
    faults.push(`it owes ${String(owed)} to ${String(hookOwner)}`);
  }
  if (due !== retentionEnd(finishedOn, DEFAULT_RETENTION_DAYS)) {
    faults.push(`it is due at ${due}, having ended at ${finishedOn}`);
  }
  if (taskStatus !== "aborted") {
    if (leaseOwner !== undefined) {
      faults.push(`it is still leased by ${leaseOwner}`);
    }
    if (plan.iterations !== undefined && iterations !== plan.iterations) {
      faults.push(`it took ${iterations} iterations instead of ${plan.iterations}`);
    }
  }
  if (taskStatus === "failed") {
    const { code } = JSON.parse(record.error ?? "{}") as { code?: string };
    if (code !== plan.error) {
      faults.push(`it failed with ${code}`);
    }
  }
  if (taskStatus === "aborted" && plan.then === "abort" && wanted?.aborted === undefined) {
    faults.push("it was aborted, and nobody was told so");
  }
  return faults;
}

/** All of them, in order; one again only where its process was killed, or where it failed by plan. */
function checkIterations({ record, plan, runs }: Known): string[] {
  const faults: string[] = [];
  const order = [...new Set(runs.map(({ iteration }) => iteration))];
  if (order.some((iteration, at) => iteration !== at + 1)) {
    faults.push(`iterations ran in the order ${runs.map(({ iteration }) => iteration).join()}`);
  }
  if (runs.some(({ iteration }, at) => iteration < (runs[at - 1]?.iteration ?? 1))) {
    faults.push(`an iteration ran again after the next: ${runs.map(({ iteration }) => iteration).join()}`);
  }
  // An abort may come between the claim of an iteration and what it does.
  const claimedOnly = record.taskStatus === "aborted" ? record.iterations - order.length : 0;
  if (record.iterations !== order.length + claimedOnly || claimedOnly < 0 || claimedOnly > 1) {
    faults.push(`${record.iterations} iterations are counted, and ${order.length} ran`);
  }
  const once = new Set<string>();
  for (const { life, iteration, failedAttempts } of runs) {
    const key = `${iteration} (attempt ${failedAttempts + 1}) in life ${life}`;
    if (once.has(key)) {
      faults.push(`iteration ${key} ran twice`);
    }
    once.add(key);
    if (failedAttempts > (plan.failedAttempts ?? 0)) {
      faults.push(`iteration ${iteration} failed ${failedAttempts} times`);
    }
  }
  if (record.taskStatus !== "aborted") {
    for (const iteration of order) {
      const attempts = new Set(runs.filter(run => run.iteration === iteration).map(run => run.failedAttempts));
      if (attempts.size !== (plan.failedAttempts ?? 0) + 1) {
        faults.push(`iteration ${iteration} ran with ${[...attempts].join()} failed attempts before it`);
      }
    }
  }
  return faults;
}

/** Each iteration saw the mark that one of the calls of the iteration before left, and all calls of it saw the same. */
function checkMarks({ record, output, runs }: Known): string[] {
  const faults: string[] = [];
  const marksOf = (iteration: number): (string | null)[] =>
    iteration === 0 ? [null] : runs.filter(run => run.iteration === iteration).map(({ mark }) => mark);
  for (let iteration = 1; iteration <= record.iterations; iteration++) {
    const seen = new Set(runs.filter(run => run.iteration === iteration).map(({ before }) => before));
    if (seen.size > 1) {
      faults.push(`iteration ${iteration} was given ${seen.size} different states`);
    }
    if ([...seen].some(before => !marksOf(iteration - 1).includes(before))) {
      faults.push(`iteration ${iteration} was given the state ${[...seen].join()}, which the one before did not leave`);
    }
  }
  const { mark = null, count = 0, text, digest } = output;
  // Of an iteration that failed or was cut off by an abort, nothing is stored.
  const expected = record.taskStatus === "success" ? [record.iterations] : [record.iterations, record.iterations - 1];
  if (!expected.includes(count) || !marksOf(count).includes(mark)) {
    faults.push(`its output counts ${count} of ${record.iterations} iterations, and its mark is ${mark}`);
  }
  if (text !== undefined && createHash("sha256").update(text).digest("hex") !== digest) {
    faults.push("its output is not what was stored");
  }
  return faults;
}

/** Those of its end, at least once; more often only where a process was killed. */
function checkHooks({ record, plan, hooks }: Known): string[] {
  const faults: string[] = [];
  const expected = [
    ...(plan.definition === "maxed" && record.taskStatus === "failed" ? ["onMaxIterations"] : []),
    ...(HOOKS[record.taskStatus] ?? [])
  ];
  for (const name of expected) {
    const calls = hooks.filter(hook => hook.name === name);
    const lives = new Set(calls.map(({ life }) => life));
    // The one that throws is called a second time in each life.
    const most = (plan.definition === "throwingHook" ? 2 : 1) * lives.size;
    if (calls.length === 0) {
      faults.push(`${name} never ran`);
    } else if (calls.length > most) {
      faults.push(`${name} ran ${calls.length} times in ${lives.size} lives`);
    }
  }
  for (const { name, status, iterations } of hooks) {
    if (!expected.includes(name)) {
      faults.push(`${name} ran`);
    } else if (status !== record.taskStatus || iterations !== record.iterations) {
      faults.push(`${name} was given a task that was ${status} in iteration ${iterations}`);
    }
  }
  return faults;
}

/** After the answer to an abort nothing was saved, and nothing began. */
function checkAbort({ record, wanted, runs }: Known): string[] {
  if (wanted?.aborted === undefined) {
    return [];
  }
  const { task, life } = wanted.aborted;
  const reason = record.abort?.reason;
  return [
    ...(record.taskStatus === "aborted" ? [] : ["its abort was answered"]),
    ...(reason === `Not ${wanted.name}` ? [] : [`the reason of its abort is ${reason}`]),
    ...(record.iterations === task.iterations
      ? []
      : [`after its abort it went from iteration ${task.iterations} to ${record.iterations}`]),
    ...(runs.some(run => run.life > life) ? ["it ran in a life after that of its abort"] : [])
  ];
}

/** What the record points at is there, and nothing else but what a killed process may leave. */
function checkPayloads({ record, items, runs, hooks }: Known): string[] {
  const slices = items.filter(({ SK }) => isSlice(SK));
  const expected = (["input", "output", "error"] as PayloadKind[]).flatMap(kind => {
    const ref = record[`${kind}Ref`] as string | undefined;
    return ref === undefined ? [] : sliceKeys(record.PK, kind, ref).map(({ SK }) => SK);
  });
  const missing = expected.filter(key => !slices.some(({ SK }) => SK === key));
  const left = slices.filter(({ SK }) => !expected.includes(SK));
  const lives = new Set([...runs, ...hooks].map(({ life }) => life)).size;
  return [
    ...(missing.length === 0 ? [] : [`of its payloads ${missing.join()} is missing`]),
    ...(left.length <= LEFT_PER_LIFE * Math.max(0, lives - 1)
      ? []
      : [`${left.map(({ SK }) => SK).join()} is left behind after ${lives} lives of ${taskIdOf(record)}`])
  ];
}
