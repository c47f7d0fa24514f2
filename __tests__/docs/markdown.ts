import { readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(__dirname, "..", "..");

export function readDoc(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** One fenced block of a Markdown file. */
export interface Fence {
  language: string;
  text: string;
  /** Line of the opening fence, from 1. */
  line: number;
}

export function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = [];
  let open: { language: string; line: number; lines: string[] } | null = null;
  markdown.split("\n").forEach((line, index) => {
    const fence = /^\s*```(\S*)\s*$/.exec(line);
    if (fence === null) {
      open?.lines.push(line);
    } else if (open === null) {
      open = { language: fence[1] ?? "", line: index + 1, lines: [] };
    } else {
      fences.push({ language: open.language, line: open.line, text: `${open.lines.join("\n")}\n` });
      open = null;
    }
  });
  if (open !== null) {
    throw new Error("A fence is not closed.");
  }
  return fences;
}

/** Rows of the first table whose header begins with these cells; each row its cells, trimmed. */
export function tableOf(markdown: string, ...header: string[]): string[][] {
  const lines = markdown.split("\n");
  const start = lines.findIndex(line => header.every((cell, index) => cellsOf(line)[index] === cell));
  if (start === -1) {
    throw new Error(`There is no table with the columns ${header.join(", ")}.`);
  }
  const rows: string[][] = [];
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith("|")) {
      break;
    }
    rows.push(cellsOf(line));
  }
  return rows;
}

/** The names in backticks in a cell. */
export function namesIn(cell = ""): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(match => match[1] as string);
}

function cellsOf(line: string): string[] {
  return line.startsWith("|")
    ? line
        .slice(1, line.lastIndexOf("|"))
        .split("|")
        .map(cell => cell.trim())
    : [];
}
