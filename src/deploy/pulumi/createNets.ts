import * as aws from "@pulumi/aws";
import { jsonStringify, output, type Input, type Output, type Resource } from "@pulumi/pulumi";
import { SWEEP_EVENT } from "../../constants.js";
import { rateOf, STATUS_RULE_DESCRIPTION, statusEventPattern, SWEEP_DESCRIPTION } from "../events.js";
import { invokeStatements, policyOf, SERVICES, trustOf, type Reach } from "../iam.js";
import { SWEEP_MINUTES, SWEEP_RETRIES } from "../settings.js";
import type { NetsArgs } from "./args.js";

export interface NetsParams {
  name: string;
  settings: NetsArgs;
  functionArn: Input<string>;
  stateMachineArn: Output<string>;
  reach: Output<Reach>;
  parent: Resource;
}

/** The rule for status events and the schedule of the sweep, and their permission to call the function. */
export function createNets(params: NetsParams): void {
  const { statusEvents = true, sweepMinutes = SWEEP_MINUTES } = params.settings;
  if (statusEvents) {
    createRule(params);
  }
  if (sweepMinutes !== false) {
    createSchedule(params, sweepMinutes);
  }
}

function createRule({ name, functionArn, stateMachineArn, parent }: NetsParams): void {
  const rule = new aws.cloudwatch.EventRule(
    `${name}-status-events`,
    {
      description: STATUS_RULE_DESCRIPTION,
      eventPattern: jsonStringify(stateMachineArn.apply(statusEventPattern))
    },
    { parent }
  );
  new aws.cloudwatch.EventTarget(`${name}-status-events`, { rule: rule.name, arn: functionArn }, { parent });
  new aws.lambda.Permission(
    `${name}-status-events`,
    { action: "lambda:InvokeFunction", function: functionArn, principal: SERVICES.rule, sourceArn: rule.arn },
    { parent }
  );
}

function createSchedule({ name, functionArn, reach, parent }: NetsParams, minutes: number): void {
  const role = new aws.iam.Role(
    `${name}-sweep-role`,
    { assumeRolePolicy: jsonStringify(reach.apply(({ account }) => trustOf(SERVICES.schedule, account))) },
    { parent }
  );
  const policy = new aws.iam.RolePolicy(
    `${name}-sweep-policy`,
    { role: role.name, policy: jsonStringify(output(functionArn).apply(arn => policyOf(invokeStatements(arn)))) },
    { parent }
  );
  new aws.scheduler.Schedule(
    `${name}-sweep`,
    {
      description: SWEEP_DESCRIPTION,
      scheduleExpression: rateOf(minutes),
      flexibleTimeWindow: { mode: "OFF" },
      target: {
        arn: functionArn,
        roleArn: role.arn,
        input: JSON.stringify(SWEEP_EVENT),
        retryPolicy: { maximumRetryAttempts: SWEEP_RETRIES }
      }
    },
    { parent, dependsOn: [policy] }
  );
}
