import { stateMachineJson } from "../machine/stateMachine.js";
import { cloudFormationTemplate } from "./cloudformation/template.js";
import {
  apiStatements,
  invokeStatements,
  policyOf,
  runnerStatements,
  stateMachineLogStatements,
  stateMachineTraceStatements
} from "./iam.js";

/** What `webiny-tasks template` prints. */
export type Format = "cloudformation" | "asl" | "iam";

const FORMATS: Record<Format, () => string> = {
  cloudformation: () => toJson(cloudFormationTemplate()),
  asl: () => stateMachineJson(),
  iam: () => toJson(policies())
};

/** Text for other tools than the CDK and Pulumi: a template, or the parts that they fill in, with their `${…}`. */
export function artefact(format: Format): string {
  return FORMATS[format]();
}

/** The policy of each role, with `${…}` for where things are. Logs and traces of the functions are left to the tool. */
function policies() {
  const reach = {
    partition: "${Partition}",
    region: "${Region}",
    account: "${Account}",
    stateMachineName: "${StateMachineName}",
    tableArn: "${TableArn}"
  };
  const invoke = invokeStatements("${RunnerFunctionArn}");
  return {
    runner: policyOf(runnerStatements(reach)),
    api: policyOf(apiStatements(reach)),
    stateMachine: policyOf([...invoke, ...stateMachineLogStatements(), ...stateMachineTraceStatements()]),
    sweep: policyOf(invoke)
  };
}

function toJson(value: object): string {
  return JSON.stringify(value, null, 2);
}
