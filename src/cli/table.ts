import Table from "cli-table3";
import type { Colors } from "./Terminal.js";

const NO_BORDER = Object.fromEntries(
  [
    ...["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"],
    ...["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"]
  ].map(name => [name, ""])
);

/** Columns without lines: easy to read, and to cut. */
export function table(head: string[], rows: string[][], colors: Colors): string {
  const drawn = new Table({
    head: head.map(name => colors.bold(name)),
    chars: NO_BORDER,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 }
  });
  drawn.push(...rows);
  return drawn
    .toString()
    .split("\n")
    .map(line => line.trimEnd())
    .join("\n");
}
