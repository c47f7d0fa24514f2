import { taskIdOf, type TaskRecord } from "../../src/storage/record.js";
import { scenarios, type Scenario } from "./scenarios.js";
import { DELIVERIES, FAULTS, isFinished, World, type Schedule } from "./World.js";

const HOOK_OF = { success: "onDone", failed: "onError", aborted: "onAbort" } as Record<string, string>;

/** Runs a scenario, with a fault or without. @returns what is wrong in the end */
async function explore(scenario: Scenario, schedule: Schedule | null): Promise<{ world: World; faults: string[] }> {
  const world = new World(w => scenario.definitions(w), schedule);
  world.eventsAtStart = scenario.eventsAtStart ?? 1;
  await scenario.start(world);
  await world.untilQuiet();
  return { world, faults: await check(world, scenario, schedule) };
}

/** The promises, checked on what is stored and on what the user's code saw. */
async function check(world: World, scenario: Scenario, schedule: Schedule | null): Promise<string[]> {
  const faults: string[] = [];
  const records = await world.records();
  for (const record of records) {
    faults.push(...(await checkRecord(world, scenario, schedule, record)));
  }
  for (const { name, status } of world.executions.values()) {
    if (status === "RUNNING") {
      faults.push(`the execution ${name} is open for ever`);
    }
  }
  for (const id of world.aborted) {
    const record = records.find(one => taskIdOf(one) === id);
    if (record !== undefined && record.taskStatus !== "aborted") {
      faults.push(`${id} was aborted and is ${record.taskStatus}`);
    }
  }
  if (world.done.includes("trigger failed") && world.done.some(line => line.startsWith("run"))) {
    faults.push("a trigger that failed left a task that ran");
  }
  if (schedule === null) {
    const end = records.length === 0 ? "gone" : records[0]?.taskStatus;
    if (end !== scenario.end) {
      faults.push(`it ended as ${end}, not as ${scenario.end}`);
    }
  }
  return faults;
}

async function checkRecord(
  world: World,
  scenario: Scenario,
  schedule: Schedule | null,
  record: TaskRecord
): Promise<string[]> {
  const id = taskIdOf(record);
  const faults: string[] = [];
  const say = (fault: string) => faults.push(`${record.definitionId} ${record.taskStatus}: ${fault}`);
  if (!isFinished(record)) {
    say(`stuck, owed ${JSON.stringify(record.owed)}, deleted ${record.deleted}`);
    return faults;
  }
  const hooks = world.done.filter(line => line.endsWith(id) && line.startsWith("on")).map(line => line.split(" ")[0]);
  const wanted = HOOK_OF[record.taskStatus] as string;
  const others = hooks.filter(hook => hook !== wanted && !(hook === "onMaxIterations" && wanted === "onError"));
  if (others.length > 0) {
    say(`ran ${others.join()}`);
  }
  const times = hooks.filter(hook => hook === wanted).length;
  if (times === 0) {
    say(`${wanted} never ran`);
  }
  if (times > 1 && (schedule === null || times > 2)) {
    say(`${wanted} ran ${times} times`);
  }
  // Only what is refused to the code of the task itself may fail it.
  if (record.taskStatus === "failed" && scenario.end !== "failed" && schedule?.fault !== "it is refused") {
    say(`failed with ${record.error}`);
  }
  const output = (await world.task(id))?.output as { seen?: number[] } | undefined;
  if (record.taskStatus === "success" && output?.seen !== undefined) {
    const right = Array.from({ length: output.seen.length }, (_, at) => at + 1);
    if (JSON.stringify(output.seen) !== JSON.stringify(right) || record.iterations !== right.length) {
      say(`saved ${JSON.stringify(output.seen)} in ${record.iterations} iterations`);
    }
  }
  return faults;
}

// All of them take some minutes: `npm run faults`.
const QUICK = ["a single iteration"];
const explored = process.env.FAULTS === "all" ? scenarios : scenarios.filter(({ name }) => QUICK.includes(name));

describe.each(explored.map(scenario => [scenario.name, scenario] as const))("%s", (_, scenario) => {
  it("ends well without a fault, and with each fault at each of its effects", async () => {
    const { world, faults } = await explore(scenario, null);
    expect(faults).toEqual([]);
    const failed: string[] = [];
    for (let at = 0; at < world.effects.length; at++) {
      const isInvocation = ["Lambda", "Recover"].includes(world.effects[at] ?? "");
      for (const fault of isInvocation ? [...FAULTS, ...DELIVERIES] : FAULTS) {
        const schedule = { at, fault };
        const found = await explore(scenario, schedule);
        for (const line of found.faults) {
          failed.push(`${JSON.stringify(schedule)} (${found.world.effects[at]}): ${line}`);
        }
      }
    }
    expect(failed).toEqual([]);
  }, 300_000);
});
