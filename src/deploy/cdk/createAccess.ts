import { Stack } from "aws-cdk-lib";
import { CfnApi, CfnIntegration, CfnRoute, CfnStage } from "aws-cdk-lib/aws-apigatewayv2";
import { CfnPermission, CfnUrl, type IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { ACCESS_LOG_FORMAT, FUNCTION_URL_PERMISSIONS, HTTP_API } from "../access.js";
import { SERVICES } from "../iam.js";
import { acknowledge } from "./acknowledge.js";
import type { ApiSettings, BackgroundTasksProps } from "./props.js";

/** How the API is reached from outside. @returns its URL, with a slash at the end; none where it is reached otherwise */
export function createAccess(
  scope: Construct,
  type: ApiSettings["type"],
  api: IFunction,
  props: BackgroundTasksProps
): string | undefined {
  switch (type) {
    case "functionUrl":
      return createUrl(scope, api);
    case "httpApi":
      return createHttpApi(scope, api, props);
    case "none":
      return undefined;
  }
}

/** Open to the world: the handler itself signs in whoever calls. */
function createUrl(scope: Construct, api: IFunction): string {
  const url = new CfnUrl(scope, "Url", { authType: "NONE", targetFunctionArn: api.functionArn });
  for (const [id, permission] of Object.entries(FUNCTION_URL_PERMISSIONS)) {
    new CfnPermission(scope, id, { functionName: api.functionArn, ...permission });
  }
  return url.attrFunctionUrl;
}

function createHttpApi(scope: Construct, api: IFunction, props: BackgroundTasksProps): string {
  const { partition, region, account } = Stack.of(scope);
  const gateway = new CfnApi(scope, "HttpApi", { name: scope.node.path.replaceAll("/", "-"), ...HTTP_API.api });
  const integration = new CfnIntegration(scope, "HttpApiIntegration", {
    apiId: gateway.ref,
    integrationUri: api.functionArn,
    ...HTTP_API.integration
  });
  const route = new CfnRoute(scope, "HttpApiRoute", {
    apiId: gateway.ref,
    target: `integrations/${integration.ref}`,
    ...HTTP_API.route
  });
  acknowledge(route, "AwsSolutions-APIG4", "The handler itself signs in whoever calls: createTaskSecurity().");
  const logGroup = new LogGroup(scope, "HttpApiLogs", { retention: props.logRetention ?? RetentionDays.ONE_MONTH });
  new CfnStage(scope, "HttpApiStage", {
    apiId: gateway.ref,
    ...HTTP_API.stage,
    accessLogSettings: { destinationArn: logGroup.logGroupArn, format: ACCESS_LOG_FORMAT }
  });
  new CfnPermission(scope, "HttpApiPermission", {
    action: "lambda:InvokeFunction",
    functionName: api.functionArn,
    principal: SERVICES.httpApi,
    sourceArn: `arn:${partition}:execute-api:${region}:${account}:${gateway.ref}/*/*`
  });
  return `${gateway.attrApiEndpoint}/`;
}
