import { stateMachineArn } from "../arns.js";
import { runnerStatements, apiStatements } from "../iam.js";
import { API, RUNNER } from "../settings.js";
import { accessResources } from "./access.js";
import { functionResources } from "./functions.js";
import { netsResources } from "./nets.js";
import { CONDITIONS, PARAMETERS } from "./parameters.js";
import { PLACE, type Resources } from "./resources.js";
import { stateMachineResources } from "./stateMachine.js";
import { tableResources } from "./table.js";
import { watchResources } from "./watch.js";

/**
 * A CloudFormation template with everything that background tasks need. It stands alone: the code comes from S3.
 * @returns the template, to be written as JSON
 */
export function cloudFormationTemplate() {
  const reach = { ...PLACE, tableArn: "${Table.Arn}" };
  const environment = { tableName: "${Table}", stateMachineArn: stateMachineArn(PLACE) };
  const resources: Resources = {
    ...tableResources(),
    ...functionResources({
      name: "Runner",
      settings: { ...RUNNER, memoryMb: "${RunnerMemory}" },
      environment,
      statements: runnerStatements(reach)
    }),
    ...functionResources({
      name: "ApiFunction",
      condition: "HasApi",
      settings: API,
      environment,
      statements: apiStatements(reach)
    }),
    ...accessResources(),
    ...stateMachineResources(),
    ...netsResources(),
    ...watchResources()
  };
  return {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: "Background tasks: table, runner, state machine, what looks after tasks, and, if asked for, the API.",
    Parameters: PARAMETERS,
    Conditions: CONDITIONS,
    Resources: resources,
    Outputs: {
      TableName: { Value: { Ref: "Table" } },
      StateMachineArn: { Value: { Ref: "StateMachine" } },
      RunnerArn: { Value: { "Fn::GetAtt": ["Runner", "Arn"] } },
      RunnerRoleName: { Description: "Add what your tasks use.", Value: { Ref: "RunnerRole" } },
      FunctionUrl: {
        Condition: "HasUrl",
        Description: "The API; GraphQL is at graphql.",
        Value: { "Fn::GetAtt": ["Url", "FunctionUrl"] }
      },
      HttpApiUrl: {
        Condition: "HasHttpApi",
        Description: "The API; GraphQL is at graphql.",
        Value: { "Fn::Sub": "${HttpApi.ApiEndpoint}/" }
      }
    }
  };
}
