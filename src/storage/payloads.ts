import { promisify } from "node:util";
import { gunzip, gunzipSync, gzip, gzipSync } from "node:zlib";
import { SLICE_BYTES } from "../constants.js";
import { TasksError } from "../errors.js";
import { getAll, writeAll } from "./batches.js";
import type { Item, ItemKey, Storage } from "./Storage.js";

const gzipInPool = promisify(gzip);
const gunzipInPool = promisify(gunzip);

/** Smaller texts are (de)compressed at once: the hop to the thread pool would cost more than the work there. */
const POOL_BYTES = 1024 * 1024;

const SLICE_PREFIX = "P#";

/** Whether it is the sort key of a slice. */
export function isSlice(SK: string): boolean {
  return SK.startsWith(SLICE_PREFIX);
}

/** What a payload belongs to. */
export type PayloadKind = "input" | "output" | "error" | "log";

/**
 * A payload too large for its record, in items of its own: compressed, in slices of at most 350 KB.
 * They are written before the write that points at them, under a version no other write uses, so that a reader never
 * sees half of one and a late runner can't touch what is in force.
 */
export interface SlicedPayload {
  /** What the record keeps: `<version>#<slices>#<bytes of the JSON text>`. */
  ref: string;
  items: Item[];
}

export async function slicePayload(
  PK: string,
  kind: PayloadKind,
  version: string,
  text: string
): Promise<SlicedPayload> {
  const bytes = Buffer.from(text);
  const body = bytes.length < POOL_BYTES ? gzipSync(bytes) : await gzipInPool(bytes);
  const items: Item[] = [];
  for (let start = 0; start < body.length; start += SLICE_BYTES) {
    items.push({ ...sliceKey(PK, kind, version, items.length), body: body.subarray(start, start + SLICE_BYTES) });
  }
  return { ref: `${version}#${items.length}#${bytes.length}`, items };
}

export async function writeSlices(storage: Storage, payload: SlicedPayload): Promise<void> {
  await writeAll(
    storage,
    payload.items.map(item => ({ put: item }))
  );
}

/** Keys of a payload's slices. */
export function sliceKeys(PK: string, kind: PayloadKind, ref: string): ItemKey[] {
  const { version, count } = parseRef(ref);
  return Array.from({ length: count }, (_, index) => sliceKey(PK, kind, version, index));
}

/** Bytes of JSON text the payload has when it is put together. */
export function payloadBytes(ref: string): number {
  return parseRef(ref).bytes;
}

export async function readPayload(storage: Storage, PK: string, kind: PayloadKind, ref: string): Promise<string> {
  return joinSlices(PK, kind, ref, await getAll(storage, sliceKeys(PK, kind, ref), { consistent: true }));
}

/** Puts slices together that were read elsewhere. @throws TasksError STORAGE_ERROR when one is missing: never a part. */
export async function joinSlices(PK: string, kind: PayloadKind, ref: string, slices: readonly Item[]): Promise<string> {
  const { count, bytes } = parseRef(ref);
  if (slices.length !== count) {
    throw new TasksError(
      "STORAGE_ERROR",
      `The ${kind} of ${PK} is incomplete: ${slices.length} of ${count} slices are stored.`,
      {
        PK,
        kind,
        ref
      }
    );
  }
  const body = Buffer.concat(slices.map(slice => slice.body as Uint8Array));
  const text = bytes < POOL_BYTES ? gunzipSync(body) : await gunzipInPool(body);
  return text.toString();
}

export async function deletePayload(storage: Storage, PK: string, kind: PayloadKind, ref: string): Promise<void> {
  await writeAll(
    storage,
    sliceKeys(PK, kind, ref).map(key => ({ delete: key }))
  );
}

function sliceKey(PK: string, kind: PayloadKind, version: string, index: number): ItemKey {
  return { PK, SK: `${SLICE_PREFIX}${kind}#${version}#${String(index).padStart(4, "0")}` };
}

function parseRef(ref: string): { version: string; count: number; bytes: number } {
  const [version = "", count, bytes] = ref.split("#");
  return { version, count: Number(count), bytes: Number(bytes) };
}
