import { spawn } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";

const JAR = "DynamoDBLocal.jar";

/** Where Amazon's DynamoDB Local may be: its licence and its size keep it out of our dependencies. */
export const PLACES = [
  ...(process.env.DYNAMODB_LOCAL_DIR === undefined ? [] : [resolve(process.env.DYNAMODB_LOCAL_DIR)]),
  resolve(__dirname, "../../node_modules/amplify-dynamodb-simulator/emulator")
];

export function findJarDirectory(): string | undefined {
  return PLACES.find(place => existsSync(join(place, JAR)));
}

/** The `java` that a shell would run. */
export function findJava(): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map(directory => join(directory, "java"))
    .find(file => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

export interface DynamoDbLocal {
  createClient(): DynamoDBClient;
  /** Ends the process; returns when it is gone. */
  stop(): Promise<void>;
}

/** Starts DynamoDB Local in memory, on a free port, and waits until it answers. Nothing of it outlives this process. */
export async function startDynamoDbLocal(java: string, directory: string): Promise<DynamoDbLocal> {
  const port = await freePort();
  const child = spawn(
    java,
    [
      `-Djava.library.path=${join(directory, "DynamoDBLocal_lib")}`,
      "-jar",
      join(directory, JAR),
      "-inMemory",
      "-disableTelemetry",
      "-port",
      String(port)
    ],
    { stdio: ["ignore", "pipe", "pipe"] }
  );
  let output = "";
  child.stdout.on("data", text => (output += text));
  child.stderr.on("data", text => (output += text));
  const gone = new Promise<void>(resolve => child.once("close", () => resolve()));
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const stop = async () => {
    kill();
    await gone;
    process.removeListener("exit", kill);
  };

  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 60_000;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`DynamoDB Local did not start: ${output}`);
    }
    await pause(100);
  }
  return {
    createClient: () =>
      new DynamoDBClient({
        region: "local",
        endpoint: url,
        credentials: { accessKeyId: "test", secretAccessKey: "test" }
      }),
    stop
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}
