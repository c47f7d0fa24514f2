import { STATUSES, type ListWhere, type TaskStatus } from "../../api/queries.js";

/** What the list shows, as the address holds it. */
export interface View {
  statuses: TaskStatus[];
  definitions: string[];
  /** `1h`, `24h`, `7d`: counted from now. */
  since: string | undefined;
  /** ISO 8601. */
  from: string | undefined;
  to: string | undefined;
  parent: string | undefined;
  search: string | undefined;
  oldestFirst: boolean;
}

const SINCE_MS: Record<string, number> = { "1h": 3_600_000, "24h": 86_400_000, "7d": 604_800_000 };
export const SINCE = Object.keys(SINCE_MS);

const listOf = (text: string | null) => (text ?? "").split(",").filter(Boolean);
const dateOf = (text: string | null) => (text !== null && !Number.isNaN(Date.parse(text)) ? text : undefined);

/** What a link says that is not known here is left out. */
export function readView(params: URLSearchParams): View {
  const since = params.get("since");
  return {
    statuses: STATUSES.filter(status => listOf(params.get("status")).includes(status)),
    definitions: listOf(params.get("definition")),
    since: since !== null && since in SINCE_MS ? since : undefined,
    from: dateOf(params.get("from")),
    to: dateOf(params.get("to")),
    parent: params.get("parent") ?? undefined,
    search: params.get("q") ?? undefined,
    oldestFirst: params.get("sort") === "oldest"
  };
}

/** The view as parameters of the address: the defaults are left out. */
export function writeView(view: View): Record<string, string | undefined> {
  return {
    status: view.statuses.join(",") || undefined,
    definition: view.definitions.join(",") || undefined,
    since: view.since,
    from: view.from,
    to: view.to,
    parent: view.parent,
    q: view.search,
    sort: view.oldestFirst ? "oldest" : undefined
  };
}

export const isFiltered = (view: View): boolean =>
  Object.values(writeView({ ...view, oldestFirst: false })).some(value => value !== undefined);

export function whereOf(view: View, now: number): ListWhere {
  const from = view.since === undefined ? view.from : new Date(now - (SINCE_MS[view.since] ?? 0)).toISOString();
  return {
    ...(view.statuses.length > 0 ? { taskStatus_in: view.statuses } : {}),
    ...(view.definitions.length > 0 ? { definitionId_in: view.definitions } : {}),
    ...(from === undefined ? {} : { createdOn_gte: from }),
    ...(view.to === undefined ? {} : { createdOn_lt: view.to }),
    ...(view.parent === undefined ? {} : { parentId: view.parent })
  };
}

/** Ids are long and have no spaces: looked up directly, not searched for in names. */
export const looksLikeId = (text: string): boolean => /^[0-9a-zA-Z_.-]{20,64}$/.test(text) && /\d/.test(text);
