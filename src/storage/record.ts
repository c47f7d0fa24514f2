import { DUE_AHEAD_MS, DUE_NEAR_MS, DUE_SHARDS, ID_PATTERN } from "../constants.js";
import { TasksError } from "../errors.js";
import { executionName } from "../machine/executionName.js";
import type { AbortedChildren, Identity, TaskDataStatus } from "../types.js";
import type { Item, ItemKey } from "./Storage.js";

/** What a finished or aborted task still owes: hooks, and for an abort the stop of its execution and its children. */
export type Owed = "stop" | "children" | "onDone" | "onError" | "onAbort" | "onMaxIterations";

/**
 * The item that is the truth about one task. Times are epoch milliseconds (a third of the bytes of ISO text, and the
 * item has to stay below one write unit). Attributes this version does not know are kept: updates name what they change.
 *
 * Invariants: `iterations` is the last iteration claimed. A lease (`leaseOwner`) means it is in progress, or its
 * invocation died; then `nextIteration` is the same, else one more. `owed` not empty means unfinished business. `due` is always there: when anybody has to look again.
 */
export interface TaskRecord extends Item {
  /** `<createdOn ISO>#<id>[#private]`; never changes. Sort key of `byStatus` and `byDefinition`. */
  sort: string;
  listPK: string;
  defPK: string;
  duePK: string;
  /** Epoch ms. Active: after the next step. Finished: end of the hooks' lease, then the end of retention. */
  due: number;
  format: number;
  name: string;
  definitionId: string;
  taskStatus: TaskDataStatus;
  /** 0: stored by `createTask`, no execution was asked for. */
  execution: number;
  executionStartedOn: number;
  /** Only where it is not the derived one: under Webiny's machine. */
  executionName?: string;
  iterations: number;
  /** The iteration that ended the task, where that is not the last one claimed (no definition, no iterations left). */
  endedAtIteration?: number;
  /** The iteration that may be claimed: the one after the last settled, so also the one whose invocation died. */
  nextIteration: number;
  /** Invocations of `nextIteration` so far. */
  attempt: number;
  /** Attempts of `nextIteration` that ended in an error and are tried again. */
  failedAttempts?: number;
  /** Attempts of `nextIteration` that were lost as the storage was not to be reached. They are not in `attempt`. */
  storageFailures?: number;
  revives?: number;
  leaseOwner?: string;
  /** 0: nobody holds the lease. A number in every case, as are `attempt` and `nextAt`, so that a claim needs no OR. */
  leaseUntil: number;
  /** Short owner that settled the last iteration: "it was mine, the answer got lost". */
  settledBy?: string;
  /** The next iteration does not start before; 0: at once. */
  nextAt: number;
  /** Changes with the input and the output, wherever they are changed from. */
  rev: number;
  /** JSON text, or a reference to slices (see payloads.ts). */
  input?: string;
  inputRef?: string;
  output?: string;
  outputRef?: string;
  message?: string;
  /** JSON text of a TaskError, or a reference to slices. */
  error?: string;
  errorRef?: string;
  /** Flat pairs of start (ms after `startedOn`) and duration (ms), oldest first. */
  recent?: number[];
  owed?: Owed[];
  /** What was taken off `owed`, in order, and when: it takes the room that `owed` and the hooks' lease leave. */
  followUps?: { name: Owed; on: number; givenUp?: true }[];
  hookOwner?: string;
  hookUntil?: number;
  hookAttempts?: number;
  abort?: {
    by: Identity & { [name: string]: string | null };
    reason: string;
    /** Not there: they were aborted. */
    children?: AbortedChildren;
    token: string;
  };
  deleted?: boolean;
  /** W3C `traceparent` of the trigger, where it was traced: 55 characters. */
  trace?: string;
  parentId?: string;
  createdBy: Identity & { [name: string]: string | null };
  startedOn?: number;
  finishedOn?: number;
  savedOn: number;
  /** Iterations after each other without progress, where the definition has them counted. */
  idle?: number;
  /** What the task has used (see observe/usage.ts): transitions, invocations, MB times ms, half read units, write units. */
  uT?: number;
  uI?: number;
  uM?: number;
  uR?: number;
  uW?: number;
}

/** Which tenant and locale a request works in. */
export interface Scope {
  tenant: string;
  locale: string;
}

/** Refuses a text that could not be part of a key. @throws TasksError INVALID_ID */
export function checkId(what: string, value: unknown): string {
  if (typeof value !== "string" || !ID_PATTERN.test(value)) {
    const came = typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : typeof value;
    throw new TasksError(
      "INVALID_ID",
      `The ${what} is not valid: expected letters, digits, "_", "." and "-", 64 at most; got ${came}.`,
      {
        what
      }
    );
  }
  return value;
}

export function partitionKey(scope: Scope, id: string): string {
  return `T#${checkId("tenant", scope.tenant)}#L#${checkId("locale", scope.locale)}#TASK#${checkId("task id", id)}`;
}

/** Sort key of the record in its task's partition. */
export const RECORD_KEY = "A";

export function recordKey(scope: Scope, id: string): ItemKey {
  return { PK: partitionKey(scope, id), SK: RECORD_KEY };
}

export function keyOf({ PK, SK }: ItemKey): ItemKey {
  return { PK, SK };
}

const CHILD_PREFIX = "C#";

/** Key of the pointer to a child, in the parent's partition: oldest first. */
export function childKey(scope: Scope, parentId: string, childSort: string): ItemKey {
  return { PK: partitionKey(scope, parentId), SK: `${CHILD_PREFIX}${childSort}` };
}

export function scopeOf(record: ItemKey): Scope {
  const [, tenant = "", , locale = ""] = record.PK.split("#");
  return { tenant, locale };
}

export function taskIdOf(record: ItemKey): string {
  return record.PK.slice(record.PK.lastIndexOf("#") + 1);
}

/** The pointers to a parent's children, as a range of its partition, optionally from and to a child's sort key. */
export function childRange(scope: Scope, parentId: string, from = "", to = "~") {
  return { partition: partitionKey(scope, parentId), from: `${CHILD_PREFIX}${from}`, to: `${CHILD_PREFIX}${to}` };
}

/** The child's sort key that a pointer holds. */
export function childSortOf(pointer: ItemKey): string {
  return pointer.SK.slice(CHILD_PREFIX.length);
}

const PRIVATE_SUFFIX = "#private";

/**
 * Orders tasks by when they were created. It says whether the definition was private at trigger, so that a list of
 * public tasks needs no look at the records of private ones.
 */
export function sortKey(createdOnMs: number, id: string, isPrivate: boolean): string {
  return `${new Date(createdOnMs).toISOString()}#${id}${isPrivate ? PRIVATE_SUFFIX : ""}`;
}

/** The task id in a sort key. */
export function idInSort(sort: string): string {
  return sort.split("#")[1] ?? "";
}

/** Whether the task's definition was private when it was triggered: known without the definition, and without the record. */
export function isPrivateSort(sort: string): boolean {
  return sort.endsWith(PRIVATE_SUFFIX);
}

export function createdOnOf(record: Pick<TaskRecord, "sort">): string {
  return record.sort.slice(0, record.sort.indexOf("#"));
}

export function executionNameOf(record: TaskRecord): string {
  return record.executionName ?? executionName(record.definitionId, taskIdOf(record), record.execution);
}

/** What a log line about a task says of it. No attempt is counted where none is in progress. */
export function logFieldsOf(record: TaskRecord) {
  return {
    taskId: taskIdOf(record),
    definitionId: record.definitionId,
    ...scopeOf(record),
    iteration: record.iterations,
    ...(record.attempt > 0 ? { attempt: record.attempt } : {}),
    ...(record.execution > 0 ? { executionName: executionNameOf(record) } : {})
  };
}

export function listPartition(scope: Scope, status: TaskDataStatus): string {
  return `${scope.tenant}#${scope.locale}#${status}`;
}

export function definitionPartition(scope: Scope, definitionId: string, status: TaskDataStatus): string {
  return `${scope.tenant}#${scope.locale}#${definitionId}#${status}`;
}

/** The attributes that follow from the status. They change at the start and at the end of a task, and never between. */
export function statusAttributes(
  scope: Scope,
  definitionId: string,
  status: TaskDataStatus
): Pick<TaskRecord, "taskStatus" | "listPK" | "defPK"> {
  return {
    taskStatus: status,
    listPK: listPartition(scope, status),
    defPK: definitionPartition(scope, definitionId, status)
  };
}

/** The same for a record that is there already. */
export function statusAttributesOf(record: TaskRecord, status: TaskDataStatus) {
  return statusAttributes(scopeOf(record), record.definitionId, status);
}

/** One of 8 partitions of `byDue`, global: one sweep serves all tenants. */
export function duePartition(id: string): string {
  let hash = 0;
  for (let i = 0; i < id.length; i++) {
    hash = (hash * 31 + id.charCodeAt(i)) >>> 0;
  }
  return `DUE#${hash % DUE_SHARDS}`;
}

/** When an active task has to be looked at again, counted from its next step. */
export function dueAfter(nextStepMs: number): number {
  return nextStepMs + DUE_AHEAD_MS;
}

/** The new `due` of an active task, or undefined while the old one is far enough: it moves about twice an hour. */
export function movedDue(due: number, nextStepMs: number): number | undefined {
  return due < nextStepMs + DUE_NEAR_MS ? dueAfter(nextStepMs) : undefined;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Until when a task that ended then is kept, in epoch milliseconds. */
export function retentionEnd(finishedOnMs: number, retentionDays: number): number {
  return finishedOnMs + retentionDays * DAY_MS;
}

/** The part of an owner token that is kept after its lease: 8 characters of a random request id. */
export function shortOwner(owner: string): string {
  return owner.slice(0, 8);
}

/** Whether a living invocation holds the lease. */
export function isLeased(record: TaskRecord, now: number): boolean {
  return record.leaseUntil >= now;
}

export const isActive = (record: Pick<TaskRecord, "taskStatus">): boolean =>
  record.taskStatus === "pending" || record.taskStatus === "running";
