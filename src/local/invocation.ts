// What happens inside a function's process. Also loaded by lambdaProcess.mts, so it stands on nothing.

/** The second argument of a handler. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
export interface LambdaContext {
  awsRequestId: string;
  functionName: string;
  functionVersion: string;
  invokedFunctionArn: string;
  memoryLimitInMB: string;
  callbackWaitsForEmptyEventLoop: boolean;
  logGroupName: string;
  logStreamName: string;
  getRemainingTimeInMillis(): number;
}

// The event is whatever the invoker sent and the answer whatever JSON can hold; a handler declares its own types.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type LambdaHandler = (event: any, context: any) => unknown;

export interface InvocationSettings {
  requestId: string;
  functionName: string;
  memoryMb: number;
  /** Epoch milliseconds. */
  deadline: number;
}

export function createLambdaContext(settings: InvocationSettings, now: () => number): LambdaContext {
  const { requestId, functionName, memoryMb, deadline } = settings;
  return {
    awsRequestId: requestId,
    functionName,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    memoryLimitInMB: String(memoryMb),
    callbackWaitsForEmptyEventLoop: true,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: "local/[$LATEST]",
    getRemainingTimeInMillis: () => Math.max(0, deadline - now())
  };
}

/** What became of a call of the handler: the JSON text of its answer, or its error. */
export type Outcome =
  | { text: string; error?: undefined }
  | { text?: undefined; error: { errorType: string; errorMessage: string; trace?: string[] } };

/** Calls a handler. Never rejects. */
export async function callHandler(handler: LambdaHandler, event: unknown, context: LambdaContext): Promise<Outcome> {
  let answer: unknown;
  try {
    answer = await handler(event, context);
  } catch (error) {
    return { error: describeThrown(error) };
  }
  try {
    // Undefined, a function or a symbol has no JSON text: Lambda answers null.
    return { text: JSON.stringify(answer) ?? "null" };
  } catch {
    // A cycle or a bigint. Which one it was, Lambda does not say either.
    return {
      error: { errorType: "Runtime.MarshalError", errorMessage: "Unable to stringify response body", trace: [] }
    };
  }
}

/** Describes whatever was thrown as Lambda's Node.js runtime does. */
export function describeThrown(thrown: unknown): { errorType: string; errorMessage: string; trace: string[] } {
  // Not `instanceof`: the error may come from another realm.
  const { name, message, stack } = (thrown ?? {}) as { name?: unknown; message?: unknown; stack?: unknown };
  if (typeof name === "string" && typeof message === "string" && typeof stack === "string") {
    return { errorType: name, errorMessage: message, trace: stack.split("\n") };
  }
  return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
}
