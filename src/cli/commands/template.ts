import type { Format } from "../../deploy/artefacts.js";
import type { Terminal } from "../Terminal.js";

export const FORMATS: Format[] = ["cloudformation", "asl", "iam"];

export async function template({ stdout }: Terminal, format: Format): Promise<void> {
  const { artefact } = await import("../../deploy/artefacts.js");
  stdout.write(`${artefact(format)}\n`);
}
