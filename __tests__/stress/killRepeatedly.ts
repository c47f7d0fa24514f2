import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { seededRandom } from "../../src/testing/random.js";
import { checkAll } from "./checkAll.js";
import { LocalServer, type Life } from "./LocalServer.js";
import { Outside } from "./Outside.js";
import { between, type Random } from "./plans.js";
import { SecondSystem, type Effect } from "./SecondSystem.js";
import { readStored, unfinishedAt } from "./Stored.js";

export interface KillOptions {
  kills: number;
  /** Moments of the kills and what is asked for follow from it; what happens then does not. */
  seed: number;
  onKill?: (kills: number, wanted: number) => void;
}

export interface KillReport {
  kills: number;
  /** Tasks that were compared, children included. */
  tasks: number;
  /** Requests whose answer a kill took along. */
  lost: number;
  /** What the code of the tasks did outside. */
  effects: number;
  seconds: number;
  broken: string[];
  /** What the server printed. */
  output: string;
}

/** One kill of so many hits a server that is not ready yet, and one life of so many runs the code in processes. */
const ONE_IN = { whileItStarts: 5, inProcesses: 5 };

/** A kill comes after so many effects of a life and some milliseconds more, at the latest after a while. */
const EFFECTS = { least: 0, most: 40 };
const MORE_MS = { least: 0, most: 30 };
const MOST_MS = 2_000;
const STARTING_MS = { least: 0, most: 700 };

/** How long the last life gets for what is unfinished, and how often it is looked at. */
const END_MS = 120_000;
const LOOK_MS = 250;

/**
 * Runs the local server, has tasks run, triggered, aborted and deleted by others, and kills it again and again. The last
 * life may finish what there is; then every task is compared with what was asked for and what it did outside.
 */
export async function killRepeatedly({ kills, seed, onKill }: KillOptions): Promise<KillReport> {
  const startedAt = performance.now();
  const dataDir = mkdtempSync(join(tmpdir(), "tasks-kills-"));
  const effects: Effect[] = [];
  const secondSystem = await SecondSystem.start(effect => effects.push(effect));
  // A sweep within the hour would hide what a start does not find.
  const server = new LocalServer({ dataDir, secondSystem: secondSystem.url, sweepSeconds: 3_600 });
  const outside = new Outside(server, seededRandom(seed));
  const moments = seededRandom(seed + 1);
  const broken: string[] = [];
  try {
    outside.begin();
    for (let kill = 1; kill <= kills; kill++) {
      server.begin(moments() * ONE_IN.inProcesses < 1 ? "processes" : "plugins");
      await untilKill(server, effects, moments);
      if (server.hasCrashed) {
        broken.push(`the server ended before kill ${kill}`);
      }
      await server.kill();
      onKill?.(kill, outside.wanted.length);
    }
    server.begin();
    await outside.finish();
    broken.push(...(await unfinishedAfter(await server.ready())));
    await server.kill();
    const stored = await readStored(dataDir);
    broken.push(...outside.broken, ...checkAll(outside.wanted, effects, stored));
    return {
      kills,
      tasks: stored.records.size + outside.wanted.filter(({ deleted }) => deleted).length,
      lost: outside.lost,
      effects: effects.length,
      seconds: Math.round((performance.now() - startedAt) / 1_000),
      broken,
      output: server.output
    };
  } finally {
    await server.kill();
    await secondSystem.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** On a busy machine it takes longer, so that as much happens between two kills. */
async function untilKill(server: LocalServer, effects: readonly Effect[], random: Random): Promise<void> {
  if (random() * ONE_IN.whileItStarts < 1) {
    await sleep(between(random, STARTING_MS.least, STARTING_MS.most));
  } else {
    await server.ready();
    const enough = effects.length + between(random, EFFECTS.least, EFFECTS.most);
    const latest = performance.now() + MOST_MS;
    while (effects.length < enough && performance.now() < latest) {
      await sleep(2);
    }
    await sleep(between(random, MORE_MS.least, MORE_MS.most));
  }
}

/** Waits until every task has ended and every execution with it. @returns what does not */
async function unfinishedAfter({ endpoints }: Life): Promise<string[]> {
  const credentials = { accessKeyId: "any", secretAccessKey: "any" };
  const client = new SFNClient({ region: "us-east-1", endpoint: endpoints.stepFunctions, credentials });
  const deadline = performance.now() + END_MS;
  try {
    const { stateMachineArn } = LOCAL_MACHINE;
    for (;;) {
      const { executions = [] } = await client.send(
        new ListExecutionsCommand({ stateMachineArn, statusFilter: "RUNNING" })
      );
      const unfinished = [
        ...(await unfinishedAt(endpoints.dynamodb)),
        ...executions.map(({ name }) => `the execution ${name} runs`)
      ];
      if (unfinished.length === 0 || performance.now() > deadline) {
        return unfinished.map(what => `after ${END_MS / 1_000} seconds ${what}`);
      }
      await sleep(LOOK_MS);
    }
  } finally {
    client.destroy();
  }
}

const LOCAL_MACHINE = { stateMachineArn: "arn:aws:states:us-east-1:000000000000:stateMachine:webiny-tasks-local" };
