import * as pulumi from "@pulumi/pulumi";

/** A resource as a Pulumi program asks for it. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, any>;
}

const ACCOUNT = "123456789012";
const REGIONS: Record<string, string> = { aws: "eu-central-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1" };

/** Where the resources of a component are: its name says the partition. */
export function placeOf(name: string): { partition: string; region: string; account: string } {
  const partition = name.startsWith("cn-") ? "aws-cn" : name.startsWith("gov-") ? "aws-us-gov" : "aws";
  return { partition, region: REGIONS[partition] as string, account: ACCOUNT };
}

/** What the provider would say of a resource; names are ended as Pulumi does it. */
function stateOf({ type, name, inputs }: Registered): Record<string, unknown> {
  const { partition, region } = placeOf(name);
  const own = inputs.name ?? `${inputs.namePrefix ?? `${name}-`}1a2b3c4`;
  const at = (service: string, resource: string) => `arn:${partition}:${service}:${region}:${ACCOUNT}:${resource}`;
  const arns: Record<string, string> = {
    "aws:dynamodb/table:Table": at("dynamodb", `table/${own}`),
    "aws:lambda/function:Function": at("lambda", `function:${own}`),
    "aws:cloudwatch/logGroup:LogGroup": at("logs", `log-group:${own}`),
    "aws:cloudwatch/eventRule:EventRule": at("events", `rule/${own}`),
    "aws:iam/role:Role": `arn:${partition}:iam::${ACCOUNT}:role/${own}`,
    "aws:sfn/stateMachine:StateMachine": at("states", `stateMachine:${own}`)
  };
  return {
    ...inputs,
    name: own,
    arn: arns[type],
    ...(type === "aws:apigatewayv2/api:Api"
      ? { executionArn: at("execute-api", "api1"), apiEndpoint: "https://api1.example.com" }
      : {})
  };
}

/** Lets Pulumi programs run in this process, without its command line. */
export function mockPulumi(): { all: Registered[]; settle(): Promise<void> } {
  const all: Registered[] = [];
  void pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const registered = { type, name, inputs };
        all.push(registered);
        return { id: `${name}-id`, state: stateOf(registered) };
      },
      call: ({ inputs }) => inputs
    },
    "project",
    "dev"
  );
  // Waits until everything that was asked for is there.
  return { all, settle: () => pulumi.runtime.disconnect() };
}
