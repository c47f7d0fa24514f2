import { CLOSED_STATUSES, STATUS_EVENT } from "../constants.js";

export const STATUS_RULE_DESCRIPTION = "Ends of executions that a task may not have survived.";
export const SWEEP_DESCRIPTION = "Looks after overdue tasks, and removes those whose retention is over.";

/** What a rule of EventBridge has to match: ends of this state machine's executions that a task may not have survived. */
export function statusEventPattern(stateMachineArn: string) {
  return {
    source: [STATUS_EVENT.source],
    "detail-type": [STATUS_EVENT.detailType],
    detail: { status: [...CLOSED_STATUSES], stateMachineArn: [stateMachineArn] }
  };
}

/** Rate of a schedule or rule: "rate(1 minute)", "rate(10 minutes)". */
export function rateOf(minutes: number): string {
  return `rate(${minutes} ${minutes === 1 ? "minute" : "minutes"})`;
}
