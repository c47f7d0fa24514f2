import type { TaskUsage } from "../types.js";

/** What AWS asks, on demand, in US dollars. Replace it with the table of your region: `createBackgroundTasks({ prices })`. */
export interface Prices {
  /** Which prices these are: shown beside every sum. */
  region: string;
  date: string;
  millionTransitions: number;
  millionInvocations: number;
  gbSecond: number;
  millionReadUnits: number;
  millionWriteUnits: number;
}

/**
 * us-east-1, without the free tier; Lambda by the processor this runs on.
 * - https://aws.amazon.com/step-functions/pricing/
 * - https://aws.amazon.com/lambda/pricing/
 * - https://aws.amazon.com/dynamodb/pricing/on-demand/
 */
export const DEFAULT_PRICES: Prices = {
  region: "us-east-1",
  date: "2026-10",
  millionTransitions: 25,
  millionInvocations: 0.2,
  gbSecond: process.arch === "arm64" ? 0.0000133334 : 0.0000166667,
  millionReadUnits: 0.125,
  millionWriteUnits: 0.625
};

/**
 * What a usage costs in dollars. Stored data, the Lambda's log and data transfer are not in it.
 * @example dollarsOf(task.usage); // 0.000234
 */
export function dollarsOf(usage: TaskUsage, prices: Prices = DEFAULT_PRICES): number {
  const millions =
    usage.transitions * prices.millionTransitions +
    usage.invocations * prices.millionInvocations +
    usage.readUnits * prices.millionReadUnits +
    usage.writeUnits * prices.millionWriteUnits;
  return millions / 1e6 + usage.gbSeconds * prices.gbSecond;
}
