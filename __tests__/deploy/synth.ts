import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Duration, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { Table } from "aws-cdk-lib/aws-dynamodb";
import { Role } from "aws-cdk-lib/aws-iam";
import { Function, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { CfnQueue } from "aws-cdk-lib/aws-sqs";
import { Topic } from "aws-cdk-lib/aws-sns";
import { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";
import { AwsSolutionsChecks } from "cdk-nag";
import { alarmsOf } from "../../src/deploy/alarms.js";
import { acknowledge } from "../../src/deploy/cdk/acknowledge.js";
import { BackgroundTasks } from "../../src/deploy/cdk/index.js";
import { cloudFormationTemplate } from "../../src/deploy/cloudformation/template.js";

export const ENTRY = join(__dirname, "fixtures/handler.ts");

const WATCHED = {
  region: "region",
  tableName: "table",
  runnerFunctionName: "runner",
  apiFunctionName: "api",
  netsFunctionName: "runner",
  stateMachineArn: "machine",
  metricsNamespace: "Tasks"
};

export const EXISTING = {
  table: "arn:aws:dynamodb:eu-central-1:123456789012:table/theirs",
  runner: "arn:aws:lambda:eu-central-1:123456789012:function:their-runner",
  api: "arn:aws:lambda:eu-central-1:123456789012:function:their-api",
  roles: "arn:aws:iam::123456789012:role/",
  nets: "arn:aws:lambda:eu-central-1:123456789012:function:their-nets",
  stateMachine: "arn:aws:states:eu-central-1:123456789012:stateMachine:theirs",
  topic: "arn:aws:sns:eu-central-1:123456789012:alarms",
  logGroup: "arn:aws:logs:eu-central-1:123456789012:log-group:theirs"
};

/** An app that AWS's validator (part of the CDK) and cdk-nag look at when it is synthesised. */
function newApp(outdir: string): App {
  const app = new App({ outdir, context: { "@aws-cdk/core:validateAgainstDefaultRules": true } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}

/**
 * The construct in three forms, and the template for CloudFormation, in one app: synthesised once, as the validator takes
 * seconds to begin.
 * @throws when a check finds anything that is not acknowledged
 */
export function synthesise() {
  const folder = mkdtempSync(join(tmpdir(), "webiny-tasks-synth-"));
  const app = newApp(join(folder, "out"));

  const plain = new Stack(app, "Plain");
  new BackgroundTasks(plain, "Tasks", { entry: ENTRY, api: { type: "functionUrl" }, metricsNamespace: "Shop/Tasks" });

  const changed = new Stack(app, "Changed");
  new BackgroundTasks(changed, "Tasks", {
    entry: ENTRY,
    runtime: Runtime.NODEJS_24_X,
    environment: { STAGE: "test" },
    retentionDays: 30,
    logLevel: "warn",
    logRetention: RetentionDays.ONE_YEAR,
    table: { removalPolicy: RemovalPolicy.DESTROY, deletionProtection: true },
    runner: {
      memorySize: 2_048,
      logGroup: LogGroup.fromLogGroupArn(changed, "Logs", EXISTING.logGroup),
      props: { reservedConcurrentExecutions: 5, environment: { RUNNER: "yes" } }
    },
    api: { type: "httpApi", memorySize: 256 },
    stateMachine: { name: "my-tasks" },
    nets: { statusEvents: false, sweepEvery: Duration.hours(1) },
    tracing: false,
    alarms: { actions: [new SnsAction(Topic.fromTopicArn(changed, "Topic", EXISTING.topic))] },
    dashboard: false
  });

  const existing = new Stack(app, "Existing");
  const role = Role.fromRoleArn(existing, "Role", "arn:aws:iam::123456789012:role/theirs");
  const theirs = (id: string, functionArn: string) =>
    Function.fromFunctionAttributes(existing, id, { functionArn, role });
  new BackgroundTasks(existing, "Tasks", {
    table: { existing: Table.fromTableArn(existing, "Table", EXISTING.table) },
    runner: { existing: theirs("Runner", EXISTING.runner) },
    stateMachine: { existing: StateMachine.fromStateMachineArn(existing, "Machine", EXISTING.stateMachine) },
    nets: { existing: theirs("Nets", EXISTING.nets), sweepEvery: false },
    alarms: false,
    dashboard: false
  });

  const rolesOfTheirs = new Stack(app, "RolesOfTheirs");
  const roleOf = (name: string) => Role.fromRoleArn(rolesOfTheirs, name, `${EXISTING.roles}${name}`);
  new BackgroundTasks(rolesOfTheirs, "Tasks", {
    entry: ENTRY,
    runner: { role: roleOf("runner") },
    api: {
      type: "none",
      existing: Function.fromFunctionAttributes(rolesOfTheirs, "Api", {
        functionArn: EXISTING.api,
        role: roleOf("api")
      })
    },
    stateMachine: {
      role: roleOf("machine"),
      logGroup: LogGroup.fromLogGroupArn(rolesOfTheirs, "Logs", EXISTING.logGroup)
    },
    nets: { role: roleOf("sweep") }
  });

  const templateFile = join(folder, "template.json");
  writeFileSync(templateFile, JSON.stringify(cloudFormationTemplate()));
  const included = new CfnInclude(new Stack(app, "Included"), "Template", { templateFile });
  acknowledgeTemplate(included);

  try {
    const assembly = app.synth();
    const { template } = assembly.getStackByName("Plain");
    const bundles = readdirSync(assembly.directory).filter(name => name.startsWith("asset."));
    return {
      plain: template,
      changed: assembly.getStackByName("Changed").template,
      existing: assembly.getStackByName("Existing").template,
      rolesOfTheirs: assembly.getStackByName("RolesOfTheirs").template,
      /** As CloudFormation gets it from the command line, not as the CDK writes it again. */
      cloudFormation: JSON.parse(readFileSync(templateFile, "utf8")),
      bundles: bundles.map(name => join(assembly.directory, name, "index.mjs")),
      remove: () => rmSync(folder, { recursive: true, force: true })
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The construct acknowledges its own; a template has no place for that which cdk-nag 3 reads. */
function acknowledgeTemplate(included: CfnInclude): void {
  const tell = (id: string, finding: string, reason = "As in src/deploy/cdk.") =>
    acknowledge(included.getResource(id), `AwsSolutions-${finding}`, reason);
  const executions = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<AWS::StackName>-tasks:*";
  const logs = "arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group";
  for (const id of ["Runner", "ApiFunction"]) {
    tell(`${id}Role`, `IAM5[Resource::${executions}]`);
    tell(`${id}Role`, `IAM5[Resource::${logs}:<${id}Logs>:*]`);
    tell(`${id}Role`, "IAM5[Resource::*]");
    tell(id, "L1", "The rule cannot look into a parameter; its default is the newest runtime.");
  }
  for (const { id } of alarmsOf(WATCHED)) {
    acknowledge(included.getResource(`${id}Alarm`), "CloudFormation-Validate::W1030", "Used under a condition only.");
  }
  tell("StateMachineRole", "IAM5[Resource::*]");
  tell("StateMachine", "SF1");
  tell("HttpApiRoute", "APIG4");
}

/** A stack with two faults, one for each check. @returns what synthesising it says */
export function synthesiseFaulty(): string {
  const folder = mkdtempSync(join(tmpdir(), "webiny-tasks-faulty-"));
  const stack = new Stack(newApp(folder), "Faulty");
  new CfnQueue(stack, "Queue").addPropertyOverride("DelaySeconds", "soon");
  try {
    (stack.node.root as App).synth();
    return "nothing";
  } catch (error) {
    return (error as Error).message;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
