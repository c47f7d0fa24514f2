import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { alarmsOf } from "../../src/deploy/alarms.js";
import { apiStatements, runnerStatements } from "../../src/deploy/iam.js";
import { addBackgroundTasks, BackgroundTasks, type BackgroundTasksArgs } from "../../src/deploy/pulumi/index.js";
import { stateMachineArnOf, tableNameOf } from "../../src/host/options.js";
import { stateMachineJson } from "../../src/index.js";
import { tasksTableDescription } from "../../src/storage/tableDescription.js";
import { mockPulumi, placeOf, type Registered } from "./mockPulumi.js";

const code = new pulumi.asset.AssetArchive({ "index.mjs": new pulumi.asset.StringAsset("export const handler = 1;") });
const EXISTING = {
  table: { name: "theirs", arn: "arn:aws:dynamodb:eu-central-1:123456789012:table/theirs" },
  runner: {
    name: "their-runner",
    arn: "arn:aws:lambda:eu-central-1:123456789012:function:their-runner",
    role: "arn:aws:iam::123456789012:role/path/their-role"
  },
  stateMachine: "arn:aws:states:eu-central-1:123456789012:stateMachine:theirs",
  topic: "arn:aws:sns:eu-central-1:123456789012:alarms"
};
const NETS_CODE = new pulumi.asset.AssetArchive({
  "index.mjs": new pulumi.asset.StringAsset("export const handler = 2;")
});

let all: Registered[];
const urls: Record<string, string | undefined> = {};
// Every program is run once, with all resources made together.
beforeAll(async () => {
  const mock = mockPulumi();
  all = mock.all;
  const made: Record<string, BackgroundTasks> = {};
  const make = (name: string, args: BackgroundTasksArgs) => (made[name] = new BackgroundTasks(name, args));
  for (const name of ["plain", "cn-plain", "gov-plain"]) {
    make(name, { code, api: {} });
  }
  make("changed", {
    code,
    handler: "main.run",
    runtime: "nodejs22.x",
    environment: { STAGE: pulumi.output("test") },
    retentionDays: 30,
    logLevel: "warn",
    metricsNamespace: "Shop/Tasks",
    logRetentionDays: 90,
    table: { deletionProtection: true },
    runner: { memorySize: 2_048 },
    stateMachine: { name: "my-tasks", logLevel: "ALL" },
    nets: { statusEvents: false, sweepMinutes: 1 },
    tracing: false,
    alarms: { actions: [EXISTING.topic] },
    dashboard: false
  });
  make("existing", {
    table: { existing: EXISTING.table },
    runner: { existing: EXISTING.runner },
    stateMachine: { existing: EXISTING.stateMachine },
    nets: { code: NETS_CODE, sweepMinutes: false },
    alarms: false,
    dashboard: false
  });
  addToWebiny("webiny", { nets: { code: NETS_CODE } });
  addToWebiny("bare", {});
  for (const [name, { apiUrl }] of Object.entries(made)) {
    apiUrl?.apply(url => (urls[name] = url));
  }
  await mock.settle();
});

/**
 * A Webiny project, as far as its Pulumi code is known: resources are described first and made after `pulumi(app)` has
 * run, which may still change them.
 */
function addToWebiny(name: string, args: Parameters<typeof addBackgroundTasks>[1]) {
  const handlers: (() => void)[] = [];
  const addFunction = (functionName: string, role: pulumi.Input<string>, timeout: number) => {
    const config: aws.lambda.FunctionArgs = {
      code,
      role,
      timeout,
      runtime: "nodejs22.x",
      handler: "handler.handler",
      environment: { variables: pulumi.output({ DB_TABLE: "webiny-table" }) }
    };
    const made = new Promise<aws.lambda.Function>(resolve => {
      handlers.push(() => resolve(new aws.lambda.Function(`${name}-${functionName}`, config)));
    });
    return {
      config: {
        environment(change: (current: any) => any) {
          config.environment = pulumi.output(config.environment).apply(current => pulumi.output(change(current)));
        }
      },
      output: pulumi.output(made)
    };
  };
  const role = new aws.iam.Role(`${name}-api-lambda-role`, { assumeRolePolicy: "{}" }).arn;
  const resources = {
    graphql: { functions: { graphql: addFunction("graphql", role, 30) } },
    backgroundTask: { backgroundTask: addFunction("background-task", role, 900) }
  };
  addBackgroundTasks({ resources }, { name, ...args });
  handlers.forEach(make => make());
}

const of = (component: string, type: string) =>
  all.filter(resource => resource.type === type && resource.name.startsWith(`${component}-`));
const only = (component: string, type: string) => {
  const [first, ...more] = of(component, type);
  expect(more).toEqual([]);
  return first?.inputs as Record<string, any>;
};
const named = (name: string, type: string) =>
  all.find(resource => resource.type === type && resource.name === name)?.inputs as Record<string, any>;

const FUNCTION = "aws:lambda/function:Function";
const MACHINE = "aws:sfn/stateMachine:StateMachine";
const POLICY = "aws:iam/rolePolicy:RolePolicy";

const statementsOf = (policyName: string) => JSON.parse(named(policyName, POLICY)?.policy).Statement;

describe.each(["plain", "cn-plain", "gov-plain"])("the Pulumi component %s", name => {
  const { partition, region, account } = placeOf(name);
  const arn = (service: string, resource: string) => `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const runnerArn = arn("lambda", `function:${name}-runner-1a2b3c4`);
  const reach = {
    partition,
    region,
    account,
    stateMachineName: `project-dev-${name}`,
    tableArn: arn("dynamodb", `table/${name}-table-1a2b3c4`)
  };

  it("has the machine that the tests run, byte for byte", () => {
    expect(only(name, MACHINE)).toEqual({
      name: `project-dev-${name}`,
      type: "STANDARD",
      roleArn: `arn:${partition}:iam::${account}:role/${name}-machine-role-1a2b3c4`,
      definition: stateMachineJson(runnerArn),
      loggingConfiguration: {
        level: "ERROR",
        includeExecutionData: false,
        logDestination: arn("logs", `log-group:/aws/vendedlogs/states/project-dev-${name}:*`)
      },
      tracingConfiguration: { enabled: true }
    });
  });

  it("gives each role what its code was seen to call, its log and its traces, and nothing else", () => {
    const rest = (functionName: string) => [
      {
        Sid: "Log",
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: arn("logs", `log-group:/aws/lambda/${functionName}-1a2b3c4:*`)
      },
      { Sid: "Trace", Effect: "Allow", Action: ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], Resource: "*" }
    ];
    expect(statementsOf(`${name}-runner-policy`)).toEqual([...runnerStatements(reach), ...rest(`${name}-runner`)]);
    expect(statementsOf(`${name}-api-policy`)).toEqual([...apiStatements(reach), ...rest(`${name}-api`)]);
    const invoke = { Sid: "Invoke", Effect: "Allow", Action: ["lambda:InvokeFunction"], Resource: runnerArn };
    expect(statementsOf(`${name}-sweep-policy`)).toEqual([invoke]);
    const [first, ...others] = statementsOf(`${name}-machine-policy`);
    expect(first).toEqual(invoke);
    expect(others.map(({ Sid }: { Sid: string }) => Sid)).toEqual(["Log", "Trace"]);
    for (const role of ["runner", "api", "sweep", "machine"]) {
      expect(named(`${name}-${role}-policy`, POLICY).role).toMatch(new RegExp(`^${name}-${role}-role-`));
    }
    for (const role of ["sweep", "machine"]) {
      const { assumeRolePolicy } = named(`${name}-${role}-role`, "aws:iam/role:Role");
      expect(JSON.parse(assumeRolePolicy).Statement[0].Condition).toEqual({
        StringEquals: { "aws:SourceAccount": account }
      });
    }
  });

  it("names no ARN of another partition", () => {
    const mine = all.filter(resource => resource.name.startsWith(`${name}-`));
    const arns = JSON.stringify(mine).match(/arn:[\w-]*:\w+/g) ?? [];
    expect(arns.length).toBeGreaterThan(20);
    expect(arns.filter(text => !text.startsWith(`arn:${partition}:`))).toEqual([]);
    expect(JSON.stringify(mine)).not.toContain("undefined");
  });
});

describe("the Pulumi component", () => {
  it("has the table that the storage describes, with point-in-time recovery", () => {
    const table = only("plain", "aws:dynamodb/table:Table");
    const { AttributeDefinitions, GlobalSecondaryIndexes } = tasksTableDescription;
    expect(table).toMatchObject({
      hashKey: "PK",
      rangeKey: "SK",
      billingMode: "PAY_PER_REQUEST",
      pointInTimeRecovery: { enabled: true },
      attributes: AttributeDefinitions.map(({ AttributeName, AttributeType }) => ({
        name: AttributeName,
        type: AttributeType
      }))
    });
    expect(table.globalSecondaryIndexes).toEqual(
      GlobalSecondaryIndexes.map(({ IndexName, KeySchema }) => ({
        name: IndexName,
        hashKey: KeySchema[0]?.AttributeName,
        rangeKey: KeySchema[1]?.AttributeName,
        projectionType: "KEYS_ONLY"
      }))
    );
  });

  it("has a runner and an API whose environment the handler takes", () => {
    const common = {
      handler: "index.handler",
      runtime: "nodejs24.x",
      architectures: ["arm64"],
      tracingConfig: { mode: "Active" }
    };
    const runner = named("plain-runner", FUNCTION);
    const api = named("plain-api", FUNCTION);
    expect(runner).toMatchObject({ ...common, memorySize: 1_024, timeout: 900 });
    expect(api).toMatchObject({ ...common, memorySize: 512, timeout: 30 });
    for (const { environment } of [runner, api]) {
      expect(tableNameOf({}, environment.variables)).toBe("plain-table-1a2b3c4");
      expect(stateMachineArnOf({}, environment.variables)).toBe(
        "arn:aws:states:eu-central-1:123456789012:stateMachine:project-dev-plain"
      );
    }
  });

  it("has a rule and a schedule for the runner, which may call it", () => {
    const runnerArn = "arn:aws:lambda:eu-central-1:123456789012:function:plain-runner-1a2b3c4";
    expect(JSON.parse(only("plain", "aws:cloudwatch/eventRule:EventRule").eventPattern)).toEqual({
      source: ["aws.states"],
      "detail-type": ["Step Functions Execution Status Change"],
      detail: {
        status: ["FAILED", "TIMED_OUT", "ABORTED"],
        stateMachineArn: ["arn:aws:states:eu-central-1:123456789012:stateMachine:project-dev-plain"]
      }
    });
    expect(only("plain", "aws:cloudwatch/eventTarget:EventTarget").arn).toBe(runnerArn);
    expect(named("plain-status-events", "aws:lambda/permission:Permission")).toEqual({
      action: "lambda:InvokeFunction",
      function: runnerArn,
      principal: "events.amazonaws.com",
      sourceArn: "arn:aws:events:eu-central-1:123456789012:rule/plain-status-events-1a2b3c4"
    });
    expect(only("plain", "aws:scheduler/schedule:Schedule")).toMatchObject({
      scheduleExpression: "rate(10 minutes)",
      target: { arn: runnerArn, input: '{"webinyTasks":"sweep"}', retryPolicy: { maximumRetryAttempts: 0 } }
    });
  });

  it("has an HTTP API that gives every request to the API's function", () => {
    const functionArn = "arn:aws:lambda:eu-central-1:123456789012:function:plain-api-1a2b3c4";
    expect(urls.plain).toBe("https://api1.example.com/");
    expect(only("plain", "aws:apigatewayv2/integration:Integration")).toEqual({
      apiId: "plain-http-id",
      integrationUri: functionArn,
      integrationType: "AWS_PROXY",
      payloadFormatVersion: "2.0"
    });
    expect(only("plain", "aws:apigatewayv2/route:Route")).toEqual({
      apiId: "plain-http-id",
      target: "integrations/plain-http-id",
      routeKey: "$default"
    });
    expect(only("plain", "aws:apigatewayv2/stage:Stage")).toMatchObject({ name: "$default", autoDeploy: true });
    expect(named("plain-http", "aws:lambda/permission:Permission")).toEqual({
      action: "lambda:InvokeFunction",
      function: functionArn,
      principal: "apigateway.amazonaws.com",
      sourceArn: "arn:aws:execute-api:eu-central-1:123456789012:api1/*/*"
    });
  });

  it("has every alarm of the list, and the dashboard", () => {
    const watched = {
      region: "eu-central-1",
      tableName: "plain-table-1a2b3c4",
      runnerFunctionName: "plain-runner-1a2b3c4",
      netsFunctionName: "plain-runner-1a2b3c4",
      apiFunctionName: "plain-api-1a2b3c4",
      stateMachineArn: "arn:aws:states:eu-central-1:123456789012:stateMachine:project-dev-plain"
    };
    const alarms = of("plain", "aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => inputs);
    const wanted = alarmsOf(watched).map(({ id: _, description, periodSeconds, ...alarm }) => ({
      ...alarm,
      alarmDescription: description,
      period: periodSeconds,
      comparisonOperator: "GreaterThanThreshold",
      treatMissingData: "notBreaching"
    }));
    expect(alarms).toHaveLength(wanted.length);
    expect(alarms).toEqual(expect.arrayContaining(wanted.map(alarm => expect.objectContaining(alarm))));
    const { widgets } = JSON.parse(only("plain", "aws:cloudwatch/dashboard:Dashboard").dashboardBody);
    expect(JSON.stringify(widgets)).toContain("plain-api-1a2b3c4");
    expect(widgets).toHaveLength(8);
  });

  it("takes other settings", () => {
    expect(named("changed-runner", FUNCTION)).toMatchObject({
      handler: "main.run",
      runtime: "nodejs22.x",
      memorySize: 2_048,
      environment: {
        variables: {
          STAGE: "test",
          WEBINY_TASKS_RETENTION_DAYS: "30",
          WEBINY_TASKS_LOG_LEVEL: "warn",
          WEBINY_TASKS_METRICS: "Shop/Tasks"
        }
      }
    });
    expect(named("changed-runner", FUNCTION).tracingConfig).toBeUndefined();
    expect(only("changed", "aws:dynamodb/table:Table").deletionProtectionEnabled).toBe(true);
    expect(only("changed", MACHINE)).toMatchObject({
      name: "my-tasks",
      loggingConfiguration: { level: "ALL", includeExecutionData: false },
      tracingConfiguration: { enabled: false }
    });
    expect(statementsOf("changed-machine-policy").map(({ Sid }: { Sid: string }) => Sid)).toEqual(["Invoke", "Log"]);
    expect(of("changed", "aws:cloudwatch/eventRule:EventRule")).toEqual([]);
    expect(of("changed", "aws:cloudwatch/dashboard:Dashboard")).toEqual([]);
    expect(of("changed", "aws:apigatewayv2/api:Api")).toEqual([]);
    expect(only("changed", "aws:scheduler/schedule:Schedule").scheduleExpression).toBe("rate(1 minute)");
    const alarms = of("changed", "aws:cloudwatch/metricAlarm:MetricAlarm");
    expect(alarms).toHaveLength(11);
    const own = alarms.map(({ inputs }) => inputs).filter(({ namespace }) => namespace === "Shop/Tasks");
    expect(own.map(({ metricName }) => metricName).sort()).toEqual(["OldestOverdueTask", "TasksRevived"]);
    expect(own.map(({ dimensions }) => dimensions)).toEqual(Array(2).fill({ Definitions: "all" }));
    expect(alarms.every(({ inputs }) => inputs.alarmActions[0] === EXISTING.topic)).toBe(true);
    const logs = of("changed", "aws:cloudwatch/logGroup:LogGroup").map(({ inputs }) => inputs.retentionInDays);
    expect(logs).toEqual([90, 90]);
  });

  it("takes existing parts instead, and only adds what is missing", () => {
    const types = all.filter(({ name }) => name.startsWith("existing-")).map(({ type }) => type.split(":").at(-1));
    expect(types.sort()).toEqual([
      "EventRule",
      "EventTarget",
      "Function",
      "LogGroup",
      "Permission",
      "Role",
      "RolePolicy",
      "RolePolicy"
    ]);
    const reach = {
      partition: "aws",
      region: "eu-central-1",
      account: "123456789012",
      stateMachineName: "theirs",
      tableArn: EXISTING.table.arn
    };
    expect(named("existing-runner-policy", POLICY).role).toBe("their-role");
    expect(statementsOf("existing-runner-policy")).toEqual(runnerStatements(reach));
    expect(statementsOf("existing-nets-policy").slice(0, 4)).toEqual(runnerStatements(reach));
    expect(only("existing", "aws:cloudwatch/eventTarget:EventTarget").arn).toContain(":function:existing-nets-");
    expect(
      JSON.parse(only("existing", "aws:cloudwatch/eventRule:EventRule").eventPattern).detail.stateMachineArn
    ).toEqual([EXISTING.stateMachine]);
    expect(only("existing", FUNCTION).environment.variables).toEqual({
      WEBINY_TASKS_TABLE: "theirs",
      WEBINY_TASKS_STATE_MACHINE_ARN: EXISTING.stateMachine
    });
  });

  it("says what it needs", () => {
    expect(() => new BackgroundTasks("nothing", {})).toThrow(
      expect.objectContaining({ code: "CONFIGURATION_ERROR", message: expect.stringContaining('needs "code"') })
    );
  });
});

describe("addBackgroundTasks", () => {
  const runnerArn = "arn:aws:lambda:eu-central-1:123456789012:function:webiny-background-task-1a2b3c4";

  it("gives both of Webiny's Lambdas the environment beside their own", () => {
    for (const name of ["webiny-graphql", "webiny-background-task"]) {
      expect(named(name, FUNCTION).environment.variables).toEqual({
        DB_TABLE: "webiny-table",
        WEBINY_TASKS_TABLE: "webiny-table-1a2b3c4",
        WEBINY_TASKS_STATE_MACHINE_ARN: "arn:aws:states:eu-central-1:123456789012:stateMachine:project-dev-webiny"
      });
    }
  });

  it("lets our machine call Webiny's Lambda, and adds to its role once", () => {
    expect(only("webiny", MACHINE).definition).toBe(stateMachineJson(runnerArn));
    expect(named("webiny-runner-policy", POLICY).role).toBe("webiny-api-lambda-role-1a2b3c4");
    expect(of("webiny", POLICY).filter(({ inputs }) => inputs.role === "webiny-api-lambda-role-1a2b3c4")).toHaveLength(
      1
    );
    expect(statementsOf("webiny-runner-policy")).toEqual(
      runnerStatements({
        ...placeOf("webiny"),
        stateMachineName: "project-dev-webiny",
        tableArn: "arn:aws:dynamodb:eu-central-1:123456789012:table/webiny-table-1a2b3c4"
      })
    );
  });

  it("gives status events and sweeps to a function of their own, as Webiny's doesn't take them", () => {
    const netsArn = "arn:aws:lambda:eu-central-1:123456789012:function:webiny-nets-1a2b3c4";
    expect(only("webiny", "aws:cloudwatch/eventTarget:EventTarget").arn).toBe(netsArn);
    expect(only("webiny", "aws:scheduler/schedule:Schedule").target.arn).toBe(netsArn);
    expect(named("webiny-nets", FUNCTION).environment.variables).toMatchObject({
      WEBINY_TASKS_TABLE: "webiny-table-1a2b3c4"
    });
  });

  it("has neither without its code", () => {
    expect(of("bare", "aws:cloudwatch/eventRule:EventRule")).toEqual([]);
    expect(of("bare", "aws:scheduler/schedule:Schedule")).toEqual([]);
    expect(only("bare", MACHINE).definition).toContain(":function:bare-background-task-");
  });
});
