import path from "node:path";
import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { SFNClient, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { createTaskDefinition } from "../../src/index.js";
import { startLocal, type Local } from "../../src/local/index.js";

const config = { region: "us-east-1", credentials: { accessKeyId: "x", secretAccessKey: "x" } };
const hooks: string[] = [];
const waiting = createTaskDefinition({
  id: "waiting",
  title: "Waiting",
  run: async ({ input, response }) =>
    input.seconds ? response.continue({}, { seconds: input.seconds }) : response.done(),
  onAbort: async ({ task }) => void hooks.push(`aborted by ${task.abort?.by.id}`)
});

/** Stores a task as a trigger does that dies before it starts the execution, an hour ago. */
async function lostTrigger(local: Local, definitionId: string): Promise<string> {
  const { id } = await local.tasks.createTask({ definitionId, name: "Lost", input: {} });
  const client = new DynamoDBClient({ ...config, endpoint: local.endpoints.dynamodb });
  await client.send(
    new UpdateItemCommand({
      TableName: local.tableName,
      Key: { PK: { S: `T#root#L#en-US#TASK#${id}` }, SK: { S: "A" } },
      UpdateExpression: "SET execution = :one, due = :past",
      ExpressionAttributeValues: { ":one": { N: "1" }, ":past": { N: "1" } }
    })
  );
  client.destroy();
  return id;
}

it("the local runtime sweeps by itself", async () => {
  const local = await startLocal({ plugins: [waiting], sweepSeconds: 1, logLevel: "error" });
  try {
    const id = await lostTrigger(local, "waiting");
    expect(await local.waitFor(id)).toMatchObject({ taskStatus: "success", execution: 2 });
  } finally {
    await local.stop();
  }
});

it("and so it does with the code in processes of its own", async () => {
  const local = await startLocal({
    handler: path.join(__dirname, "fixtures/api.ts"),
    sweepSeconds: 1,
    onOutput: () => undefined
  });
  try {
    const id = await lostTrigger(local, "testingRun");
    expect(await local.waitFor(id)).toMatchObject({ taskStatus: "success", execution: 2 });
  } finally {
    await local.stop();
  }
});

it("an execution that is stopped in Step Functions takes its task along", async () => {
  const local = await startLocal({ plugins: [waiting] });
  try {
    const { id, eventResponse } = await local.tasks.trigger({ definition: "waiting", input: { seconds: 3_600 } });
    const client = new SFNClient({ ...config, endpoint: local.endpoints.stepFunctions });
    await client.send(new StopExecutionCommand({ executionArn: eventResponse?.executionArn as string }));
    client.destroy();
    expect(await local.waitFor(id)).toMatchObject({ taskStatus: "aborted", abort: { by: { id: "step-functions" } } });
    expect(hooks).toEqual(["aborted by step-functions"]);
  } finally {
    await local.stop();
  }
});
