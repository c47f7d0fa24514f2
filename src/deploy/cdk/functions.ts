import { Annotations, ArnFormat, Duration } from "aws-cdk-lib";
import { ManagedPolicy, Policy, PolicyStatement, Role, ServicePrincipal, type IRole } from "aws-cdk-lib/aws-iam";
import { Architecture, Runtime, type CfnFunction, type IFunction } from "aws-cdk-lib/aws-lambda";
import { NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup, RetentionDays, type ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { TasksError } from "../../errors.js";
import { functionLogStatements, functionTraceStatements, SERVICES, type Statement } from "../iam.js";
import { API, RUNNER } from "../settings.js";
import { acknowledgeWildcards } from "./acknowledge.js";
import type { BackgroundTasksProps, FunctionSettings } from "./props.js";

const SETTINGS = { Runner: RUNNER, Api: API };

export interface FunctionParams {
  name: keyof typeof SETTINGS;
  settings: FunctionSettings | undefined;
  props: BackgroundTasksProps;
  environment: Record<string, string>;
  /** What its code reaches. */
  statements: Statement[];
}

/** The function that runs the handler, or the existing one, with a role that may do what the statements say. */
export function createFunction(scope: Construct, params: FunctionParams): IFunction {
  const { name, settings = {}, props, statements } = params;
  if (settings.existing !== undefined) {
    grant(scope, name, settings.existing.role, statements, settings.existing);
    return settings.existing;
  }
  if (props.entry === undefined) {
    throw new TasksError(
      "CONFIGURATION_ERROR",
      `BackgroundTasks needs "entry", the file that exports the handler, or an existing function as ${name.toLowerCase()}.existing.`
    );
  }
  const logGroup =
    settings.logGroup ??
    new LogGroup(scope, `${name}Logs`, { retention: props.logRetention ?? RetentionDays.ONE_MONTH });
  const isTraced = props.tracing !== false;
  const role = settings.role ?? new Role(scope, `${name}Role`, { assumedBy: new ServicePrincipal(SERVICES.function) });
  if (settings.props?.vpc !== undefined && settings.role === undefined) {
    role.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName("service-role/AWSLambdaVPCAccessExecutionRole"));
  }
  const own = [
    ...statements,
    ...functionLogStatements(logGroupArn(logGroup)),
    ...(isTraced ? functionTraceStatements() : [])
  ];
  const policy = grant(scope, name, role, own);
  const created = newFunction(scope, params, props.entry, role, logGroup);
  if (isTraced) {
    // Its own property would add a statement to the role, beside ours.
    (created.node.defaultChild as CfnFunction).tracingConfig = { mode: "Active" };
  }
  if (policy !== undefined) {
    created.node.addDependency(policy);
  }
  return created;
}

function newFunction(
  scope: Construct,
  { name, settings = {}, props, environment }: FunctionParams,
  entry: string,
  role: IRole,
  logGroup: ILogGroup
): NodejsFunction {
  const { memoryMb, timeoutSeconds } = SETTINGS[name];
  return new NodejsFunction(scope, name, {
    awsSdkConnectionReuse: false,
    architecture: Architecture.ARM_64,
    timeout: Duration.seconds(timeoutSeconds),
    ...settings.props,
    entry,
    handler: props.handler ?? "handler",
    runtime: props.runtime ?? Runtime.NODEJS_24_X,
    memorySize: settings.memorySize ?? memoryMb,
    role,
    logGroup,
    environment: { ...environment, ...props.environment, ...settings.props?.environment },
    bundling: {
      format: OutputFormat.ESM,
      mainFields: ["module", "main"],
      minify: true,
      // Errors are told by their names.
      keepNames: true,
      // The SDK of the runtime is older than the one that was tested, and slower to load.
      externalModules: [],
      // Packages in CommonJS call it.
      banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
      ...props.bundling
    }
  });
}

/** A policy of our own, so that its statements never meet others in one document. */
export function grant(
  scope: Construct,
  name: string,
  role: IRole | undefined,
  statements: Statement[],
  existing?: IFunction
): Policy | undefined {
  if (role === undefined) {
    Annotations.of(scope).addWarningV2(
      "@webiny/tasks:role",
      `The role of the existing function ${existing?.functionName ?? name} is not known: give it the permissions of docs/deploy.md yourself.`
    );
    return undefined;
  }
  const policy = new Policy(scope, `${name}Policy`, {
    statements: statements.map(statement => PolicyStatement.fromJson(statement)),
    roles: [role]
  });
  acknowledgeWildcards(policy, statements);
  return policy;
}

/** L2 log groups end their ARN with `:*`. */
function logGroupArn(logGroup: ILogGroup): string {
  return logGroup.stack.formatArn({
    service: "logs",
    resource: "log-group",
    resourceName: logGroup.logGroupName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME
  });
}
