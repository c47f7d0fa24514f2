import { createHash } from "node:crypto";
import { TasksError } from "../../errors.js";

/** Where a page ended. */
export interface CursorPosition {
  /** Position of its last entry in the order of the list. */
  at: string;
  /** Entries up to there. */
  seen: number;
}

/** What a cursor belongs to: tenant, locale, filter, order. A cursor of another list is refused. */
export function digestOf(...parts: unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 12);
}

export function encodeCursor({ at, seen }: CursorPosition, digest: string): string {
  return Buffer.from(JSON.stringify([at, seen, digest])).toString("base64url");
}

/** @throws TasksError INVALID_CURSOR */
export function decodeCursor(cursor: string | null | undefined, digest: string): CursorPosition | null {
  if (cursor === undefined || cursor === null) {
    return null;
  }
  const [at, seen, of] = parse(cursor);
  if (typeof at !== "string" || !Number.isSafeInteger(seen) || (seen as number) < 0 || typeof of !== "string") {
    throw invalid("it is malformed");
  }
  if (of !== digest) {
    throw invalid("it belongs to another list");
  }
  return { at, seen: seen as number };
}

function parse(cursor: unknown): unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(String(cursor), "base64url").toString());
    return Array.isArray(parsed) ? (parsed as unknown[]) : [];
  } catch {
    throw invalid("it is malformed");
  }
}

function invalid(fault: string): TasksError {
  return new TasksError(
    "INVALID_CURSOR",
    `The cursor can't be used: ${fault}. Pass meta.cursor of the page before, with the same where, search and sort.`
  );
}
