import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Colors } from "../Terminal.js";

/** The line of your own code that a stack points at first, with its place; undefined where there is none to show. */
export function sourceLine(stack: string, colors: Colors): string | undefined {
  for (const frame of stack.split("\n")) {
    const [, place = "", line = "", column = ""] = /^\s+at (?:.*\()?(.+?):(\d+):(\d+)\)?$/.exec(frame) ?? [];
    const isOwn = place !== "" && !/^node:|[\\/]node_modules[\\/]/.test(place);
    const text = isOwn ? readLine(place, Number(line)) : undefined;
    if (text !== undefined) {
      const caret = `${" ".repeat(line.length + 3 + Number(column) - 1)}${colors.red("^")}`;
      return `${colors.gray(`${line} |`)} ${text}\n${caret}`;
    }
  }
  return undefined;
}

function readLine(place: string, line: number): string | undefined {
  try {
    const path = place.startsWith("file:") ? fileURLToPath(place.replace(/[?#].*$/, "")) : place;
    // A tab would put the caret elsewhere.
    return readFileSync(path, "utf8").split(/\r?\n/)[line - 1]?.replaceAll("\t", " ");
  } catch {
    // The file may have been moved, or never have been one ("<anonymous>"): the stack is shown all the same.
    return undefined;
  }
}
