import * as aws from "@pulumi/aws";
import {
  all,
  interpolate,
  jsonStringify,
  output,
  type asset,
  type Input,
  type Output,
  type Resource
} from "@pulumi/pulumi";
import { TasksError } from "../../errors.js";
import {
  functionLogStatements,
  functionTraceStatements,
  policyOf,
  SERVICES,
  trustOf,
  type Reach,
  type Statement
} from "../iam.js";
import { ARCHITECTURE, LOG_RETENTION_DAYS, RUNTIMES } from "../settings.js";
import type { BackgroundTasksArgs, ExistingFunction, FunctionArgs } from "./args.js";

export interface FunctionParams {
  /** Of its resources: the component's name, a dash and this. */
  name: string;
  settings: FunctionArgs & { code?: Input<asset.Archive> };
  defaults: { memoryMb: number; timeoutSeconds: number };
  args: BackgroundTasksArgs;
  environment: Output<Record<string, string>>;
  reach: Output<Reach>;
  /** What its code reaches. */
  statements: (reach: Reach) => Statement[];
  parent: Resource;
}

/** The function that runs the handler, or the existing one, with a role that may do what the statements say. */
export function createFunction(params: FunctionParams): ExistingFunction {
  const { name, settings, args, reach, statements, parent } = params;
  if (settings.existing !== undefined) {
    const { existing } = settings;
    grant(name, existing.role, reach.apply(statements), parent);
    return existing;
  }
  const code = settings.code ?? args.code;
  if (code === undefined) {
    throw new TasksError(
      "CONFIGURATION_ERROR",
      `BackgroundTasks needs "code", the bundled handler, or an existing function in place of ${name}.`
    );
  }
  const isTraced = args.tracing !== false;
  const role = new aws.iam.Role(
    `${name}-role`,
    { assumeRolePolicy: JSON.stringify(trustOf(SERVICES.function)) },
    { parent }
  );
  const created = newFunction(params, code, role);
  const logGroup = new aws.cloudwatch.LogGroup(
    `${name}-logs`,
    { name: interpolate`/aws/lambda/${created.name}`, retentionInDays: args.logRetentionDays ?? LOG_RETENTION_DAYS },
    { parent }
  );
  const own = all([reach, logGroup.arn]).apply(([at, arn]) => [
    ...statements(at),
    ...functionLogStatements(arn.replace(/:\*$/, "")),
    ...(isTraced ? functionTraceStatements() : [])
  ]);
  grant(name, role.arn, own, parent);
  return created;
}

function newFunction(
  { name, settings, defaults, args, environment, parent }: FunctionParams,
  code: Input<asset.Archive>,
  role: aws.iam.Role
): aws.lambda.Function {
  return new aws.lambda.Function(
    name,
    {
      code,
      handler: args.handler ?? "index.handler",
      runtime: args.runtime ?? RUNTIMES.at(-1),
      architectures: [ARCHITECTURE],
      role: role.arn,
      memorySize: settings.memorySize ?? defaults.memoryMb,
      timeout: defaults.timeoutSeconds,
      environment: {
        variables: all([environment, output(args.environment ?? {})]).apply(([ours, theirs]) => ({
          ...ours,
          ...theirs
        }))
      },
      ...(args.tracing === false ? {} : { tracingConfig: { mode: "Active" } })
    },
    { parent }
  );
}

/** A policy of our own beside those the role has. */
function grant(name: string, roleArn: Input<string>, statements: Output<Statement[]>, parent: Resource): void {
  new aws.iam.RolePolicy(
    `${name}-policy`,
    {
      role: output(roleArn).apply(arn => arn.split("/").at(-1) as string),
      policy: jsonStringify(statements.apply(policyOf))
    },
    { parent }
  );
}
