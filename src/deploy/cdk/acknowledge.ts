import { Stack, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";
import type { Statement } from "../iam.js";

const REASONS: Record<string, string> = {
  Executions: "The names of executions are made as they start. All of this one state machine.",
  Log: "Log streams are made by Lambda as it starts; for its log delivery, Step Functions knows no resources to name.",
  Trace: "X-Ray knows no resources to name."
};

/** Tells cdk-nag why a statement has a wildcard. */
export function acknowledgeWildcards(construct: IConstruct, statements: Statement[]): void {
  for (const { Sid, Resource } of statements) {
    for (const resource of [Resource].flat().filter(text => text.includes("*"))) {
      acknowledge(construct, `AwsSolutions-IAM5[Resource::${shown(construct, resource)}]`, REASONS[Sid] ?? "");
    }
  }
}

/** Tells cdk-nag why a finding is meant so. */
export function acknowledge(construct: IConstruct, id: string, reason: string): void {
  Validations.of(construct).acknowledge({ id, reason });
}

/** A resource as cdk-nag writes it: `<AWS::Partition>` for what is known at the deployment only. */
function shown(construct: IConstruct, resource: string): string {
  return textOf(Stack.of(construct).resolve(resource));
}

function textOf(value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  const [intrinsic, argument] = Object.entries(value as Record<string, unknown>)[0] ?? [];
  switch (intrinsic) {
    case "Fn::Join": {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map(textOf).join(separator);
    }
    case "Fn::GetAtt":
      return `<${(argument as string[]).join(".")}>`;
    default:
      return `<${String(argument)}>`;
  }
}
