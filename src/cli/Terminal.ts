import { createColors } from "picocolors";

/** What a command line stands on; `process` is one. */
export interface Terminal {
  stdin: NodeJS.ReadableStream;
  stdout: OutputStream;
  stderr: OutputStream;
  env: Record<string, string | undefined>;
  once(event: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(event: "SIGINT" | "SIGTERM", listener: () => void): unknown;
}

interface OutputStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

export type Colors = ReturnType<typeof createColors>;

/** Colours where a person looks, who has not said otherwise. https://no-color.org */
export function colorsOf({ env }: Terminal, stream: OutputStream): Colors {
  return createColors(stream.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb");
}
