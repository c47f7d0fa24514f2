import * as aws from "@pulumi/aws";
import { interpolate, type Input, type Output, type Resource } from "@pulumi/pulumi";
import { ACCESS_LOG_FORMAT, HTTP_API } from "../access.js";
import { SERVICES } from "../iam.js";
import { LOG_RETENTION_DAYS, VENDED_LOGS_PREFIX } from "../settings.js";
import type { BackgroundTasksArgs } from "./args.js";

/** An HTTP API that gives every request to the function. @returns its URL, with a slash at the end */
export function createHttpApi(
  name: string,
  functionArn: Input<string>,
  args: BackgroundTasksArgs,
  parent: Resource
): Output<string> {
  const api = new aws.apigatewayv2.Api(`${name}-http`, HTTP_API.api, { parent });
  const integration = new aws.apigatewayv2.Integration(
    `${name}-http`,
    { apiId: api.id, integrationUri: functionArn, ...HTTP_API.integration },
    { parent }
  );
  new aws.apigatewayv2.Route(
    `${name}-http`,
    { apiId: api.id, target: interpolate`integrations/${integration.id}`, ...HTTP_API.route },
    { parent }
  );
  const logGroup = new aws.cloudwatch.LogGroup(
    `${name}-http-logs`,
    {
      namePrefix: `${VENDED_LOGS_PREFIX}apis/${name}-`,
      retentionInDays: args.logRetentionDays ?? LOG_RETENTION_DAYS
    },
    { parent }
  );
  const { stageName, autoDeploy } = HTTP_API.stage;
  new aws.apigatewayv2.Stage(
    `${name}-http`,
    {
      apiId: api.id,
      name: stageName,
      autoDeploy,
      accessLogSettings: { destinationArn: logGroup.arn, format: ACCESS_LOG_FORMAT }
    },
    { parent }
  );
  new aws.lambda.Permission(
    `${name}-http`,
    {
      action: "lambda:InvokeFunction",
      function: functionArn,
      principal: SERVICES.httpApi,
      sourceArn: interpolate`${api.executionArn}/*/*`
    },
    { parent }
  );
  return interpolate`${api.apiEndpoint}/`;
}
