import type { TaskRecord } from "../storage/record.js";
import type { TaskUsage } from "../types.js";

/** What is counted, in whole numbers, as the record keeps it. */
export interface Counts {
  transitions: number;
  invocations: number;
  /** Milliseconds of Lambda times its megabytes. */
  megabyteMs: number;
  /** Eventually consistent reads cost half a unit. */
  halfReadUnits: number;
  writeUnits: number;
}

/** Attributes of the record: short, since it has to stay below one write unit, and top-level, since they are added to. */
const ATTRIBUTES = {
  transitions: "uT",
  invocations: "uI",
  megabyteMs: "uM",
  halfReadUnits: "uR",
  writeUnits: "uW"
} as const satisfies Record<keyof Counts, keyof TaskRecord>;
const NAMES = Object.keys(ATTRIBUTES) as (keyof Counts)[];

export function noCounts(): Counts {
  return { transitions: 0, invocations: 0, megabyteMs: 0, halfReadUnits: 0, writeUnits: 0 };
}

export function sum(a: Counts, b: Partial<Counts>): Counts {
  return {
    transitions: a.transitions + (b.transitions ?? 0),
    invocations: a.invocations + (b.invocations ?? 0),
    megabyteMs: a.megabyteMs + (b.megabyteMs ?? 0),
    halfReadUnits: a.halfReadUnits + (b.halfReadUnits ?? 0),
    writeUnits: a.writeUnits + (b.writeUnits ?? 0)
  };
}

/** As what is added to the attributes of a record. */
export function attributesOf(counts: Counts): Record<string, number> {
  const attributes: Record<string, number> = {};
  for (const name of NAMES) {
    if (counts[name] !== 0) {
      attributes[ATTRIBUTES[name]] = Math.round(counts[name]);
    }
  }
  return attributes;
}

/** What a task has used, by its record and, in the invocation that runs it, by what is not stored yet. */
export function usageOf(record: TaskRecord, unstored: Counts = noCounts()): TaskUsage {
  const stored = Object.fromEntries(NAMES.map(name => [name, record[ATTRIBUTES[name]] ?? 0])) as unknown as Counts;
  const { transitions, invocations, megabyteMs, halfReadUnits, writeUnits } = sum(stored, unstored);
  return {
    transitions,
    invocations,
    gbSeconds: megabyteMs / 1024 / 1000,
    readUnits: halfReadUnits / 2,
    writeUnits
  };
}
