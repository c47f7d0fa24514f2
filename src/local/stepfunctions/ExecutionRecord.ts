export type ExecutionStatus = "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";

/** What is known of an execution from outside, also after it has ended. Times are epoch milliseconds. */
export interface ExecutionRecord {
  /** Order of the starts. */
  sequence: number;
  executionArn: string;
  name: string;
  stateMachineArn: string;
  status: ExecutionStatus;
  startDate: number;
  stopDate?: number;
  /** JSON text, as it came. */
  input: string;
  output?: string;
  error?: string;
  cause?: string;
  /** History events and state transitions (with retries) so far. */
  events: number;
  transitions: number;
}

/** One event of an execution's history. Its id is its place, from 1. */
export interface HistoryEvent {
  type: string;
  timestamp: number;
  /** State it belongs to. */
  state?: string;
  error?: string;
  cause?: string;
}
