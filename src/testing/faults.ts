/** What an effect is: a request to storage or to the execution service, an invocation, a call of the user's code, or a caller's first step. */
export type EffectKind = "request" | "invocation" | "code" | "call";

/** One thing that happened, at which a fault may happen. */
export interface Effect {
  /** Such as `storage.update`, `start`, `Lambda`, `onDone`. */
  name: string;
  kind: EffectKind;
  /** Whether it has a part that can be left undone (a batch), or an answer that may be late (an index). */
  trait?: "batch" | "index";
  /** In an invocation, which has a deadline; else in a caller. */
  inInvocation: boolean;
}

const INVOKED = (effect: Effect) => effect.kind === "invocation";
const REQUESTED = (effect: Effect) => effect.kind === "request";

/** Every fault, with what it does, and the effects it can happen at. */
export const FAULTS = {
  "crash-before": { means: "the process dies before it", at: ({ kind }: Effect) => kind !== "call" },
  "crash-after": { means: "the process dies after it took effect", at: ({ kind }: Effect) => kind !== "call" },
  "sent-twice": { means: "its answer is lost, and the SDK sends it again", at: REQUESTED },
  refused: { means: "it is throttled until the SDK gives up", at: REQUESTED },
  late: { means: "it takes effect 20 minutes later, when the lease of its sender is over", at: REQUESTED },
  partial: { means: "half of the batch is left undone", at: ({ trait }: Effect) => trait === "batch" },
  "stale-index": { means: "the index answers as it was 10 minutes ago", at: ({ trait }: Effect) => trait === "index" },
  hang: {
    means: "the code never returns: Lambda ends it at its deadline",
    at: ({ kind, inInvocation }: Effect) => kind === "code" && inInvocation
  },
  throttled: { means: "Lambda has no free place; the machine tries again", at: INVOKED },
  "delivered-again": { means: "the same event is delivered again, later", at: INVOKED },
  "delivered-twice": { means: "the same event is delivered twice at once", at: INVOKED },
  "clock-ahead": {
    means: "the clock of the process is 10 minutes ahead",
    at: ({ kind }: Effect) => kind === "invocation" || kind === "call"
  },
  "clock-behind": {
    means: "the clock of the process is 10 minutes behind",
    at: ({ kind }: Effect) => kind === "invocation" || kind === "call"
  },
  abort: { means: "every task is aborted before it", at: () => true }
} as const;

/** The name of a fault. */
export type Fault = keyof typeof FAULTS;

/** Which fault happens at which effect; number 0 is the first one. */
export interface PlannedFault {
  at: number;
  fault: Fault;
}

/** The faults that can happen at an effect. */
export function faultsAt(effect: Effect): Fault[] {
  return (Object.keys(FAULTS) as Fault[]).filter(fault => FAULTS[fault].at(effect));
}

/** Faults that no caller may notice, and after which nothing is called again. */
export const HARMLESS: readonly Fault[] = [
  "sent-twice",
  "delivered-again",
  "delivered-twice",
  "throttled",
  "stale-index",
  "partial"
];
