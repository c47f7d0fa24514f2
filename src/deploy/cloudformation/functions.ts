import { environmentOf } from "../environment.js";
import { functionLogStatements, functionTraceStatements, policyOf, SERVICES, trustOf, type Statement } from "../iam.js";
import { ARCHITECTURE } from "../settings.js";
import { toIntrinsics } from "./intrinsics.js";
import type { Resource, Resources } from "./resources.js";

interface FunctionParams {
  name: string;
  condition?: Resource["Condition"];
  settings: { memoryMb: number | string; timeoutSeconds: number };
  environment: { tableName: string; stateMachineArn: string };
  statements: Statement[];
}

/** A function that runs the code of the parameters, its role and its log. */
export function functionResources({ name, condition, settings, environment, statements }: FunctionParams): Resources {
  const when = condition === undefined ? {} : { Condition: condition };
  const logs = `${name}Logs`;
  const logGroupArn = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${" + logs + "}";
  const policy = policyOf([...statements, ...functionLogStatements(logGroupArn), ...functionTraceStatements()]);
  const variables = environmentOf({
    ...environment,
    retentionDays: "${RetentionDays}",
    logLevel: "${LogLevel}",
    metricsNamespace: "${MetricsNamespace}"
  });
  return {
    [logs]: logGroup({ ...when }),
    [`${name}Role`]: {
      Type: "AWS::IAM::Role",
      ...when,
      Properties: {
        AssumeRolePolicyDocument: trustOf(SERVICES.function),
        Policies: [{ PolicyName: "Tasks", PolicyDocument: toIntrinsics(policy) }]
      }
    },
    [name]: {
      Type: "AWS::Lambda::Function",
      ...when,
      Properties: {
        Code: { S3Bucket: { Ref: "CodeBucket" }, S3Key: { Ref: "CodeKey" } },
        Handler: { Ref: "Handler" },
        Runtime: { Ref: "Runtime" },
        Architectures: [ARCHITECTURE],
        Role: { "Fn::GetAtt": [`${name}Role`, "Arn"] },
        MemorySize: toIntrinsics(settings.memoryMb),
        Timeout: settings.timeoutSeconds,
        LoggingConfig: { LogGroup: { Ref: logs } },
        TracingConfig: { Mode: "Active" },
        Environment: { Variables: toIntrinsics(variables) }
      }
    }
  };
}

export function logGroup({ name, ...rest }: { name?: unknown; Condition?: Resource["Condition"] } = {}): Resource {
  return {
    Type: "AWS::Logs::LogGroup",
    ...rest,
    DeletionPolicy: "Delete",
    UpdateReplacePolicy: "Delete",
    Properties: {
      ...(name === undefined ? {} : { LogGroupName: name }),
      RetentionInDays: { Ref: "LogRetentionDays" }
    }
  };
}
