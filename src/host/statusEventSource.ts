import { CLOSED_STATUSES, STATUS_EVENT } from "../constants.js";
import { executionNameOf, isActive, isLeased, type Scope } from "../storage/record.js";
import { engineOf } from "../tasks/engineOf.js";
import type { Care } from "../tasks/revive.js";
import { once } from "./once.js";
import { createEventSource } from "./plugins.js";

const load = once(async () => {
  const { afterClosed, isUnfinished } = await import("../tasks/lookAfter.js");
  const { readRecord } = await import("../tasks/readTask.js");
  return { afterClosed, isUnfinished, readRecord };
});

const CLOSED: readonly string[] = CLOSED_STATUSES;

interface StatusEvent {
  detail: { name: string; status: string; input: string };
}

/**
 * EventBridge tells that an execution failed, timed out or was stopped. A task that it leaves unfinished is revived at
 * once, instead of when it is due; one whose execution was stopped in Step Functions is aborted.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
export const statusEventSource = createEventSource({
  name: "webiny.tasks.statusEventSource",
  canUse: isStatusEvent,
  async handle({ event, createContext }): Promise<{ care: Care }> {
    const { name, status, input } = (event as StatusEvent).detail;
    const started = taskOf(input);
    if (started === null || !CLOSED.includes(status)) {
      return { care: "left" };
    }
    const { afterClosed, isUnfinished, readRecord } = await load();
    const engine = engineOf(await createContext({ tenant: started.tenant, locale: started.locale }));
    const record = await readRecord(engine, started.id);
    // The task may go on in another execution by now, or have ended as this one did.
    if (record === null || executionNameOf(record) !== name || !isUnfinished(record)) {
      return { care: "left" };
    }
    const isHeld = isLeased(record, engine.clock.now()) || (record.hookUntil ?? 0) >= engine.clock.now();
    const isStopped = status === "ABORTED" && isActive(record);
    if (isHeld && !isStopped) {
      // Somebody still works at it, such as the abort that stopped this execution; when they die too, it is due.
      return { care: "left" };
    }
    return { care: await afterClosed(engine, record, status) };
  }
});

function isStatusEvent(event: unknown): boolean {
  const { source, detail, ...rest } = (event ?? {}) as { source?: unknown; detail?: { input?: unknown } | null };
  return (
    source === STATUS_EVENT.source &&
    (rest as { "detail-type"?: unknown })["detail-type"] === STATUS_EVENT.detailType &&
    typeof detail?.input === "string" &&
    detail.input.includes('"webinyTaskId"')
  );
}

/** The task that an execution was started for: ours has it at the top of its input, Webiny's in `detail`. */
function taskOf(input: string): (Scope & { id: string }) | null {
  const parsed = JSON.parse(input) as Record<string, unknown> & { detail?: Record<string, unknown> };
  const { webinyTaskId: id, tenant, locale } = parsed.detail ?? parsed;
  return typeof id === "string" && typeof tenant === "string" && typeof locale === "string"
    ? { id, tenant, locale }
    : null;
}
