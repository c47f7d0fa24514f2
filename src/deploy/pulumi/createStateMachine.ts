import * as aws from "@pulumi/aws";
import { interpolate, jsonStringify, output, type Input, type Output, type Resource } from "@pulumi/pulumi";
import { stateMachineJson } from "../../machine/stateMachine.js";
import {
  invokeStatements,
  policyOf,
  SERVICES,
  stateMachineLogStatements,
  stateMachineTraceStatements,
  trustOf,
  type Reach
} from "../iam.js";
import { LOG_RETENTION_DAYS, STATE_MACHINE_LOGGING, VENDED_LOGS_PREFIX } from "../settings.js";
import type { BackgroundTasksArgs } from "./args.js";

export interface StateMachineParams {
  /** Of its resources. */
  name: string;
  machineName: string;
  args: BackgroundTasksArgs;
  runnerArn: Input<string>;
  reach: Output<Reach>;
  parent: Resource;
}

/** The machine that calls the runner, its role and its log. */
export function createStateMachine(params: StateMachineParams): aws.sfn.StateMachine {
  const { name, machineName, args, parent } = params;
  const isTraced = args.tracing !== false;
  const logGroup = new aws.cloudwatch.LogGroup(
    `${name}-logs`,
    {
      name: `${VENDED_LOGS_PREFIX}states/${machineName}`,
      retentionInDays: args.logRetentionDays ?? LOG_RETENTION_DAYS
    },
    { parent }
  );
  const { role, policy } = createRole(params, isTraced);
  return new aws.sfn.StateMachine(
    name,
    {
      name: machineName,
      type: "STANDARD",
      roleArn: role.arn,
      definition: output(params.runnerArn).apply(stateMachineJson),
      loggingConfiguration: {
        logDestination: interpolate`${logGroup.arn}:*`,
        ...STATE_MACHINE_LOGGING,
        ...(args.stateMachine?.logLevel === undefined ? {} : { level: args.stateMachine.logLevel })
      },
      tracingConfiguration: { enabled: isTraced }
    },
    // Step Functions tries both when it makes the machine.
    { parent, dependsOn: [policy] }
  );
}

function createRole({ name, runnerArn, reach, parent }: StateMachineParams, isTraced: boolean) {
  const role = new aws.iam.Role(
    `${name}-role`,
    { assumeRolePolicy: jsonStringify(reach.apply(({ account }) => trustOf(SERVICES.stateMachine, account))) },
    { parent }
  );
  const statements = output(runnerArn).apply(arn => [
    ...invokeStatements(arn),
    ...stateMachineLogStatements(),
    ...(isTraced ? stateMachineTraceStatements() : [])
  ]);
  const policy = new aws.iam.RolePolicy(
    `${name}-policy`,
    { role: role.name, policy: jsonStringify(statements.apply(policyOf)) },
    { parent }
  );
  return { role, policy };
}
