/** One Lambda call, as the runner sees it. */
export interface Invocation {
  /** Request id: owner of the leases it takes. */
  owner: string;
  /** Milliseconds until Lambda ends it. */
  remainingMs(): number;
}

/** What Lambda passes as its second argument, as far as it is used. */
export interface LambdaContext {
  awsRequestId: string;
  getRemainingTimeInMillis(): number;
  [more: string]: unknown;
}
