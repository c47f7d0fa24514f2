import type { TaskContext } from "../definition/TaskDefinition.js";
import { presentError, type PresentedError } from "./presentError.js";

/** What every field of the API answers. */
export interface Envelope {
  data: unknown;
  error: PresentedError | null;
  meta?: unknown;
}

/** Carries out a request. Whatever is thrown becomes the `error` of the answer. */
export async function envelope(
  context: TaskContext,
  work: () => Promise<{ data: unknown; meta?: unknown }>
): Promise<Envelope> {
  try {
    return { error: null, ...(await work()) };
  } catch (error) {
    return { data: null, error: presentError(context, error) };
  }
}
