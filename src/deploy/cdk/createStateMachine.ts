import { Stack } from "aws-cdk-lib";
import { PolicyDocument, Role, ServicePrincipal, type IRole } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import {
  DefinitionBody,
  LogLevel,
  StateMachine,
  StateMachineType,
  type IStateMachine
} from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import { lambdaInvokeArn, stateMachineJson } from "../../machine/stateMachine.js";
import {
  invokeStatements,
  policyOf,
  SERVICES,
  stateMachineLogStatements,
  stateMachineTraceStatements
} from "../iam.js";
import { STATE_MACHINE_LOGGING, VENDED_LOGS_PREFIX } from "../settings.js";
import { acknowledge, acknowledgeWildcards } from "./acknowledge.js";
import type { BackgroundTasksProps } from "./props.js";

/** The machine that calls the runner, or the existing one. */
export function createStateMachine(
  scope: Construct,
  { props, runner, name }: { props: BackgroundTasksProps; runner: IFunction; name: string }
): IStateMachine {
  const { existing, logLevel = LogLevel[STATE_MACHINE_LOGGING.level], ...settings } = props.stateMachine ?? {};
  if (existing !== undefined) {
    return existing;
  }
  const logGroup =
    settings.logGroup ??
    new LogGroup(scope, "StateMachineLogs", {
      logGroupName: `${VENDED_LOGS_PREFIX}states/${name}`,
      retention: props.logRetention ?? RetentionDays.ONE_MONTH
    });
  const isTraced = props.tracing !== false;
  const machine = new StateMachine(scope, "StateMachine", {
    stateMachineName: name,
    stateMachineType: StateMachineType.STANDARD,
    definitionBody: DefinitionBody.fromString(stateMachineJson()),
    definitionSubstitutions: {
      RunnerFunctionArn: runner.functionArn,
      LambdaInvoke: lambdaInvokeArn(Stack.of(scope).partition)
    },
    role: settings.role === undefined ? newRole(scope, runner, isTraced) : asItIs(scope, settings.role),
    logs: {
      destination: logGroup,
      level: logLevel,
      includeExecutionData: STATE_MACHINE_LOGGING.includeExecutionData
    },
    tracingEnabled: isTraced
  });
  if (settings.role !== undefined) {
    machine.node.addDependency(settings.role);
  }
  acknowledge(
    machine,
    "AwsSolutions-SF1",
    "Errors are logged. What a task does is in its own log in the table; every event of every iteration would cost more than it tells."
  );
  if (!isTraced) {
    acknowledge(machine, "AwsSolutions-SF2", "Tracing is turned off: `tracing: false`.");
  }
  return machine;
}

/** A role that the machine, which would add statements of its own, leaves alone. */
function asItIs(scope: Construct, role: IRole): IRole {
  return Role.fromRoleArn(scope, "GivenStateMachineRole", role.roleArn, { mutable: false });
}

function newRole(scope: Construct, runner: IFunction, isTraced: boolean): IRole {
  const statements = [
    ...invokeStatements(runner.functionArn),
    ...stateMachineLogStatements(),
    ...(isTraced ? stateMachineTraceStatements() : [])
  ];
  const role = new Role(scope, "StateMachineRole", {
    assumedBy: new ServicePrincipal(SERVICES.stateMachine, {
      conditions: { StringEquals: { "aws:SourceAccount": Stack.of(scope).account } }
    }),
    inlinePolicies: { Tasks: PolicyDocument.fromJson(policyOf(statements)) }
  });
  acknowledgeWildcards(role, statements);
  // The machine would add statements of its own for what these say.
  return role.withoutPolicyUpdates();
}
