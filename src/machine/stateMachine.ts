import { TaskResponseStatus } from "../types.js";

/** What the machine reads in `status`: a result's status, or `handover` (the task goes on in a fresh execution). */
export const MachineStatus = { ...TaskResponseStatus, HANDOVER: "handover" } as const;
export type MachineStatus = (typeof MachineStatus)[keyof typeof MachineStatus];

/** Name in the Lambda event by which the runner is called. */
export const EVENT_NAME = "background-task";

/** Filled with the runner's ARN when the machine is deployed (CloudFormation, SAM and CDK: `DefinitionSubstitutions`). */
export const RUNNER_ARN_PLACEHOLDER = "${RunnerFunctionArn}";

/** Filled with the ARN of Step Functions' Lambda integration, which has the partition in it: {@link lambdaInvokeArn}. */
export const LAMBDA_INVOKE_PLACEHOLDER = "${LambdaInvoke}";

/** @param partition `aws`, `aws-cn` or `aws-us-gov` */
export function lambdaInvokeArn(partition: string): string {
  return `arn:${partition}:states:::lambda:invoke`;
}

const statusIs = (status: MachineStatus) => [
  { Variable: "$.status", IsPresent: true },
  { Variable: "$.status", StringEquals: status }
];

// Every field read here is in the start input and in every answer: a path that points at nothing is a
// `States.Runtime` error, which Step Functions can neither retry nor catch.
const payload = {
  "webinyTaskId.$": "$.webinyTaskId",
  "webinyTaskDefinitionId.$": "$.webinyTaskDefinitionId",
  "tenant.$": "$.tenant",
  "locale.$": "$.locale",
  delay: -1,
  endpoint: "manage",
  "executionName.$": "$$.Execution.Name",
  "executionArn.$": "$$.Execution.Id",
  "stateMachineId.$": "$$.StateMachine.Id",
  "execution.$": "$.execution",
  "iteration.$": "$.iteration",
  "events.$": "$.events",
  "retryCount.$": "$$.State.RetryCount"
};

/** Retries of Run, by error. The runner counts their history events, so they stand here once. */
export const RUN_RETRIES = [
  // Never started: wait for a free place.
  {
    ErrorEquals: ["Lambda.TooManyRequestsException"],
    IntervalSeconds: 2,
    BackoffRate: 2,
    MaxAttempts: 30,
    MaxDelaySeconds: 120,
    JitterStrategy: "FULL"
  },
  // May have run, or may still be running: the runner copes with a second start.
  {
    ErrorEquals: [
      "Lambda.ClientExecutionTimeoutException",
      "Lambda.ServiceException",
      "Lambda.AWSLambdaException",
      "Lambda.SdkClientException"
    ],
    IntervalSeconds: 2,
    BackoffRate: 2,
    MaxAttempts: 6,
    MaxDelaySeconds: 60,
    JitterStrategy: "FULL"
  }
];

/**
 * The state machine (Amazon States Language, JSONPath), as data: the one that is deployed and the one the tests run.
 * Everything a crash can throw goes to Recover, where the definition's policy decides.
 * @see https://states-language.net/spec.html
 */
export const stateMachine = {
  Comment: "Background task: invoke the runner once per iteration until the task ends",
  StartAt: "CheckStatus",
  States: {
    CheckStatus: {
      Type: "Choice",
      Choices: [
        {
          And: [
            ...statusIs("continue"),
            { Variable: "$.wait", IsPresent: true },
            { Variable: "$.wait", IsNumeric: true },
            { Variable: "$.wait", NumericGreaterThan: 0 }
          ],
          Next: "Wait"
        },
        { And: statusIs("continue"), Next: "Run" },
        { And: statusIs("done"), Next: "Done" },
        { And: statusIs("aborted"), Next: "Aborted" },
        { And: statusIs("handover"), Next: "HandedOver" },
        { And: statusIs("error"), Next: "Failed" }
      ],
      Default: "UnknownStatus"
    },
    Run: {
      Type: "Task",
      Resource: LAMBDA_INVOKE_PLACEHOLDER,
      Parameters: {
        FunctionName: RUNNER_ARN_PLACEHOLDER,
        Payload: { name: EVENT_NAME, payload }
      },
      OutputPath: "$.Payload",
      // Above the function's own time-out (900 s): a retry must not run beside the first.
      TimeoutSeconds: 960,
      Retry: RUN_RETRIES,
      Catch: [
        { ErrorEquals: ["States.DataLimitExceeded"], ResultPath: "$.crash", Next: "Recover" },
        { ErrorEquals: ["States.ALL"], ResultPath: "$.crash", Next: "Recover" }
      ],
      Next: "CheckStatus"
    },
    Recover: {
      Type: "Task",
      Resource: LAMBDA_INVOKE_PLACEHOLDER,
      Parameters: {
        FunctionName: RUNNER_ARN_PLACEHOLDER,
        Payload: {
          name: EVENT_NAME,
          payload: { ...payload, crash: { "error.$": "$.crash.Error", "cause.$": "$.crash.Cause" } }
        }
      },
      OutputPath: "$.Payload",
      TimeoutSeconds: 960,
      Retry: [
        {
          ErrorEquals: ["States.ALL"],
          IntervalSeconds: 5,
          BackoffRate: 2,
          MaxAttempts: 8,
          MaxDelaySeconds: 300,
          JitterStrategy: "FULL"
        }
      ],
      Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.crash", Next: "Lost" }],
      Next: "CheckStatus"
    },
    Wait: { Type: "Wait", SecondsPath: "$.wait", Next: "Run" },
    Done: { Type: "Succeed" },
    Aborted: { Type: "Succeed" },
    HandedOver: { Type: "Succeed" },
    Failed: { Type: "Fail", Error: "TaskFailed", Cause: "The task failed; its record holds the error." },
    Lost: { Type: "Fail", ErrorPath: "$.crash.Error", CausePath: "$.crash.Cause" },
    UnknownStatus: {
      Type: "Fail",
      Error: "UnknownStatus",
      Cause: "The runner answered a status this machine does not know."
    }
  }
};

/**
 * The machine as JSON text, ready to deploy.
 * @param runnerFunctionArn ARN of the runner Lambda, which also tells the partition; without it the placeholders
 * `${RunnerFunctionArn}` and `${LambdaInvoke}` stay, the second for `arn:aws:states:::lambda:invoke`
 */
export function stateMachineJson(runnerFunctionArn?: string): string {
  const json = JSON.stringify(stateMachine, null, 2);
  if (runnerFunctionArn === undefined) {
    return json;
  }
  const [, partition = ""] = runnerFunctionArn.split(":");
  return json
    .replaceAll(RUNNER_ARN_PLACEHOLDER, () => runnerFunctionArn)
    .replaceAll(LAMBDA_INVOKE_PLACEHOLDER, () => lambdaInvokeArn(partition));
}
