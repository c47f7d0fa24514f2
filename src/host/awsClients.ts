import type { DynamoDBClient, DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import type { SFNClient } from "@aws-sdk/client-sfn";

/** How long a connection may take, in milliseconds. */
export const AWS_CONNECTION_MS = 2_000;

/**
 * How long an answer may take, in milliseconds. DynamoDB answers within 25 ms, Step Functions within 300. The SDK itself
 * would wait for ever, and one lost packet would cost the whole invocation, at up to 15 minutes of Lambda.
 */
export const AWS_ANSWER_MS = 5_000;

/** How often a request is sent at most, with the SDK's growing pauses between: about 4 seconds in all when throttled. */
export const AWS_ATTEMPTS = 5;

/** The client of the tasks' table, where the user gave none. */
export async function createDynamoDbClient(config: DynamoDBClientConfig = {}): Promise<DynamoDBClient> {
  const { DynamoDBClient } = await import("@aws-sdk/client-dynamodb");
  return new DynamoDBClient({ ...limits(), ...config });
}

/** The client of the state machine, where the user gave none. */
export async function createStepFunctionsClient(): Promise<SFNClient> {
  const { SFNClient } = await import("@aws-sdk/client-sfn");
  return new SFNClient(limits());
}

function limits(): Pick<DynamoDBClientConfig, "maxAttempts" | "requestHandler"> {
  return {
    // What an operator says by the SDK's own variable holds.
    ...(process.env.AWS_MAX_ATTEMPTS === undefined ? { maxAttempts: AWS_ATTEMPTS } : {}),
    requestHandler: {
      connectionTimeout: AWS_CONNECTION_MS,
      requestTimeout: AWS_ANSWER_MS,
      throwOnRequestTimeout: true
    }
  };
}
