import { cloudFormationTemplate } from "../../src/deploy/cloudformation/template.js";
import { apiStatements, runnerStatements } from "../../src/deploy/iam.js";
import { stateMachineJson } from "../../src/index.js";
import { FakeTerminal } from "../cli/FakeTerminal.js";

async function printed(...args: string[]) {
  const terminal = new FakeTerminal();
  const exitCode = await terminal.run("template", ...args);
  return { exitCode, out: terminal.out, err: terminal.err };
}

/** As Terraform's `templatefile` does. */
const filled = (text: string, values: Record<string, string>) =>
  text.replace(/\$\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);

describe("webiny-tasks template", () => {
  it("prints the CloudFormation template unless asked otherwise", async () => {
    const { exitCode, out, err } = await printed();
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
    expect(JSON.parse(out)).toEqual(cloudFormationTemplate());
    expect(await printed("--format", "cloudformation")).toMatchObject({ out });
  });

  it("prints the very state machine that the tests run", async () => {
    const { out } = await printed("--format", "asl");
    expect(out).toBe(`${stateMachineJson()}\n`);
    const arn = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:runner";
    const values = { RunnerFunctionArn: arn, LambdaInvoke: "arn:aws-us-gov:states:::lambda:invoke" };
    expect(filled(out, values)).toBe(`${stateMachineJson(arn)}\n`);
  });

  it("prints the policies of the roles, to be filled in", async () => {
    const { out } = await printed("--format", "iam");
    const tableArn = "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/tasks";
    const runnerArn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:runner";
    const place = { partition: "aws-cn", region: "cn-north-1", account: "123456789012", stateMachineName: "tasks" };
    const text = filled(out, {
      Partition: place.partition,
      Region: place.region,
      Account: place.account,
      StateMachineName: place.stateMachineName,
      TableArn: tableArn,
      RunnerFunctionArn: runnerArn
    });
    expect(text).not.toContain("${");
    const { runner, api, stateMachine, sweep, ...more } = JSON.parse(text);
    expect(more).toEqual({});
    expect(runner).toEqual({ Version: "2012-10-17", Statement: runnerStatements({ ...place, tableArn }) });
    expect(api).toEqual({ Version: "2012-10-17", Statement: apiStatements({ ...place, tableArn }) });
    const invoke = { Sid: "Invoke", Effect: "Allow", Action: ["lambda:InvokeFunction"], Resource: runnerArn };
    expect(sweep.Statement).toEqual([invoke]);
    expect(stateMachine.Statement.map(({ Sid }: { Sid: string }) => Sid)).toEqual(["Invoke", "Log", "Trace"]);
    expect(stateMachine.Statement[0]).toEqual(invoke);
  });

  it("says which formats there are", async () => {
    const { exitCode, out, err } = await printed("--format", "terraform");
    expect([exitCode, out]).toEqual([2, ""]);
    expect(err).toContain("Allowed choices are cloudformation, asl, iam.");
  });
});
