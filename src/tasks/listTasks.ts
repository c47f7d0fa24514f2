import {
  MAX_FILTER_CANDIDATES,
  MAX_LIST_IDS,
  MAX_LIST_STREAMS,
  MAX_PAYLOAD_BYTES,
  MAX_TOTAL_COUNT
} from "../constants.js";
import type { ListTasksParams } from "../definition/TaskDefinition.js";
import { TasksError } from "../errors.js";
import { getAll } from "../storage/batches.js";
import {
  childRange,
  definitionPartition,
  idInSort,
  isPrivateSort,
  listPartition,
  recordKey,
  type Scope,
  type TaskRecord
} from "../storage/record.js";
import { checkFormat } from "../storage/recordFormat.js";
import type { JsonObject, ListMeta, ListResult, Task, TaskDataStatus } from "../types.js";
import { decodeCursor, digestOf, encodeCursor } from "./lists/cursor.js";
import { mergeStreams, type Stream } from "./lists/mergeStreams.js";
import { checkLimit, checkSort, type Order } from "./lists/order.js";
import {
  allowedValues,
  checkWhere,
  failWhere,
  isFiltered,
  matches,
  sortRange,
  STATUSES,
  type Where
} from "./lists/where.js";
import type { Visibility } from "./readTask.js";
import type { TaskEngine } from "./TaskEngine.js";
import { loadAll, slicedBytes, toTask } from "./toTask.js";

/** Orders every list has, and those a list that is read whole has besides. */
const ORDERED = ["createdOn", "id"];
const ORDERED_WHOLE = [
  ...ORDERED,
  "name",
  "taskStatus",
  "definitionId",
  "savedOn",
  "startedOn",
  "finishedOn",
  "iterations"
];
const NEWEST_FIRST: Order = { field: "createdOn", descending: true };

/** A list as it will be read. */
interface Plan {
  scope: Scope;
  where: Where;
  search: string | undefined;
  order: Order;
  limit: number;
  visibility: Visibility;
  digest: string;
}

/** One page of records, in order. */
interface Page {
  records: TaskRecord[];
  /** Position of the last candidate that was looked at. */
  at: string | null;
  hasMore: boolean;
  positionOf(record: TaskRecord): string;
}

/**
 * `context.tasks.listTasks`. Every list is a merge of ordered streams, read as far as the page goes, so that it costs its
 * page whatever is stored. The records are read fresh and checked against the filter again: index entries lag.
 */
export async function listTasks<I = JsonObject, O = JsonObject>(
  engine: TaskEngine,
  params: ListTasksParams = {},
  { visibility = "all" }: { visibility?: Visibility } = {}
): Promise<ListResult<Task<I, O>>> {
  const plan = planOf(engine, params, visibility);
  const start = decodeCursor(params.after, plan.digest);
  const ids = allowedValues(plan.where, "id");
  const streams = ids === null ? streamsOf(plan) : null;
  const whole = ids !== null || !ORDERED.includes(plan.order.field);
  const page = whole
    ? await readWhole(engine, plan, ids, start?.at)
    : await readStreams(engine, plan, streams ?? [], start?.at);
  const { items, at, hasMore } = await withPayloads<I, O>(engine, plan, page);
  const seen = (start?.seen ?? 0) + items.length;
  return {
    items,
    meta: {
      cursor: hasMore && at !== null ? encodeCursor({ at, seen }, plan.digest) : null,
      hasMoreItems: hasMore,
      ...(await totalOf(engine, plan, streams, { seen, hasMore, count: params.count === true }))
    }
  };
}

function planOf(engine: TaskEngine, params: ListTasksParams, visibility: Visibility): Plan {
  const scope = engine.scope();
  const where = checkWhere(params.where);
  const search =
    params.search === undefined || params.search === null || params.search === "" ? undefined : params.search;
  if (search !== undefined && (typeof search !== "string" || search.length > 256)) {
    throw new TasksError("INVALID_ARGUMENT", "The search must be a text of at most 256 characters.");
  }
  const whole = ["id", "id_in", "parentId", "parentId_in"].some(name => where[name] !== undefined);
  const order = checkSort(params.sort, whole ? ORDERED_WHOLE : ORDERED, NEWEST_FIRST);
  const digest = digestOf(scope.tenant, scope.locale, where, search, order, visibility);
  return { scope, where, search, order, limit: checkLimit(params.limit), visibility, digest };
}

/** @throws TasksError INVALID_WHERE for more streams than one call may merge */
function streamsOf({ scope, where }: Plan): Stream[] {
  const { from = "0", to = "~" } = sortRange(where);
  const parents = allowedValues(where, "parentId");
  const statuses = allowedValues(where, "taskStatus", STATUSES) as TaskDataStatus[];
  const definitions = allowedValues(where, "definitionId");
  const streams: Stream[] =
    parents !== null
      ? parents.map(parent => ({ ...childRange(scope, parent, from, to), consistent: true }))
      : definitions !== null
        ? definitions.flatMap(id =>
            statuses.map(status => ({
              index: "byDefinition" as const,
              partition: definitionPartition(scope, id, status),
              from,
              to
            }))
          )
        : statuses.map(status => ({ index: "byStatus" as const, partition: listPartition(scope, status), from, to }));
  if (streams.length > MAX_LIST_STREAMS) {
    failWhere(
      `it would merge ${streams.length} lists (definitions times statuses, or parents), at most ${MAX_LIST_STREAMS} are possible`
    );
  }
  return streams;
}

/** Reads keys in order and their records, until the page is full or enough candidates were looked at. */
async function readStreams(
  engine: TaskEngine,
  plan: Plan,
  streams: Stream[],
  after: string | undefined
): Promise<Page> {
  const { limit, order, scope, visibility } = plan;
  const consistent = streams.some(stream => stream.consistent);
  const keys = mergeStreams(engine.storage, streams, { descending: order.descending, limit: limit + 1, after });
  const records: TaskRecord[] = [];
  let at: string | null = null;
  let looked = 0;
  let next = await nextVisible(keys, visibility);
  while (next !== null && records.length < limit && looked < MAX_FILTER_CANDIDATES) {
    const batch: string[] = [];
    const wanted = Math.min(limit - records.length, MAX_FILTER_CANDIDATES - looked);
    for (; next !== null && batch.length < wanted; next = await nextVisible(keys, visibility)) {
      batch.push(next);
    }
    looked += batch.length;
    at = batch.at(-1) ?? at;
    records.push(
      ...(await readRecords(
        engine,
        plan,
        batch.map(sort => idInSort(sort)),
        consistent
      ))
    );
  }
  await keys.return(undefined);
  return { records, at, hasMore: next !== null, positionOf: record => record.sort };

  async function nextVisible(source: AsyncGenerator<string>, who: Visibility): Promise<string | null> {
    for (;;) {
      const next = await source.next();
      if (next.done) {
        return null;
      }
      if (who === "all" || !isPrivateSort(next.value)) {
        return next.value;
      }
    }
  }

  async function readRecords(
    of: TaskEngine,
    { where, search }: Plan,
    ids: string[],
    fresh: boolean
  ): Promise<TaskRecord[]> {
    const items = await getAll(
      of.storage,
      ids.map(id => recordKey(scope, id)),
      { consistent: fresh }
    );
    return items.map(checkFormat).filter(record => matches(record, where, search));
  }
}

/** Lists that are small by what they ask for: by ids, or the children of a parent in another order. */
async function readWhole(
  engine: TaskEngine,
  plan: Plan,
  ids: string[] | null,
  after: string | undefined
): Promise<Page> {
  const { scope, where, search, order, limit, visibility } = plan;
  const known = ids ?? (await childIds(engine, plan));
  if (ids !== null && ids.length > MAX_LIST_IDS) {
    failWhere(`it names ${ids.length} ids, at most ${MAX_LIST_IDS} are possible`);
  }
  const items = await getAll(
    engine.storage,
    known.map(id => recordKey(scope, id)),
    { consistent: true }
  );
  const records = items
    .map(checkFormat)
    .filter(record => matches(record, where, search) && (visibility === "all" || !isPrivateSort(record.sort)))
    .map(record => ({ record, place: placeOf(record, order.field) }))
    .sort((a, b) => comparePlaces(a.place, b.place, order));
  // By its place, not by itself: the last one of the page before may be gone, or not fit any more.
  const last = after === undefined ? null : parsePlace(after);
  const rest = last === null ? records : records.filter(({ place }) => comparePlaces(place, last, order) > 0);
  const page = rest.slice(0, limit).map(({ record }) => record);
  const positionOf = (record: TaskRecord) => placeText(placeOf(record, order.field));
  const end = page.at(-1);
  return { records: page, at: end === undefined ? null : positionOf(end), hasMore: rest.length > limit, positionOf };
}

/** Where a record stands in an order: its value, then when it was created. */
interface Place {
  value: string | number;
  sort: string;
}

function placeOf(record: TaskRecord, field: string): Place {
  return { value: valueOf(record, field), sort: record.sort };
}

function comparePlaces(a: Place, b: Place, { descending }: Order): number {
  const ascending = compare(a.value, b.value) || compare(a.sort, b.sort);
  return descending ? -ascending : ascending;
}

// `<sort>|n<number>` or `<sort>|s<text>`; no `|` is in a sort key.
function placeText({ value, sort }: Place): string {
  return `${sort}|${typeof value === "number" ? "n" : "s"}${value}`;
}

function parsePlace(text: string): Place {
  const end = text.indexOf("|");
  const value = text.slice(end + 2);
  return { sort: text.slice(0, end), value: text[end + 1] === "n" ? Number(value) : value };
}

async function childIds(engine: TaskEngine, plan: Plan): Promise<string[]> {
  const keys = mergeStreams(engine.storage, streamsOf(plan), {
    descending: false,
    limit: MAX_FILTER_CANDIDATES,
    after: undefined
  });
  const ids: string[] = [];
  for await (const sort of keys) {
    ids.push(idInSort(sort));
    if (ids.length > MAX_FILTER_CANDIDATES) {
      throw new TasksError(
        "INVALID_SORT",
        `More than ${MAX_FILTER_CANDIDATES} children can only be sorted by createdOn or id.`
      );
    }
  }
  return ids;
}

function valueOf(record: TaskRecord, field: string): string | number {
  if (field === "createdOn" || field === "id") {
    return record.sort;
  }
  const value = record[field];
  return typeof value === "number" || typeof value === "string" ? value : "";
}

function compare(a: string | number, b: string | number): number {
  const [left, right] = typeof a === typeof b ? [a, b] : [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Reads the payloads; a page ends early rather than hold more than one payload's maximum of them. */
async function withPayloads<I, O>(engine: TaskEngine, { where, search }: Plan, page: Page) {
  let bytes = 0;
  const tooMuch = page.records.findIndex((record, index) => {
    bytes += slicedBytes(record);
    return index > 0 && bytes > MAX_PAYLOAD_BYTES;
  });
  const fitting = tooMuch === -1 ? page.records : page.records.slice(0, tooMuch);
  const cut = fitting.length < page.records.length;
  const loaded = await loadAll(engine.storage, fitting);
  return {
    // One that was read again may have changed.
    items: loaded
      .filter(({ record }) => matches(record, where, search))
      .map(one => toTask<I, O>(one.record, one.payloads)),
    at: cut ? page.positionOf(fitting.at(-1) as TaskRecord) : page.at,
    hasMore: cut || page.hasMore
  };
}

async function totalOf(
  engine: TaskEngine,
  plan: Plan,
  streams: Stream[] | null,
  { seen, hasMore, count }: { seen: number; hasMore: boolean; count: boolean }
): Promise<Pick<ListMeta, "totalCount" | "totalCountIsExact">> {
  if (!hasMore) {
    return { totalCount: seen, totalCountIsExact: true };
  }
  const byParent = plan.where.parentId !== undefined || plan.where.parentId_in !== undefined;
  if (!count || streams === null || isFiltered(plan.where, plan.search, byParent)) {
    return { totalCount: seen + 1, totalCountIsExact: false };
  }
  const keys = mergeStreams(engine.storage, streams, { descending: false, limit: MAX_TOTAL_COUNT, after: undefined });
  let total = 0;
  for await (const sort of keys) {
    if (plan.visibility === "all" || !isPrivateSort(sort)) {
      total += 1;
    }
    if (total > MAX_TOTAL_COUNT) {
      return { totalCount: MAX_TOTAL_COUNT, totalCountIsExact: false };
    }
  }
  return { totalCount: total, totalCountIsExact: true };
}
