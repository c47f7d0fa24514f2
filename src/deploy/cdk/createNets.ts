import { Duration, Stack } from "aws-cdk-lib";
import { CfnRule } from "aws-cdk-lib/aws-events";
import { PolicyDocument, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnPermission, type IFunction } from "aws-cdk-lib/aws-lambda";
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler";
import type { Construct } from "constructs";
import { SWEEP_EVENT } from "../../constants.js";
import { rateOf, STATUS_RULE_DESCRIPTION, statusEventPattern, SWEEP_DESCRIPTION } from "../events.js";
import { invokeStatements, policyOf, SERVICES } from "../iam.js";
import { SWEEP_MINUTES, SWEEP_RETRIES } from "../settings.js";
import type { NetsSettings } from "./props.js";

/** The rule for status events and the schedule of the sweep, and their permission to call the function. */
export function createNets(
  scope: Construct,
  { statusEvents = true, sweepEvery = Duration.minutes(SWEEP_MINUTES), role }: NetsSettings,
  target: IFunction,
  stateMachineArn: string
): void {
  if (statusEvents) {
    const rule = new CfnRule(scope, "StatusEvents", {
      description: STATUS_RULE_DESCRIPTION,
      eventPattern: statusEventPattern(stateMachineArn),
      targets: [{ id: "Nets", arn: target.functionArn }]
    });
    new CfnPermission(scope, "StatusEventsPermission", {
      action: "lambda:InvokeFunction",
      functionName: target.functionArn,
      principal: SERVICES.rule,
      sourceArn: rule.attrArn
    });
  }
  if (sweepEvery !== false) {
    new CfnSchedule(scope, "Sweep", {
      description: SWEEP_DESCRIPTION,
      scheduleExpression: rateOf(sweepEvery.toMinutes()),
      flexibleTimeWindow: { mode: "OFF" },
      target: {
        arn: target.functionArn,
        roleArn: (role ?? newRole(scope, target)).roleArn,
        input: JSON.stringify(SWEEP_EVENT),
        retryPolicy: { maximumRetryAttempts: SWEEP_RETRIES }
      }
    });
  }
}

function newRole(scope: Construct, target: IFunction): Role {
  return new Role(scope, "SweepRole", {
    assumedBy: new ServicePrincipal(SERVICES.schedule, {
      conditions: { StringEquals: { "aws:SourceAccount": Stack.of(scope).account } }
    }),
    inlinePolicies: { Invoke: PolicyDocument.fromJson(policyOf(invokeStatements(target.functionArn))) }
  });
}
