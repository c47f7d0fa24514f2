import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { stateMachineJson } from "../../src/index.js";
import { checkSettings, stateMachineArnOf, tableNameOf } from "../../src/host/options.js";
import { statusEventSource } from "../../src/host/statusEventSource.js";
import { sweepEventSource } from "../../src/host/sweepEventSource.js";
import { alarmsOf } from "../../src/deploy/alarms.js";
import { cloudFormationTemplate } from "../../src/deploy/cloudformation/template.js";
import { apiStatements, runnerStatements, type Statement } from "../../src/deploy/iam.js";
import { RUNTIMES } from "../../src/deploy/settings.js";
import { statusChangeEvent } from "../../src/local/stepfunctions/statusChangeEvent.js";
import { tasksTableDescription } from "../../src/storage/tableDescription.js";
import { cycleIn, resolveTemplate, type Deployment, type ResolvedResource } from "./resolveTemplate.js";
import { EXISTING, synthesise, synthesiseFaulty } from "./synth.js";

type Resources = Record<string, ResolvedResource>;

const PARTITIONS = { aws: "eu-central-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1" };

const LAMBDA = { awsRequestId: "r", getRemainingTimeInMillis: () => 60_000 };

let made: ReturnType<typeof synthesise>;
// One synthesis for the file: it bundles the handler, and AWS's validator takes seconds to begin.
beforeAll(() => (made = synthesise()));
afterAll(() => made.remove());

const ofType = (resources: Resources, type: string) => Object.values(resources).filter(({ Type }) => Type === type);
const only = (resources: Resources, type: string): ResolvedResource => {
  const [first, ...more] = ofType(resources, type);
  expect(more).toEqual([]);
  return first as ResolvedResource;
};
const functionsOf = (resources: Resources) => {
  const [runner, api] = ofType(resources, "AWS::Lambda::Function").sort(
    (a, b) => b.Properties.Timeout - a.Properties.Timeout
  );
  return { runner: runner?.Properties as any, api: api?.Properties as any };
};

/** All statements of the role a function or machine has, in its own policies and in those attached to it. */
function statementsOf(resources: Resources, roleArn: string): Statement[] {
  const name = roleArn.split("/").at(-1) as string;
  const role = resources[name.replace(/-name$/, "")]?.Properties;
  const attached = ofType(resources, "AWS::IAM::Policy").filter(({ Properties }) => Properties.Roles.includes(name));
  return [
    ...(role?.Policies ?? []).map((policy: any) => policy.PolicyDocument),
    ...attached.map(({ Properties }) => Properties.PolicyDocument)
  ].flatMap(({ Statement }) => Statement);
}

/** A list of one is written without brackets by the CDK. */
const normal = (statements: Statement[]) =>
  statements
    .map(({ Action, Resource, Sid }) => ({ Sid, Action: [Action].flat().sort(), Resource: [Resource].flat().sort() }))
    .sort((a, b) => a.Sid.localeCompare(b.Sid));

const SOURCES = {
  "the CDK construct": (deployment: Deployment) => resolveTemplate(made.plain, deployment),
  "the CloudFormation template": (deployment: Deployment) =>
    resolveTemplate(made.cloudFormation, {
      ...deployment,
      parameters: { Api: "function-url", MetricsNamespace: "Shop/Tasks", ...deployment.parameters }
    })
};

it.each(["plain", "changed", "existing", "rolesOfTheirs", "cloudFormation"] as const)(
  "no resource of %s waits for itself",
  name => {
    const { Resources } = made[name];
    expect(cycleIn(Resources)).toEqual([]);
    const ids = Object.keys(Resources);
    const [first = "", last = ""] = [ids[0], ids.at(-1)];
    const faulty = {
      ...Resources,
      [first]: { ...Resources[first], DependsOn: last },
      [last]: { ...Resources[last], DependsOn: [first] }
    };
    expect(cycleIn(faulty)).toEqual(expect.arrayContaining([first, last]));
  }
);

it("AWS's validator and cdk-nag find nothing in any of them, and would", () => {
  const report = synthesiseFaulty();
  expect(report).toContain("'soon' is not of type 'integer' (CloudFormation Validate)");
  expect(report).toContain("does not require requests to use SSL. (AwsSolutions)");
});

describe.each(Object.entries(SOURCES))("%s", (_, resolved) => {
  let resources: Resources;
  beforeAll(() => (resources = resolved({})));

  it("has the table that the storage describes, with point-in-time recovery, and keeps it", () => {
    const { Properties, DeletionPolicy } = only(resources, "AWS::DynamoDB::Table");
    expect(Properties).toMatchObject({
      KeySchema: tasksTableDescription.KeySchema,
      GlobalSecondaryIndexes: tasksTableDescription.GlobalSecondaryIndexes,
      BillingMode: "PAY_PER_REQUEST",
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }
    });
    const byName = (a: any, b: any) => a.AttributeName.localeCompare(b.AttributeName);
    expect(Properties.AttributeDefinitions.sort(byName)).toEqual(
      [...tasksTableDescription.AttributeDefinitions].sort(byName)
    );
    expect(DeletionPolicy).toBe("Retain");
  });

  it("has a runner and an API whose environment the handler takes", () => {
    const { runner, api } = functionsOf(resources);
    const common = { Runtime: RUNTIMES.at(-1), Architectures: ["arm64"], TracingConfig: { Mode: "Active" } };
    expect(runner).toMatchObject({ ...common, Handler: "index.handler", MemorySize: 1_024, Timeout: 900 });
    expect(api).toMatchObject({ ...common, Handler: "index.handler", MemorySize: 512, Timeout: 30 });
    for (const { Environment, LoggingConfig } of [runner, api]) {
      const table = Object.keys(resources).find(id => resources[id]?.Type === "AWS::DynamoDB::Table");
      expect(tableNameOf({}, Environment.Variables)).toBe(`${table}-name`);
      expect(checkSettings({}, Environment.Variables).metricsNamespace).toBe("Shop/Tasks");
      const { Properties } = only(resources, "AWS::StepFunctions::StateMachine");
      expect(stateMachineArnOf({}, Environment.Variables)).toBe(
        `arn:aws:states:eu-central-1:123456789012:stateMachine:${Properties.StateMachineName}`
      );
      expect(resources[LoggingConfig.LogGroup.replace(/-name$/, "")]?.Properties).toMatchObject({
        RetentionInDays: 30
      });
    }
  });

  it.each(Object.entries(PARTITIONS))("in %s: the machine that the tests run, byte for byte", (partition, region) => {
    const { Properties } = only(resolved({ partition, region }), "AWS::StepFunctions::StateMachine");
    expect(Properties.DefinitionString).toBe(stateMachineJson());
    const { DefinitionSubstitutions: filled } = Properties;
    const definition = Properties.DefinitionString.replace(/\$\{(\w+)\}/g, (__: string, name: string) => filled[name]);
    const runner = Object.keys(resources).find(id => resources[id]?.Properties.Timeout === 900);
    expect(definition).toBe(stateMachineJson(`arn:${partition}:lambda:${region}:123456789012:function:${runner}-name`));
    expect(Properties).toMatchObject({
      StateMachineType: "STANDARD",
      LoggingConfiguration: { Level: "ERROR", IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true }
    });
  });

  it.each(Object.entries(PARTITIONS))(
    "in %s: no ARN of another partition, and every name within limits",
    (partition, region) => {
      const text = JSON.stringify(resolved({ partition, region }));
      const arns = text.match(/arn:[\w-]*:\w+/g) ?? [];
      expect(arns.length).toBeGreaterThan(20);
      expect(arns.filter(arn => !arn.startsWith(`arn:${partition}:`))).toEqual([]);
      expect(text).not.toContain("undefined");
      expect(text).not.toMatch(/\$\{(?!RunnerFunctionArn|LambdaInvoke)/);
    }
  );

  it("gives each role what its code was seen to call, its log and its traces, and nothing else", () => {
    const { runner, api } = functionsOf(resources);
    const { Properties: machine } = only(resources, "AWS::StepFunctions::StateMachine");
    const table = Object.keys(resources).find(id => resources[id]?.Type === "AWS::DynamoDB::Table");
    const reach = {
      partition: "aws",
      region: "eu-central-1",
      account: "123456789012",
      stateMachineName: machine.StateMachineName,
      tableArn: `arn:aws:dynamodb:eu-central-1:123456789012:table/${table}-name`
    };
    const rest = ({ LoggingConfig }: any) =>
      [
        {
          Sid: "Log",
          Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
          Resource: `arn:aws:logs:eu-central-1:123456789012:log-group:${LoggingConfig.LogGroup}:*`
        },
        { Sid: "Trace", Action: ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], Resource: "*" }
      ] as Statement[];
    expect(normal(statementsOf(resources, runner.Role))).toEqual(normal([...runnerStatements(reach), ...rest(runner)]));
    expect(normal(statementsOf(resources, api.Role))).toEqual(normal([...apiStatements(reach), ...rest(api)]));
    const runnerArn = machine.DefinitionSubstitutions.RunnerFunctionArn;
    const ofMachine = normal(statementsOf(resources, machine.RoleArn));
    expect(ofMachine.map(({ Sid }) => Sid)).toEqual(["Invoke", "Log", "Trace"]);
    expect(ofMachine[0]).toMatchObject({ Action: ["lambda:InvokeFunction"], Resource: [runnerArn] });
    const { Target } = only(resources, "AWS::Scheduler::Schedule").Properties;
    expect(normal(statementsOf(resources, Target.RoleArn))).toEqual([
      { Sid: "Invoke", Action: ["lambda:InvokeFunction"], Resource: [runnerArn] }
    ]);
  });

  it("lets only the services themselves take on the roles, where they act for others too only for this account", () => {
    const trust = ofType(resources, "AWS::IAM::Role").map(({ Properties }) => {
      const [statement] = Properties.AssumeRolePolicyDocument.Statement;
      return [statement.Principal.Service, statement.Condition?.StringEquals?.["aws:SourceAccount"]].join(" ");
    });
    expect(trust.sort()).toEqual([
      "lambda.amazonaws.com ",
      "lambda.amazonaws.com ",
      "scheduler.amazonaws.com 123456789012",
      "states.amazonaws.com 123456789012"
    ]);
  });

  it("has a rule that lets through what the handler takes: ends of this machine's executions, but no successes", () => {
    const { EventPattern, Targets } = only(resources, "AWS::Events::Rule").Properties;
    const { Properties: machine } = only(resources, "AWS::StepFunctions::StateMachine");
    const machineArn = `arn:aws:states:eu-central-1:123456789012:stateMachine:${machine.StateMachineName}`;
    const event = (status: string, stateMachineArn = machineArn) =>
      statusChangeEvent(
        {
          executionArn: `${machineArn.replace(":stateMachine:", ":execution:")}:work_01J_1`,
          stateMachineArn,
          name: "work_01J_1",
          status,
          startDate: 0,
          input: '{"webinyTaskId":"01J"}'
        } as never,
        1
      );
    // As EventBridge does: every key of the pattern lists the values it lets through.
    const matches = (pattern: any, value: any): boolean =>
      Array.isArray(pattern)
        ? pattern.includes(value)
        : Object.entries(pattern).every(([key, part]) => matches(part, value?.[key]));
    const statuses = ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"];
    expect(statuses.filter(status => matches(EventPattern, event(status)))).toEqual(["FAILED", "TIMED_OUT", "ABORTED"]);
    expect(matches(EventPattern, event("FAILED", `${machineArn}-other`))).toBe(false);
    expect(statusEventSource.canUse(event("FAILED"), LAMBDA)).toBe(true);
    expect(Targets).toEqual([expect.objectContaining({ Arn: machine.DefinitionSubstitutions.RunnerFunctionArn })]);
    const permitted = ofType(resources, "AWS::Lambda::Permission").find(
      ({ Properties }) => Properties.Principal === "events.amazonaws.com"
    );
    expect(permitted?.Properties).toMatchObject({
      Action: "lambda:InvokeFunction",
      FunctionName: Targets[0].Arn,
      SourceArn: expect.stringMatching(/^arn:aws:events:eu-central-1:123456789012:rule\//)
    });
  });

  it("has a schedule whose event the handler takes", () => {
    const { Target, ...schedule } = only(resources, "AWS::Scheduler::Schedule").Properties;
    expect(schedule).toMatchObject({ ScheduleExpression: "rate(10 minutes)", FlexibleTimeWindow: { Mode: "OFF" } });
    expect(Target).toMatchObject({
      Arn: only(resources, "AWS::StepFunctions::StateMachine").Properties.DefinitionSubstitutions.RunnerFunctionArn,
      RetryPolicy: { MaximumRetryAttempts: 0 }
    });
    expect(sweepEventSource.canUse(JSON.parse(Target.Input), LAMBDA)).toBe(true);
  });

  it("has a function URL that everybody may call, and nobody may invoke the function otherwise", () => {
    const { api } = functionsOf(resources);
    const url = only(resources, "AWS::Lambda::Url").Properties;
    expect(url).toMatchObject({ AuthType: "NONE" });
    const permissions = ofType(resources, "AWS::Lambda::Permission").filter(
      ({ Properties }) => Properties.Principal === "*"
    );
    expect(
      permissions.map(({ Properties: { FunctionName: _function, Principal: _principal, ...permission } }) => permission)
    ).toEqual([
      { Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" },
      { Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true }
    ]);
    for (const { Properties } of permissions) {
      expect(Properties.FunctionName).toBe(url.TargetFunctionArn);
      expect(
        resources[
          url.TargetFunctionArn.split(":")
            .at(-1)
            .replace(/-name$/, "")
        ]?.Properties
      ).toEqual(api);
    }
  });

  it("has every alarm of the list, and a dashboard of metrics of what is there", () => {
    const names = Object.keys(resources).map(id => `${id}-name`);
    const dimensions = (value: string) => names.includes(value) || value.includes(":stateMachine:") || value === "all";
    const alarms = ofType(resources, "AWS::CloudWatch::Alarm").map(({ Properties }) => Properties);
    const named = { region: "", tableName: "t", runnerFunctionName: "r", netsFunctionName: "r", stateMachineArn: "s" };
    const everything = { ...named, apiFunctionName: "a", metricsNamespace: "Shop/Tasks" };
    expect(alarms).toMatchObject(
      alarmsOf(everything).map(alarm => ({
        Namespace: alarm.namespace,
        MetricName: alarm.metricName,
        Threshold: alarm.threshold,
        Statistic: alarm.statistic,
        Period: alarm.periodSeconds,
        EvaluationPeriods: alarm.evaluationPeriods,
        AlarmDescription: alarm.description
      }))
    );
    for (const { Dimensions, TreatMissingData, ComparisonOperator } of alarms) {
      expect(Dimensions.map(({ Value }: any) => dimensions(Value))).toEqual([true]);
      expect([TreatMissingData, ComparisonOperator]).toEqual(["notBreaching", "GreaterThanThreshold"]);
    }
    const { widgets } = JSON.parse(only(resources, "AWS::CloudWatch::Dashboard").Properties.DashboardBody);
    const metrics = widgets.flatMap(({ properties }: any) => properties.metrics);
    expect(metrics.length).toBeGreaterThan(15);
    expect(metrics.filter(([, , , value]: string[]) => !dimensions(value ?? ""))).toEqual([]);
    expect(new Set(widgets.map(({ properties }: any) => properties.region))).toEqual(new Set(["eu-central-1"]));
    expect(widgets.every(({ x, width }: any) => x + width <= 24)).toBe(true);
  });
});

describe("the CDK construct", () => {
  it("bundles the handler once, into one ES module below 1 MiB that runs alone", () => {
    const [bundle = "", ...more] = made.bundles;
    expect(more).toEqual([]);
    expect(statSync(bundle).size).toBeLessThan(1_048_576);
    const url = JSON.stringify(pathToFileURL(bundle).href);
    const program = `const { handler } = await import(${url});
      const context = { awsRequestId: "r", getRemainingTimeInMillis: () => 60000 };
      await handler({ source: "nobody" }, context).catch(error => process.stdout.write(error.code ?? error.message));`;
    const said = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8", cwd: "/" });
    expect(said).toBe("EVENT_NOT_SUPPORTED");
  });

  it("takes other settings", () => {
    const resources = resolveTemplate(made.changed);
    const { runner, api } = functionsOf(resources);
    expect(only(resources, "AWS::DynamoDB::Table")).toMatchObject({
      DeletionPolicy: "Delete",
      Properties: { DeletionProtectionEnabled: true }
    });
    expect(runner).toMatchObject({
      MemorySize: 2_048,
      ReservedConcurrentExecutions: 5,
      LoggingConfig: { LogGroup: "theirs" },
      Environment: {
        Variables: { STAGE: "test", RUNNER: "yes", WEBINY_TASKS_RETENTION_DAYS: "30", WEBINY_TASKS_LOG_LEVEL: "warn" }
      }
    });
    expect(api.Environment.Variables).toMatchObject({ STAGE: "test", WEBINY_TASKS_RETENTION_DAYS: "30" });
    expect(api.Environment.Variables.RUNNER).toBeUndefined();
    expect([runner.TracingConfig, api.TracingConfig]).toEqual([undefined, undefined]);
    const machine = only(resources, "AWS::StepFunctions::StateMachine").Properties;
    expect(machine.StateMachineName).toBe("my-tasks");
    expect(statementsOf(resources, machine.RoleArn).map(({ Sid }) => Sid)).toEqual(["Invoke", "Log"]);
    expect(ofType(resources, "AWS::Events::Rule")).toEqual([]);
    expect(ofType(resources, "AWS::CloudWatch::Dashboard")).toEqual([]);
    expect(only(resources, "AWS::Scheduler::Schedule").Properties.ScheduleExpression).toBe("rate(60 minutes)");
    const actions = ofType(resources, "AWS::CloudWatch::Alarm").map(({ Properties }) => Properties.AlarmActions);
    expect(actions).toHaveLength(10);
    expect(new Set(actions.flat())).toEqual(new Set([EXISTING.topic]));
  });

  it.each(["the CDK construct", "the CloudFormation template"])(
    "%s: the HTTP API gives every request to the function",
    source => {
      const resources =
        source === "the CDK construct"
          ? resolveTemplate(made.changed)
          : resolveTemplate(made.cloudFormation, { parameters: { Api: "http-api" } });
      const functionArn = only(resources, "AWS::ApiGatewayV2::Integration").Properties.IntegrationUri;
      const id = Object.keys(resources).find(name => resources[name]?.Type === "AWS::ApiGatewayV2::Api");
      expect(functionArn).toMatch(/function:\w*Api\w*-name$/);
      expect(only(resources, "AWS::ApiGatewayV2::Integration").Properties).toMatchObject({
        ApiId: `${id}-name`,
        IntegrationType: "AWS_PROXY",
        PayloadFormatVersion: "2.0"
      });
      expect(only(resources, "AWS::ApiGatewayV2::Route").Properties).toMatchObject({
        RouteKey: "$default",
        Target: expect.stringMatching(/^integrations\/\w+-name$/)
      });
      expect(only(resources, "AWS::ApiGatewayV2::Stage").Properties).toMatchObject({
        StageName: "$default",
        AutoDeploy: true,
        AccessLogSettings: { DestinationArn: expect.stringContaining(":log-group:") }
      });
      const permission = ofType(resources, "AWS::Lambda::Permission").find(
        ({ Properties }) => Properties.Principal === "apigateway.amazonaws.com"
      );
      expect(permission?.Properties).toMatchObject({
        FunctionName: functionArn,
        SourceArn: `arn:aws:execute-api:eu-central-1:123456789012:${id}-name/*/*`
      });
      expect(ofType(resources, "AWS::Lambda::Url")).toEqual([]);
    }
  );

  it("takes existing parts instead, and only adds what is missing", () => {
    const resources = resolveTemplate(made.existing);
    const types = Object.values(resources).map(({ Type }) => Type);
    expect(types.sort()).toEqual([
      "AWS::Events::Rule",
      "AWS::IAM::Policy",
      "AWS::IAM::Policy",
      "AWS::Lambda::Permission"
    ]);
    expect(only(resources, "AWS::Events::Rule").Properties).toMatchObject({
      EventPattern: { detail: { stateMachineArn: [EXISTING.stateMachine] } },
      Targets: [{ Arn: EXISTING.nets }]
    });
    const reach = {
      partition: "aws",
      region: "eu-central-1",
      account: "123456789012",
      stateMachineName: "theirs",
      tableArn: EXISTING.table
    };
    for (const { Properties } of ofType(resources, "AWS::IAM::Policy")) {
      expect(Properties.Roles).toEqual(["theirs"]);
      expect(normal(Properties.PolicyDocument.Statement)).toEqual(normal(runnerStatements(reach)));
    }
  });
});

describe("the CDK construct with roles, a log group and an API of theirs", () => {
  it("makes no role and no way to the API, and adds to the roles of the functions only", () => {
    const resources = resolveTemplate(made.rolesOfTheirs);
    expect(ofType(resources, "AWS::IAM::Role")).toEqual([]);
    for (const type of ["Lambda::Url", "ApiGatewayV2::Api"]) {
      expect(ofType(resources, `AWS::${type}`)).toEqual([]);
    }
    const roleOf = (name: string) => `${EXISTING.roles}${name}`;
    expect(only(resources, "AWS::Lambda::Function").Properties.Role).toBe(roleOf("runner"));
    expect(only(resources, "AWS::Scheduler::Schedule").Properties.Target.RoleArn).toBe(roleOf("sweep"));
    expect(only(resources, "AWS::StepFunctions::StateMachine").Properties).toMatchObject({
      RoleArn: roleOf("machine"),
      LoggingConfiguration: {
        Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: expect.stringContaining(EXISTING.logGroup) } }]
      }
    });
    const policies = ofType(resources, "AWS::IAM::Policy").map(({ Properties }) => [
      Properties.Roles,
      Properties.PolicyDocument.Statement.map(({ Sid }: Statement) => Sid)
    ]);
    const engine = ["Tasks", "TaskIndexes", "StartExecutions", "Executions"];
    expect(policies).toEqual([
      [["runner"], [...engine, "Log", "Trace"]],
      [["api"], engine]
    ]);
    const alarms = ofType(resources, "AWS::CloudWatch::Alarm").map(({ Properties }) => Properties.Dimensions[0].Value);
    expect(alarms).toContain("their-api");
  });
});

describe("the CloudFormation template", () => {
  it("has no API unless asked for", () => {
    const resources = resolveTemplate(made.cloudFormation);
    expect(Object.keys(resources).filter(id => /Api|Url/.test(id))).toEqual([]);
    const { DashboardBody } = only(resources, "AWS::CloudWatch::Dashboard").Properties;
    expect(DashboardBody).not.toContain("API");
  });

  it("has no metrics of its own unless asked for", () => {
    const resources = resolveTemplate(made.cloudFormation);
    const alarms = ofType(resources, "AWS::CloudWatch::Alarm").map(({ Properties }) => Properties.Namespace);
    expect(new Set(alarms)).toEqual(new Set(["AWS/Lambda", "AWS/States", "AWS/DynamoDB"]));
    expect(only(resources, "AWS::CloudWatch::Dashboard").Properties.DashboardBody).not.toContain("OldestOverdueTask");
    expect(checkSettings({}, functionsOf(resources).runner.Environment.Variables).metricsNamespace).toBeUndefined();
    const pattern = new RegExp(made.cloudFormation.Parameters.MetricsNamespace.AllowedPattern);
    expect(["false", "Shop/Tasks", "true", "AWS/Tasks", ""].map(value => pattern.test(value))).toEqual([
      true,
      true,
      false,
      false,
      false
    ]);
  });

  it("takes its code from S3 and its settings from parameters", () => {
    const resources = resolveTemplate(made.cloudFormation, {
      parameters: {
        CodeBucket: "bucket",
        CodeKey: "code.zip",
        RunnerMemory: 512,
        RetentionDays: "7",
        LogLevel: "error",
        LogRetentionDays: 90,
        AlarmTopic: EXISTING.topic
      }
    });
    const { runner } = functionsOf(resources);
    expect(runner).toMatchObject({
      Code: { S3Bucket: "bucket", S3Key: "code.zip" },
      MemorySize: 512,
      Environment: { Variables: { WEBINY_TASKS_RETENTION_DAYS: "7", WEBINY_TASKS_LOG_LEVEL: "error" } }
    });
    expect(
      new Set(ofType(resources, "AWS::Logs::LogGroup").map(({ Properties }) => Properties.RetentionInDays))
    ).toEqual(new Set([90]));
    expect(
      ofType(resources, "AWS::CloudWatch::Alarm").every(
        ({ Properties }) => Properties.AlarmActions[0] === EXISTING.topic
      )
    ).toBe(true);
  });

  it("can be written as JSON without loss", () => {
    expect(made.cloudFormation).toEqual(cloudFormationTemplate());
  });
});
