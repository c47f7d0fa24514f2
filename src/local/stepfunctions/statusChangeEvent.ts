import { randomUUID } from "node:crypto";
import type { ExecutionRecord, ExecutionStatus } from "./ExecutionRecord.js";

/** What EventBridge delivers. https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
export interface ExecutionStatusChangeEvent {
  version: "0";
  id: string;
  "detail-type": "Step Functions Execution Status Change";
  source: "aws.states";
  account: string;
  /** ISO 8601, whole seconds. */
  time: string;
  region: string;
  resources: string[];
  detail: {
    executionArn: string;
    stateMachineArn: string;
    name: string;
    status: ExecutionStatus;
    /** Epoch milliseconds. */
    startDate: number;
    stopDate: number | null;
    input: string | null;
    inputDetails: { included: boolean } | null;
    output: string | null;
    outputDetails: { included: boolean } | null;
    error: string | null;
    cause: string | null;
  };
}

/** Input and output are left out of an event above this size, in bytes of their escaped text. Same page. */
const MAX_EVENT_BYTES = 248 * 1_024;

export function statusChangeEvent(record: ExecutionRecord, now: number): ExecutionStatusChangeEvent {
  const { executionArn, stateMachineArn, name, status, startDate, stopDate, input, output, error, cause } = record;
  const [, , , region = "", account = ""] = executionArn.split(":");
  const escaped = (value: string | undefined) => (value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value)));
  const withInput = escaped(input) + escaped(output) <= MAX_EVENT_BYTES;
  const withOutput = escaped(output) <= MAX_EVENT_BYTES;
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Step Functions Execution Status Change",
    source: "aws.states",
    account,
    time: new Date(now).toISOString().replace(/\.\d+Z$/, "Z"),
    region,
    resources: [executionArn],
    detail: {
      executionArn,
      stateMachineArn,
      name,
      status,
      startDate,
      stopDate: stopDate ?? null,
      input: withInput ? input : null,
      inputDetails: { included: withInput },
      output: output !== undefined && withOutput ? output : null,
      outputDetails: output === undefined ? null : { included: withOutput },
      error: error ?? null,
      cause: cause ?? null
    }
  };
}
