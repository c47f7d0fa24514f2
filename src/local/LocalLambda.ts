/** One function that can be invoked, as Step Functions sees it. */
export interface LocalLambda {
  readonly functionName: string;
  /**
   * Invokes it once. Event and answer pass through JSON text.
   * @param options.signal ends the invocation when the local runtime stops. Nothing else does: as on AWS, neither
   *   StopExecution nor the time-out of a Task state reaches a running function
   * @throws LambdaError
   */
  invoke(event: unknown, options?: { signal?: AbortSignal }): Promise<{ payload: unknown }>;
  /** Ends what runs and frees everything. */
  stop(): Promise<void>;
}

/** A failed invocation: what Step Functions puts into `Error` and `Cause`. */
export class LambdaError extends Error {
  /** The name a Retry or Catch matches. */
  readonly error: string;
  /** JSON text: `{ errorType, errorMessage, trace? }`. */
  override readonly cause: string;

  constructor(described: DescribedError) {
    super(described.errorMessage);
    this.name = described.errorType;
    this.error = described.errorType;
    this.cause = JSON.stringify(described);
  }
}

/** What Lambda answers instead of a result. */
export interface DescribedError {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

/** Largest answer, in bytes of its JSON: "6 MB" is this many. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const MAX_RESPONSE_BYTES = 6_291_556;

/** Memory a local function says it has when nobody sets it, in MB. */
export const DEFAULT_MEMORY_MB = 1_024;

export const DEFAULT_FUNCTION_NAME = "tasks-local";

/** Reads the JSON text of an answer. @throws LambdaError Function.ResponseSizeTooLarge */
export function readAnswer(text: string): { payload: unknown } {
  if (Buffer.byteLength(text) > MAX_RESPONSE_BYTES) {
    throw new LambdaError({
      errorType: "Function.ResponseSizeTooLarge",
      errorMessage: `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`
    });
  }
  return { payload: JSON.parse(text) as unknown };
}

export function timedOut(requestId: string, timeoutSeconds: number): LambdaError {
  return new LambdaError({
    errorType: "Sandbox.Timedout",
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`
  });
}

export function stopped(requestId: string): LambdaError {
  return new LambdaError({
    errorType: "Lambda.Unknown",
    errorMessage: `RequestId: ${requestId} Error: The local runtime was stopped`
  });
}
