import { faultsAt, HARMLESS, type Fault, type PlannedFault } from "./faults.js";
import { brokenPromises } from "./promises.js";
import { seededRandom } from "./random.js";
import { Simulation, type SimulationOptions } from "./Simulation.js";

/** A story of a few tasks, told again and again with something else going wrong. */
export interface Scenario extends Omit<SimulationOptions, "faults" | "seed"> {
  name: string;
  /** What callers do. Whatever it rejects with because of a fault is no failure; without faults it must not reject. */
  start(simulation: Simulation): Promise<unknown>;
  /** What has to hold in the end, besides the promises of the library: returns what does not, in words. */
  check?(simulation: Simulation, faults: readonly PlannedFault[]): string[] | Promise<string[]>;
}

/** How much is explored. */
export interface ExploreOptions {
  /** Decides the order of what happens at once, and which pairs are tried; default 1. */
  seed?: number;
  /** Only these faults; default all. */
  faults?: readonly Fault[];
  /** Stop at the first failure; default false. */
  untilFailure?: boolean;
  /** Schedules with two faults, drawn by the seed, besides all with one; default 0. */
  pairs?: number;
}

/** A schedule after which something does not hold. */
export interface Failure {
  scenario: string;
  seed: number;
  /** None: it fails by itself. */
  faults: PlannedFault[];
  /** Names of the effects the faults happened at. */
  at: string[];
  broken: string[];
}

/** What was explored, and what was found. */
export interface ScenarioReport {
  scenario: string;
  /** Effects of the run without faults: where one can happen. */
  points: number;
  /** Runs, the one without faults included. */
  schedules: number;
  failures: Failure[];
}

/**
 * Runs a scenario once to see its effects (every request, every invocation, every call of your code), and then again for
 * each effect with each fault that can happen there, and checks in the end that nothing is stuck, lost or done twice.
 * Everything is in memory and virtual time: some hundred runs a second, and the same seed gives the same runs.
 * @example
 * const report = await exploreFaults({
 *   name: "sync",
 *   plugins: [syncArticles],
 *   start: ({ tasks }) => tasks.trigger({ definition: "syncArticles" })
 * });
 * assert.deepEqual(report.failures, []);
 */
export async function exploreFaults(scenario: Scenario, options: ExploreOptions = {}): Promise<ScenarioReport> {
  const { seed = 1, faults: wanted, pairs = 0, untilFailure = false } = options;
  const plain = await runSchedule(scenario, [], seed);
  const { effects } = plain.simulation;
  const report: ScenarioReport = { scenario: scenario.name, points: effects.length, schedules: 0, failures: [] };
  take(plain);
  const singles = effects.flatMap((effect, at) => faultsAt(effect).map(fault => ({ at, fault })));
  const isOver = () => untilFailure && report.failures.length > 0;
  for (const planned of singles.filter(({ fault }) => wanted?.includes(fault) ?? true)) {
    if (isOver()) {
      break;
    }
    take(await runSchedule(scenario, [planned], seed, plain.simulation.invocations));
  }
  const random = seededRandom(seed);
  for (let count = 0; count < pairs && !isOver(); count++) {
    take(await runPair(scenario, singles, seed, random, plain.simulation.invocations));
  }
  return report;

  function take({ failure }: { failure: Failure | null }): void {
    report.schedules += 1;
    if (failure !== null) {
      report.failures.push(failure);
    }
  }
}

/**
 * Runs one schedule of a scenario: what a failure names can be replayed by it.
 * @param invocations of the run without faults; default: no bound
 */
export async function runSchedule(
  scenario: Scenario,
  faults: PlannedFault[],
  seed = 1,
  invocations = Infinity
): Promise<{ simulation: Simulation; failure: Failure | null }> {
  const simulation = new Simulation({ ...scenario, faults, seed });
  const broken: string[] = [];
  try {
    await scenario.start(simulation);
  } catch (error) {
    if (faults.every(({ fault }) => HARMLESS.includes(fault))) {
      const message = error instanceof Error ? error.message : String(error);
      broken.push(`it fails ${faults.length === 0 ? "without a fault" : "for its caller"}: ${message}`);
    }
  }
  if (!(await simulation.untilQuiet())) {
    broken.push("it never comes to an end");
  }
  const happened = faults.filter(({ at }) => at < simulation.effects.length);
  broken.push(...(await brokenPromises(simulation, { faults: happened.map(({ fault }) => fault), invocations })));
  broken.push(...((await scenario.check?.(simulation, faults)) ?? []));
  const at = faults.map(planned => simulation.effects[planned.at]?.name ?? "never reached");
  return { simulation, failure: broken.length === 0 ? null : { scenario: scenario.name, seed, faults, at, broken } };
}

/** The second fault happens at any effect of the run with the first. */
async function runPair(
  scenario: Scenario,
  singles: readonly PlannedFault[],
  seed: number,
  random: () => number,
  invocations: number
): Promise<{ failure: Failure | null }> {
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
  const first = pick(singles);
  const { effects } = (await runSchedule(scenario, [first], seed)).simulation;
  const later = effects.slice(first.at + 1);
  if (later.length === 0) {
    return { failure: null };
  }
  const at = first.at + 1 + Math.floor(random() * later.length);
  const fault = pick(faultsAt(effects[at] as (typeof effects)[number]));
  return runSchedule(scenario, [first, { at, fault }], seed, invocations);
}
