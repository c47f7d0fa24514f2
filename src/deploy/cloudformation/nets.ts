import { SWEEP_EVENT } from "../../constants.js";
import { rateOf, STATUS_RULE_DESCRIPTION, statusEventPattern, SWEEP_DESCRIPTION } from "../events.js";
import { invokeStatements, policyOf, SERVICES, trustOf } from "../iam.js";
import { SWEEP_MINUTES, SWEEP_RETRIES } from "../settings.js";
import { toIntrinsics } from "./intrinsics.js";
import type { Resources } from "./resources.js";

/** The rule for status events and the schedule of the sweep, and their permission to call the runner. */
export function netsResources(): Resources {
  return {
    StatusEvents: {
      Type: "AWS::Events::Rule",
      Properties: {
        Description: STATUS_RULE_DESCRIPTION,
        EventPattern: toIntrinsics(statusEventPattern("${StateMachine}")),
        Targets: [{ Id: "Nets", Arn: { "Fn::GetAtt": ["Runner", "Arn"] } }]
      }
    },
    StatusEventsPermission: {
      Type: "AWS::Lambda::Permission",
      Properties: {
        Action: "lambda:InvokeFunction",
        FunctionName: { "Fn::GetAtt": ["Runner", "Arn"] },
        Principal: SERVICES.rule,
        SourceArn: { "Fn::GetAtt": ["StatusEvents", "Arn"] }
      }
    },
    SweepRole: {
      Type: "AWS::IAM::Role",
      Properties: {
        AssumeRolePolicyDocument: toIntrinsics(trustOf(SERVICES.schedule, "${AWS::AccountId}")),
        Policies: [{ PolicyName: "Invoke", PolicyDocument: toIntrinsics(policyOf(invokeStatements("${Runner.Arn}"))) }]
      }
    },
    Sweep: {
      Type: "AWS::Scheduler::Schedule",
      Properties: {
        Description: SWEEP_DESCRIPTION,
        ScheduleExpression: rateOf(SWEEP_MINUTES),
        FlexibleTimeWindow: { Mode: "OFF" },
        Target: {
          Arn: { "Fn::GetAtt": ["Runner", "Arn"] },
          RoleArn: { "Fn::GetAtt": ["SweepRole", "Arn"] },
          Input: JSON.stringify(SWEEP_EVENT),
          RetryPolicy: { MaximumRetryAttempts: SWEEP_RETRIES }
        }
      }
    }
  };
}
