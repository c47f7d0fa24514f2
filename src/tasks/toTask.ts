import { payloadBytes, joinSlices, readPayload, sliceKeys } from "../storage/payloads.js";
import { getAll } from "../storage/batches.js";
import { createdOnOf, executionNameOf, isPrivateSort, keyOf, taskIdOf, type TaskRecord } from "../storage/record.js";
import { checkFormat } from "../storage/recordFormat.js";
import type { Storage } from "../storage/Storage.js";
import { usageOf } from "../observe/usage.js";
import type { JsonObject, Task, TaskError } from "../types.js";

/** The payloads of a record, as JSON text. */
export interface Payloads {
  input: string;
  output?: string;
  /** Of a failed task. */
  error?: string;
}

const KINDS = ["input", "output", "error"] as const;
type Kind = (typeof KINDS)[number];
const refOf = (record: TaskRecord, kind: Kind) => record[`${kind}Ref`];

/** A record and its payloads, as they were at one moment. */
export interface Loaded {
  record: TaskRecord;
  payloads: Payloads;
}

/**
 * Reads the payloads of a record where they are not in it. The record was read before them: where they were replaced
 * since, and are removed, it is read again.
 * @returns null when the task was removed meanwhile
 * @throws TasksError STORAGE_ERROR when slices are missing that the record still points at
 */
export async function load(storage: Storage, record: TaskRecord): Promise<Loaded | null> {
  for (;;) {
    try {
      const payloads = await payloadsOf(record, (kind, ref) => readPayload(storage, record.PK, kind, ref));
      return { record, payloads };
    } catch (error) {
      const item = await storage.get(keyOf(record), { consistent: true });
      if (item === null) {
        return null;
      }
      const current = checkFormat(item);
      if (KINDS.every(kind => refOf(current, kind) === refOf(record, kind))) {
        // A removal takes the slices first.
        if (current.deleted) {
          return null;
        }
        throw error;
      }
      record = current;
    }
  }
}

/** The same for many records, their slices read together. Those that were removed meanwhile are left out. */
export async function loadAll(storage: Storage, records: readonly TaskRecord[]): Promise<Loaded[]> {
  const keys = records.flatMap(record =>
    KINDS.flatMap(kind => {
      const ref = refOf(record, kind);
      return ref === undefined ? [] : sliceKeys(record.PK, kind, ref);
    })
  );
  const slices = new Map((await getAll(storage, keys)).map(item => [`${item.PK}\n${item.SK}`, item]));
  const slicesOf = (record: TaskRecord, kind: Kind, ref: string) =>
    sliceKeys(record.PK, kind, ref).flatMap(({ PK, SK }) => slices.get(`${PK}\n${SK}`) ?? []);
  const loaded = await Promise.all(
    records.map(async record => {
      try {
        const payloads = await payloadsOf(record, (kind, ref) =>
          joinSlices(record.PK, kind, ref, slicesOf(record, kind, ref))
        );
        return { record, payloads };
      } catch {
        return load(storage, record);
      }
    })
  );
  return loaded.filter(one => one !== null);
}

async function payloadsOf(record: TaskRecord, read: (kind: Kind, ref: string) => Promise<string>): Promise<Payloads> {
  const [input, output, error] = await Promise.all(
    KINDS.map(async kind => {
      const ref = refOf(record, kind);
      return ref === undefined ? record[kind] : await read(kind, ref);
    })
  );
  return { input: input ?? "{}", output, error };
}

/** Bytes of JSON a record's payloads outside of it have. */
export function slicedBytes(record: TaskRecord): number {
  return KINDS.reduce((sum, kind) => {
    const ref = refOf(record, kind);
    return ref === undefined ? sum : sum + payloadBytes(ref);
  }, 0);
}

/** The task as users see it. */
export function toTask<I = JsonObject, O = JsonObject>(record: TaskRecord, payloads: Payloads): Task<I, O> {
  const { startedOn, recent = [] } = record;
  const error = payloads.error === undefined ? undefined : (JSON.parse(payloads.error) as TaskError);
  const output = payloads.output === undefined ? undefined : (JSON.parse(payloads.output) as O);
  const message = record.message ?? error?.message ?? record.abort?.reason;
  return {
    id: taskIdOf(record),
    name: record.name,
    definitionId: record.definitionId,
    taskStatus: record.taskStatus,
    executionName: record.iterations === 0 ? "" : executionNameOf(record),
    input: JSON.parse(payloads.input) as I,
    // Webiny's screens look for the error of a failed task in its output.
    ...(error === undefined ? (output === undefined ? {} : { output }) : { output: { ...output, error } as O }),
    createdOn: createdOnOf(record),
    savedOn: iso(record.savedOn),
    createdBy: { ...record.createdBy },
    ...(startedOn === undefined ? {} : { startedOn: iso(startedOn) }),
    ...(record.finishedOn === undefined ? {} : { finishedOn: iso(record.finishedOn) }),
    iterations: record.iterations,
    ...(record.parentId === undefined ? {} : { parentId: record.parentId }),
    ...(isPrivateSort(record.sort) ? { isPrivate: true as const } : {}),
    ...(message === undefined ? {} : { message }),
    ...(error === undefined ? {} : { error }),
    ...(record.abort === undefined ? {} : { abort: abortOf(record.abort) }),
    execution: record.execution,
    attempt: record.attempt,
    ...(record.failedAttempts === undefined ? {} : { failedAttempts: record.failedAttempts }),
    ...(record.nextAt === 0 ? {} : { nextAt: iso(record.nextAt) }),
    usage: usageOf(record),
    ...(record.leaseOwner === undefined || record.leaseUntil === 0 ? {} : { busyUntil: iso(record.leaseUntil) }),
    ...(record.revives === undefined ? {} : { revives: record.revives }),
    ...(record.owed === undefined || record.owed.length === 0 ? {} : { owed: [...record.owed] }),
    ...(record.followUps === undefined
      ? {}
      : {
          followUps: record.followUps.map(({ name, on, givenUp = false }) => ({ name, finishedOn: iso(on), givenUp }))
        }),
    recent: pairs(recent).map(([start, durationMs]) => ({ startedOn: iso((startedOn ?? 0) + start), durationMs }))
  };
}

function abortOf({ by, reason, children = "abort" }: NonNullable<TaskRecord["abort"]>): Task["abort"] {
  return { by: { ...by }, reason, children };
}

function pairs(values: readonly number[]): [number, number][] {
  const result: [number, number][] = [];
  for (let i = 0; i + 1 < values.length; i += 2) {
    result.push([values[i] as number, values[i + 1] as number]);
  }
  return result;
}

const iso = (ms: number) => new Date(ms).toISOString();
