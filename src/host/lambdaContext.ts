import { randomUUID } from "node:crypto";
import type { LambdaContext } from "../runner/Invocation.js";

const LAMBDA_MS = 900_000;

/** Outside Lambda (tests, scripts) there may be no context: a request of its own with the longest deadline. */
export function completeContext(given: Partial<LambdaContext> = {}): LambdaContext {
  const deadline = Date.now() + LAMBDA_MS;
  return Object.assign(given, {
    awsRequestId: given.awsRequestId ?? randomUUID(),
    getRemainingTimeInMillis: given.getRemainingTimeInMillis?.bind(given) ?? (() => deadline - Date.now())
  });
}
