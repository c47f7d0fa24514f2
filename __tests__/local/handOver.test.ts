import { createBackgroundTasks } from "../../src/host/backgroundTasks.js";
import { createHost, type Host } from "../../src/host/createHandler.js";
import { createTaskDefinition } from "../../src/index.js";
import type { LambdaContext } from "../../src/runner/Invocation.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { createTestStepFunctions, stopAll } from "./createTestStepFunctions.js";

const ITERATIONS = 6_000;

afterEach(stopAll);

// On storage in memory: what is shown is the machine's limit, and DynamoDB's emulator would take most of the time.
it("6,000 iterations pass through the local endpoint, whose executions end at 25,000 events", async () => {
  const seen: number[] = [];
  const counting = createTaskDefinition({
    id: "counting",
    title: "Counting",
    maxIterations: ITERATIONS,
    async run({ input, response }) {
      seen.push(input.at);
      return input.at < ITERATIONS ? response.continue({ at: input.at + 1 }) : response.done();
    }
  });
  const closed: { name: string; status: string }[] = [];
  let end: () => void = () => undefined;
  const ended = new Promise<void>(resolve => (end = resolve));
  let host: Host | undefined = undefined;
  const { client, create, endpoint } = await createTestStepFunctions({
    handler: (event, context) => (host as unknown as Host).handle(event, context as LambdaContext),
    onStatusChange({ detail: { name, status } }) {
      if (status !== "RUNNING") {
        closed.push({ name, status });
      }
      if (name.endsWith("_2") && status !== "RUNNING") {
        end();
      }
    }
  });
  const options = { storage: new MemoryStorage(), stepFunctionsClient: client, stateMachineArn: await create() };
  host = createHost({ plugins: [createBackgroundTasks({ ...options, logLevel: "silent" }), counting] });

  const { tasks } = await host.createContext({ tenant: "root", locale: "en-US" });
  const { id } = await tasks.trigger({ definition: "counting", input: { at: 1 } });
  await ended;
  expect(await tasks.getTask(id)).toMatchObject({ taskStatus: "success", iterations: ITERATIONS, execution: 2 });
  expect(seen).toEqual(Array.from({ length: ITERATIONS }, (_, at) => at + 1));
  expect(closed).toEqual([1, 2].map(execution => ({ name: `counting_${id}_${execution}`, status: "SUCCEEDED" })));
  // Two an iteration, and the first and last state of each of the two executions.
  expect(endpoint.counts().transitions).toBe(2 * ITERATIONS + 4);
  expect(await tasks.fetchServiceInfo(id)).toMatchObject({ name: `counting_${id}_2`, status: "SUCCEEDED" });
}, 180_000);
