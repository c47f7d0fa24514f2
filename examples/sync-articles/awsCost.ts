import type { LocalCounts } from "@webiny/tasks/local";

/**
 * On-demand prices in us-east-1 in US dollars, without the free tier, as of October 2026.
 * - Step Functions (Standard): https://aws.amazon.com/step-functions/pricing/
 * - DynamoDB: https://aws.amazon.com/dynamodb/pricing/on-demand/
 * - Lambda (arm64): https://aws.amazon.com/lambda/pricing/
 */
export const PRICES = {
  source: "us-east-1, on demand, without the free tier, October 2026",
  transition: 25 / 1e6,
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  lambdaRequest: 0.2 / 1e6,
  lambdaGbSecond: 0.0000133334
} as const;

/** Memory of the Lambda the estimate is for, in GB. */
export const LAMBDA_GB = 1;

export interface CostLine {
  quantity: number;
  of: string;
  /** As AWS states it. */
  price: string;
  dollars: number;
}

/** What the same work would cost on AWS. Its part of stored data, logs of the Lambda and data transfer is not in it. */
export function estimateAwsCost(counts: LocalCounts): { lines: CostLine[]; dollars: number } {
  const { transitions, writeUnits = 0, readUnits = 0, invocations, invocationMs } = counts;
  const gbSeconds = (invocationMs / 1000) * LAMBDA_GB;
  const perMillion = (quantity: number, of: string, price: number): CostLine => ({
    quantity,
    of,
    price: `$${Number((price * 1e6).toFixed(3))} per million`,
    dollars: quantity * price
  });
  const lines = [
    perMillion(transitions, "state transitions", PRICES.transition),
    perMillion(writeUnits, "write units", PRICES.writeUnit),
    perMillion(readUnits, "read units", PRICES.readUnit),
    perMillion(invocations, "Lambda requests", PRICES.lambdaRequest),
    {
      quantity: gbSeconds,
      of: "Lambda GB-seconds",
      price: `$${PRICES.lambdaGbSecond} each`,
      dollars: gbSeconds * PRICES.lambdaGbSecond
    }
  ];
  return { lines, dollars: lines.reduce((sum, line) => sum + line.dollars, 0) };
}
