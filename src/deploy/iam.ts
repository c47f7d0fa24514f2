import type { IndexName } from "../storage/Storage.js";
import { executionsArn, stateMachineArn, type Place } from "./arns.js";

/** A statement of an IAM policy, as its JSON has it. */
export interface Statement {
  Sid: string;
  Effect: "Allow";
  Action: string[];
  Resource: string | string[];
}

export interface PolicyDocument<S = Statement> {
  Version: "2012-10-17";
  Statement: S[];
}

export function policyOf<S>(statements: S[]): PolicyDocument<S> {
  return { Version: "2012-10-17", Statement: statements };
}

/** What the code of a function reaches. */
export interface Reach extends Place {
  tableArn: string;
}

/** The runner: runs tasks, and looks after overdue ones. */
export function runnerStatements(reach: Reach): Statement[] {
  return engineStatements(reach, ["byStatus", "byDefinition", "byDue"]);
}

/** The function of the API: all that `context.tasks` does, but no sweep. */
export function apiStatements(reach: Reach): Statement[] {
  return engineStatements(reach, ["byStatus", "byDefinition"]);
}

// A test compares these with every request that the code sends: one too few or one too many fails it.
function engineStatements(reach: Reach, indexes: IndexName[]): Statement[] {
  return [
    allow("Tasks", TABLE_ACTIONS, reach.tableArn),
    allow(
      "TaskIndexes",
      ["dynamodb:Query"],
      indexes.map(name => `${reach.tableArn}/index/${name}`)
    ),
    allow("StartExecutions", ["states:StartExecution"], stateMachineArn(reach)),
    allow("Executions", ["states:DescribeExecution", "states:StopExecution"], executionsArn(reach))
  ];
}

const TABLE_ACTIONS = [
  "dynamodb:BatchGetItem",
  "dynamodb:BatchWriteItem",
  "dynamodb:DeleteItem",
  "dynamodb:GetItem",
  "dynamodb:PutItem",
  "dynamodb:Query",
  "dynamodb:UpdateItem"
];

/** The state machine, and the schedule: they call one function, by this very ARN. */
export function invokeStatements(functionArn: string): Statement[] {
  return [allow("Invoke", ["lambda:InvokeFunction"], functionArn)];
}

/** A function's own log. @param logGroupArn without `:*` */
export function functionLogStatements(logGroupArn: string): Statement[] {
  return [allow("Log", ["logs:CreateLogStream", "logs:PutLogEvents"], `${logGroupArn}:*`)];
}

/** Traces of a function. X-Ray knows no resources to name. https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html */
export function functionTraceStatements(): Statement[] {
  return [allow("Trace", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*")];
}

/** Traces of the state machine. https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html */
export function stateMachineTraceStatements(): Statement[] {
  const sampling = ["xray:GetSamplingRules", "xray:GetSamplingTargets"];
  return [allow("Trace", [...sampling, "xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*")];
}

/** Log of the state machine: these have no resources either. https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html */
export function stateMachineLogStatements(): Statement[] {
  return [
    allow(
      "Log",
      [
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery"
      ],
      "*"
    )
  ];
}

/** Services that take on the roles. Their names are the same in every partition. */
export const SERVICES = {
  function: "lambda.amazonaws.com",
  stateMachine: "states.amazonaws.com",
  schedule: "scheduler.amazonaws.com",
  rule: "events.amazonaws.com",
  httpApi: "apigateway.amazonaws.com"
} as const;

/** Who may take on a role. @param account where a service could act for others too: only for this account */
export function trustOf(service: string, account?: string) {
  return policyOf([
    {
      Effect: "Allow" as const,
      Principal: { Service: service },
      Action: "sts:AssumeRole" as const,
      ...(account === undefined ? {} : { Condition: { StringEquals: { "aws:SourceAccount": account } } })
    }
  ]);
}

function allow(Sid: string, Action: string[], Resource: string | string[]): Statement {
  return { Sid, Effect: "Allow", Action, Resource };
}
