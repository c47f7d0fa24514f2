import { lambdaInvokeArn, stateMachineJson } from "../../machine/stateMachine.js";
import {
  invokeStatements,
  policyOf,
  SERVICES,
  stateMachineLogStatements,
  stateMachineTraceStatements,
  trustOf
} from "../iam.js";
import { STATE_MACHINE_LOGGING, VENDED_LOGS_PREFIX } from "../settings.js";
import { logGroup } from "./functions.js";
import { toIntrinsics, toProperties } from "./intrinsics.js";
import { STATE_MACHINE_NAME, type Resources } from "./resources.js";

export function stateMachineResources(): Resources {
  const statements = [
    ...invokeStatements("${Runner.Arn}"),
    ...stateMachineLogStatements(),
    ...stateMachineTraceStatements()
  ];
  return {
    StateMachineLogs: logGroup({ name: toIntrinsics(`${VENDED_LOGS_PREFIX}states/${STATE_MACHINE_NAME}`) }),
    StateMachineRole: {
      Type: "AWS::IAM::Role",
      Properties: {
        AssumeRolePolicyDocument: toIntrinsics(trustOf(SERVICES.stateMachine, "${AWS::AccountId}")),
        Policies: [{ PolicyName: "Tasks", PolicyDocument: toIntrinsics(policyOf(statements)) }]
      }
    },
    StateMachine: {
      Type: "AWS::StepFunctions::StateMachine",
      Properties: {
        StateMachineName: toIntrinsics(STATE_MACHINE_NAME),
        StateMachineType: "STANDARD",
        RoleArn: { "Fn::GetAtt": ["StateMachineRole", "Arn"] },
        DefinitionString: stateMachineJson(),
        DefinitionSubstitutions: toIntrinsics({
          RunnerFunctionArn: "${Runner.Arn}",
          LambdaInvoke: lambdaInvokeArn("${AWS::Partition}")
        }),
        LoggingConfiguration: {
          ...toProperties(STATE_MACHINE_LOGGING),
          Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: { "Fn::GetAtt": ["StateMachineLogs", "Arn"] } } }]
        },
        TracingConfiguration: { Enabled: true }
      }
    }
  };
}
