/** Where the parts are. Plain text, or whatever stands for it until the deployment: a token, `${TableArn}`. */
export interface Place {
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  partition: string;
  region: string;
  account: string;
  stateMachineName: string;
}

/** ARN of the state machine, made from its name: the functions name the machine, and it names them. */
export function stateMachineArn({ partition, region, account, stateMachineName }: Place): string {
  return `arn:${partition}:states:${region}:${account}:stateMachine:${stateMachineName}`;
}

/** ARN of all its executions. */
export function executionsArn({ partition, region, account, stateMachineName }: Place): string {
  return `arn:${partition}:states:${region}:${account}:execution:${stateMachineName}:*`;
}
