import { ACCESS_LOG_FORMAT, FUNCTION_URL_PERMISSIONS, HTTP_API } from "../access.js";
import { SERVICES } from "../iam.js";
import { logGroup } from "./functions.js";
import { toProperties } from "./intrinsics.js";
import type { Resources } from "./resources.js";

const FUNCTION_ARN = { "Fn::GetAtt": ["ApiFunction", "Arn"] };

/** How the API is reached from outside: a function URL or an HTTP API, as the parameter says. */
export function accessResources(): Resources {
  const permissions = Object.entries(FUNCTION_URL_PERMISSIONS).map(([id, permission]) => [
    id,
    {
      Type: "AWS::Lambda::Permission",
      Condition: "HasUrl" as const,
      Properties: { FunctionName: FUNCTION_ARN, ...toProperties(permission) }
    }
  ]);
  return {
    Url: {
      Type: "AWS::Lambda::Url",
      Condition: "HasUrl",
      Properties: { AuthType: "NONE", TargetFunctionArn: FUNCTION_ARN }
    },
    ...(Object.fromEntries(permissions) as Resources),
    ...httpApiResources()
  };
}

function httpApiResources(): Resources {
  const when = { Condition: "HasHttpApi" as const };
  const ApiId = { Ref: "HttpApi" };
  return {
    HttpApi: {
      Type: "AWS::ApiGatewayV2::Api",
      ...when,
      Properties: { Name: { Ref: "AWS::StackName" }, ...toProperties(HTTP_API.api) }
    },
    HttpApiIntegration: {
      Type: "AWS::ApiGatewayV2::Integration",
      ...when,
      Properties: { ApiId, IntegrationUri: FUNCTION_ARN, ...toProperties(HTTP_API.integration) }
    },
    HttpApiRoute: {
      Type: "AWS::ApiGatewayV2::Route",
      ...when,
      Properties: {
        ApiId,
        Target: { "Fn::Sub": "integrations/${HttpApiIntegration}" },
        ...toProperties(HTTP_API.route)
      }
    },
    HttpApiLogs: logGroup(when),
    HttpApiStage: {
      Type: "AWS::ApiGatewayV2::Stage",
      ...when,
      Properties: {
        ApiId,
        ...toProperties(HTTP_API.stage),
        AccessLogSettings: { DestinationArn: { "Fn::GetAtt": ["HttpApiLogs", "Arn"] }, Format: ACCESS_LOG_FORMAT }
      }
    },
    HttpApiPermission: {
      Type: "AWS::Lambda::Permission",
      ...when,
      Properties: {
        Action: "lambda:InvokeFunction",
        FunctionName: FUNCTION_ARN,
        Principal: SERVICES.httpApi,
        SourceArn: {
          "Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/*/*"
        }
      }
    }
  };
}
