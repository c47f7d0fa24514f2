/** What is deployed when nobody says otherwise: once, for every format. */

export const RUNTIMES = ["nodejs22.x", "nodejs24.x"] as const;
export const ARCHITECTURE = "arm64";

/** The time-out is Lambda's longest; the state machine's own, 960 s, is above it. */
export const RUNNER = { memoryMb: 1_024, timeoutSeconds: 900 } as const;

/** API Gateway waits 30 seconds for an answer. */
export const API = { memoryMb: 512, timeoutSeconds: 30 } as const;

/** Minutes between two sweeps. */
export const SWEEP_MINUTES = 10;

/** A sweep that fails is not tried again by the scheduler: the next one comes soon. */
export const SWEEP_RETRIES = 0;

/** Days the logs of the functions and of the state machine are kept. */
export const LOG_RETENTION_DAYS = 30;

/** Step Functions logs errors only, and no inputs or outputs. */
export const STATE_MACHINE_LOGGING = { level: "ERROR", includeExecutionData: false } as const;

/** Step Functions writes to log groups of this prefix without the account's limit on resource policies. */
export const VENDED_LOGS_PREFIX = "/aws/vendedlogs/";
