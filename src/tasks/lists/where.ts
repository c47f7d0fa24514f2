import { ID_PATTERN } from "../../constants.js";
import type { ListTasksWhere } from "../../definition/TaskDefinition.js";
import { TasksError } from "../../errors.js";
import { createdOnOf, taskIdOf, type TaskRecord } from "../../storage/record.js";
import { TaskDataStatus } from "../../types.js";

const MATCHED = ["id", "parentId", "definitionId", "taskStatus"] as const;
const RANGED = ["createdOn", "savedOn"] as const;
const MATCHES = ["", "_not", "_in", "_not_in"] as const;
const RANGES = ["_gt", "_gte", "_lt", "_lte"] as const;
type Matched = (typeof MATCHED)[number];

const STATUSES = Object.values(TaskDataStatus);
const NAMES = [
  ...MATCHED.flatMap(field => MATCHES.map(operator => `${field}${operator}`)),
  ...RANGED.flatMap(field => RANGES.map(operator => `${field}${operator}`))
];

/** A checked filter. Dates are ISO text with milliseconds, so that they compare as text. */
export type Where = Record<string, string | string[]>;

/** @throws TasksError INVALID_WHERE naming the field and what it may be */
export function checkWhere(where: ListTasksWhere | null | undefined): Where {
  const checked: Where = {};
  for (const [name, value] of Object.entries(where ?? {})) {
    if (!NAMES.includes(name)) {
      fail(`"${name.slice(0, 64)}" can't be filtered by; there are ${NAMES.join(", ")}`);
    }
    if (value === undefined || value === null) {
      continue;
    }
    checked[name] = RANGES.some(range => name.endsWith(range)) ? checkDate(name, value) : checkMatch(name, value);
  }
  return checked;
}

function checkMatch(name: string, value: unknown): string | string[] {
  const allowed = (text: unknown) =>
    typeof text === "string" &&
    (name.startsWith("taskStatus") ? STATUSES.includes(text as TaskDataStatus) : ID_PATTERN.test(text));
  const form = name.startsWith("taskStatus")
    ? `one of ${STATUSES.join(", ")}`
    : "an id (letters, digits, _ . -, 64 at most)";
  if (name.endsWith("_in")) {
    if (!Array.isArray(value) || !value.every(allowed)) {
      fail(`"${name}" must be a list, each entry ${form}`);
    }
    return [...new Set(value as string[])];
  }
  if (!allowed(value)) {
    fail(`"${name}" must be ${form}`);
  }
  return value as string;
}

function checkDate(name: string, value: unknown): string {
  const time = typeof value === "string" || value instanceof Date ? new Date(value).getTime() : NaN;
  if (Number.isNaN(time)) {
    fail(`"${name}" must be a date in ISO 8601 form`);
  }
  return new Date(time).toISOString();
}

/** The values a field may have, where the filter names them: `field` and `field_in`, less `field_not` and `field_not_in`. */
export function allowedValues(where: Where, field: Matched, all?: readonly string[]): string[] | null {
  const one = where[field];
  const some = where[`${field}_in`] as string[] | undefined;
  let values = one === undefined ? (some ?? (all === undefined ? null : [...all])) : [one as string];
  if (values !== null && one !== undefined && some !== undefined) {
    values = values.filter(value => some.includes(value));
  }
  return values?.filter(value => matchesNegation(where, field, value)) ?? null;
}

function matchesNegation(where: Where, field: Matched, value: string | undefined): boolean {
  const [one, some = []] = [
    where[`${field}_not`] as string | undefined,
    where[`${field}_not_in`] as string[] | undefined
  ];
  return value === undefined || (one !== value && !some.includes(value));
}

/** Whether a record, read fresh, fits the whole filter. */
export function matches(record: TaskRecord, where: Where, search: string | undefined): boolean {
  const values: Record<Matched, string | undefined> = {
    id: taskIdOf(record),
    parentId: record.parentId,
    definitionId: record.definitionId,
    taskStatus: record.taskStatus
  };
  return (
    !record.deleted &&
    MATCHED.every(field => {
      const value = values[field];
      const some = where[`${field}_in`] as string[] | undefined;
      return (
        (where[field] === undefined || where[field] === value) &&
        (some === undefined || (value !== undefined && some.includes(value))) &&
        matchesNegation(where, field, value)
      );
    }) &&
    inRange(where, "createdOn", createdOnOf(record)) &&
    inRange(where, "savedOn", new Date(record.savedOn).toISOString()) &&
    (search === undefined || record.name.toLowerCase().includes(search.toLowerCase()))
  );
}

function inRange(where: Where, field: (typeof RANGED)[number], value: string): boolean {
  const bound = (operator: (typeof RANGES)[number]) => where[`${field}${operator}`] as string | undefined;
  const [gt, gte, lt, lte] = RANGES.map(bound);
  return (
    (gt === undefined || value > gt) &&
    (gte === undefined || value >= gte) &&
    (lt === undefined || value < lt) &&
    (lte === undefined || value <= lte)
  );
}

/** Whether candidates have to be looked at one by one: the streams alone do not follow the filter. */
export function isFiltered(where: Where, search: string | undefined, byParent: boolean): boolean {
  const inStreams = [
    "taskStatus",
    "taskStatus_in",
    "taskStatus_not",
    "taskStatus_not_in",
    "definitionId",
    "definitionId_in",
    "parentId",
    "parentId_in"
  ];
  return (
    search !== undefined ||
    Object.keys(where).some(
      name =>
        !name.startsWith("createdOn") &&
        !(byParent ? name === "parentId" || name === "parentId_in" : inStreams.includes(name))
    )
  );
}

/** `createdOn` bounds as a range of sort keys (`<ISO>#<id>`), both ends included: `#` sorts before `$`. */
export function sortRange(where: Where): { from?: string; to?: string } {
  const from = largest([where.createdOn_gte as string | undefined, behind(where.createdOn_gt)]);
  const to = smallest([where.createdOn_lt as string | undefined, behind(where.createdOn_lte)]);
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

const behind = (date: string | string[] | undefined) => (date === undefined ? undefined : `${date as string}$`);
const largest = (texts: (string | undefined)[]) =>
  texts
    .filter(text => text !== undefined)
    .sort()
    .at(-1);
const smallest = (texts: (string | undefined)[]) => texts.filter(text => text !== undefined).sort()[0];

function fail(fault: string): never {
  throw new TasksError("INVALID_WHERE", `The list can't be filtered so: ${fault}.`);
}

export { fail as failWhere, STATUSES };
