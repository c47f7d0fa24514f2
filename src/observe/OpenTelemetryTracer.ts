import type * as OpenTelemetry from "@opentelemetry/api";
import type { Link, Span, SpanContext, SpanOptions } from "@opentelemetry/api";
import { toTaskError } from "../errors.js";
import { logFieldsOf, type TaskRecord } from "../storage/record.js";
import type { TaskError } from "../types.js";
import type { TaskSpan, Tracer } from "./tracer.js";

type Api = typeof OpenTelemetry;

/** Version of the format, trace id, span id, flags. https://www.w3.org/TR/trace-context/#traceparent-header-field-values */
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * Spans through OpenTelemetry's API, for whatever SDK is registered. The trigger's span is stored with the task, and is the
 * parent of each iteration's, whichever process that runs in; a child is triggered within an iteration, so below it.
 */
export class OpenTelemetryTracer implements Tracer {
  constructor(private readonly api: Api) {}

  trigger<T>(definitionId: string, work: (span: TaskSpan) => Promise<T>): Promise<T> {
    const options = { kind: this.api.SpanKind.PRODUCER, attributes: prefixed({ definitionId }) };
    return this.span(`trigger ${definitionId}`, options, this.api.context.active(), work);
  }

  iteration<T>(record: TaskRecord, work: (span: TaskSpan) => Promise<T>): Promise<T> {
    const { context, trace, ROOT_CONTEXT, SpanKind } = this.api;
    const triggered = spanContextOf(record.trace);
    const invocation = trace.getSpanContext(context.active());
    // The Lambda's own span is of another trace: each shows the way to the other.
    const links: Link[] = triggered !== undefined && invocation !== undefined ? [{ context: invocation }] : [];
    const parent =
      triggered === undefined ? context.active() : trace.setSpanContext(ROOT_CONTEXT, { ...triggered, isRemote: true });
    const options = { kind: SpanKind.CONSUMER, attributes: prefixed(logFieldsOf(record)), links };
    return this.span(`run ${record.definitionId}`, options, parent, work);
  }

  private span<T>(
    name: string,
    options: SpanOptions,
    parent: OpenTelemetry.Context,
    work: (span: TaskSpan) => Promise<T>
  ): Promise<T> {
    // Asked for each time: an SDK may be registered later, or another one.
    return this.api.trace.getTracer("@webiny/tasks").startActiveSpan(name, options, parent, async span => {
      const failed = (error: TaskError) => this.fail(span, error);
      try {
        return await work({
          traceparent: this.api.isSpanContextValid(span.spanContext()) ? traceparentOf(span.spanContext()) : undefined,
          set: attributes => void span.setAttributes(prefixed(attributes)),
          failed
        });
      } catch (error) {
        failed(toTaskError(error));
        throw error;
      } finally {
        span.end();
      }
    });
  }

  private fail(span: Span, { message, code, stack }: TaskError): void {
    span.recordException({ message, code, stack });
    span.setStatus({ code: this.api.SpanStatusCode.ERROR, message });
  }
}

function prefixed(attributes: Record<string, string | number>): Record<string, string | number> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`webiny.tasks.${name}`, value]));
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

function spanContextOf(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? "") ?? [];
  return traceId === undefined || spanId === undefined || flags === undefined
    ? undefined
    : { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}
