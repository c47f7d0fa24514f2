/**
 * What lets everybody call a function URL: since October 2025 it takes both.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
export const FUNCTION_URL_PERMISSIONS = {
  UrlPermission: { action: "lambda:InvokeFunctionUrl", principal: "*", functionUrlAuthType: "NONE" },
  UrlInvokePermission: { action: "lambda:InvokeFunction", principal: "*", invokedViaFunctionUrl: true }
} as const;

/** An HTTP API that gives every request to the function; CORS is the handler's. */
export const HTTP_API = {
  api: { protocolType: "HTTP" },
  integration: { integrationType: "AWS_PROXY", payloadFormatVersion: "2.0" },
  route: { routeKey: "$default" },
  stage: { stageName: "$default", autoDeploy: true }
} as const;

/** One line of JSON for each request, without its query and headers. */
export const ACCESS_LOG_FORMAT = JSON.stringify({
  requestId: "$context.requestId",
  ip: "$context.identity.sourceIp",
  time: "$context.requestTime",
  method: "$context.httpMethod",
  path: "$context.path",
  status: "$context.status",
  bytes: "$context.responseLength",
  ms: "$context.responseLatency",
  error: "$context.integrationErrorMessage"
});
