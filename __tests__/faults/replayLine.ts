import type { Failure } from "../../src/testing/index.js";

/** The line that runs a schedule again and shows its effects. */
export function replayLine({ scenario, seed, faults }: Failure): string {
  const schedule = faults.map(({ at, fault }) => `${at}:${fault}`).join();
  return `npm run faults -- --scenario "${scenario}" --seed ${seed} --replay "${schedule}"`;
}
