import type { TaskRecord } from "../storage/record.js";
import type { TaskError } from "../types.js";

/** A span of a tracer: one trigger, or one iteration. */
export interface TaskSpan {
  /** W3C `traceparent` of the span, to be stored with the task; undefined where nothing is traced. */
  readonly traceparent: string | undefined;
  set(attributes: Record<string, string | number>): void;
  /** It came to an error. Its data is not told. */
  failed(error: TaskError): void;
}

/** Makes spans around work; what the work makes itself is below them. */
export interface Tracer {
  trigger<T>(definitionId: string, work: (span: TaskSpan) => Promise<T>): Promise<T>;
  iteration<T>(record: TaskRecord, work: (span: TaskSpan) => Promise<T>): Promise<T>;
}

const NO_SPAN: TaskSpan = { traceparent: undefined, set: () => undefined, failed: () => undefined };

export const NO_TRACER: Tracer = {
  trigger: (_, work) => work(NO_SPAN),
  iteration: (_, work) => work(NO_SPAN)
};
