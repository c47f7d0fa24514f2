import { DEFAULT_RETENTION_DAYS } from "../../constants.js";
import { LOG_RETENTION_DAYS, RUNNER, RUNTIMES } from "../settings.js";

/** What CloudWatch keeps logs for, in days. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const LOG_RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
];

/** What whoever deploys the template says. docs/deploy.md lists them. */
export const PARAMETERS = {
  CodeBucket: {
    Type: "String",
    Description: "S3 bucket, in the region of the stack, with the bundled handler as a zip."
  },
  CodeKey: {
    Type: "String",
    Description: "Key of the zip. New code needs a new key.",
    MinLength: 1
  },
  Handler: { Type: "String", Description: "File in the zip, and what it exports.", Default: "index.handler" },
  Runtime: { Type: "String", Default: RUNTIMES.at(-1), AllowedValues: [...RUNTIMES] },
  RunnerMemory: {
    Type: "Number",
    Description: "Memory of the runner in MB.",
    Default: RUNNER.memoryMb,
    MinValue: 256,
    MaxValue: 10_240
  },
  Api: {
    Type: "String",
    Description: "How the API is reached, if at all. The handler signs in whoever calls: createTaskSecurity().",
    Default: "none",
    AllowedValues: ["none", "function-url", "http-api"]
  },
  RetentionDays: {
    Type: "Number",
    Description: "Days a finished task is kept.",
    Default: DEFAULT_RETENTION_DAYS,
    MinValue: 1,
    MaxValue: 36_500
  },
  LogLevel: { Type: "String", Default: "info", AllowedValues: ["debug", "info", "warn", "error", "silent"] },
  MetricsNamespace: {
    Type: "String",
    Description: "Namespace of CloudWatch for metrics of each definition; false: none.",
    Default: "false",
    AllowedPattern: "^(?!true$|AWS/)[\\w.\\-/#:]{1,255}$"
  },
  LogRetentionDays: {
    Type: "Number",
    Description: "Days the logs are kept.",
    Default: LOG_RETENTION_DAYS,
    AllowedValues: LOG_RETENTIONS
  },
  AlarmTopic: { Type: "String", Description: "ARN of an SNS topic that is told of alarms.", Default: "" }
};

export const CONDITIONS = {
  HasApi: { "Fn::Not": [{ "Fn::Equals": [{ Ref: "Api" }, "none"] }] },
  HasUrl: { "Fn::Equals": [{ Ref: "Api" }, "function-url"] },
  HasHttpApi: { "Fn::Equals": [{ Ref: "Api" }, "http-api"] },
  HasMetrics: { "Fn::Not": [{ "Fn::Equals": [{ Ref: "MetricsNamespace" }, "false"] }] },
  HasAlarmTopic: { "Fn::Not": [{ "Fn::Equals": [{ Ref: "AlarmTopic" }, ""] }] }
};
