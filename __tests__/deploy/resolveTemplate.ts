/** Where a template is deployed to, and what is asked of it. */
export interface Deployment {
  partition?: string;
  region?: string;
  parameters?: Record<string, string | number>;
}

export interface ResolvedResource {
  Type: string;
  DeletionPolicy?: string;
  Properties: Record<string, any>;
}

const ACCOUNT = "123456789012";
const NO_VALUE = Symbol("AWS::NoValue");

/** What a GetAtt gives besides ARNs. */
const ATTRIBUTES: Record<string, string> = {
  FunctionUrl: "https://url.example.com/",
  ApiEndpoint: "https://gateway.example.com"
};

/**
 * Fills in what CloudFormation knows at the deployment: references, conditions, the partition. Names and ARNs of resources
 * are made up, each from its logical id.
 */
export function resolveTemplate(template: any, deployment: Deployment = {}): Record<string, ResolvedResource> {
  const { partition = "aws", region = "eu-central-1" } = deployment;
  const pseudo: Record<string, unknown> = {
    "AWS::Partition": partition,
    "AWS::Region": region,
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": "my-stack",
    "AWS::NoValue": NO_VALUE
  };
  const parameters = Object.fromEntries(
    Object.entries<any>(template.Parameters ?? {}).map(([name, { Default }]) => [
      name,
      deployment.parameters?.[name] ?? Default ?? `${name}-value`
    ])
  );
  const resources: Record<string, any> = template.Resources;
  const isThere = (id: string) =>
    resources[id].Condition === undefined || holds({ Condition: resources[id].Condition });
  return Object.fromEntries(
    Object.keys(resources)
      .filter(isThere)
      .map(id => [
        id,
        {
          Type: resources[id].Type,
          DeletionPolicy: resources[id].DeletionPolicy,
          Properties: resolve(resources[id].Properties)
        }
      ])
  );

  function holds(condition: any): boolean {
    const [intrinsic, argument] = Object.entries<any>(condition)[0] ?? [];
    switch (intrinsic) {
      case "Condition":
        return holds(template.Conditions[argument]);
      case "Fn::Equals":
        return resolve(argument[0]) === resolve(argument[1]);
      case "Fn::Not":
        return !holds(argument[0]);
      default:
        throw new Error(`This test does not know ${JSON.stringify(condition)}.`);
    }
  }

  function resolve(value: any): any {
    if (Array.isArray(value)) {
      return value.map(resolve).filter(part => part !== NO_VALUE);
    }
    if (typeof value !== "object" || value === null) {
      return value;
    }
    const entries = Object.entries<any>(value);
    const [intrinsic = "", argument] = entries[0] ?? [];
    if (entries.length === 1 && (intrinsic === "Ref" || intrinsic.startsWith("Fn::"))) {
      return intrinsicOf(intrinsic, argument);
    }
    return Object.fromEntries(
      entries.map(([key, part]) => [key, resolve(part)] as const).filter(([, part]) => part !== NO_VALUE)
    );
  }

  function intrinsicOf(intrinsic: string, argument: any): any {
    switch (intrinsic) {
      case "Ref":
        return pseudo[argument] ?? parameters[argument] ?? ref(argument);
      case "Fn::GetAtt":
        return attribute(...(argument as [string, string]));
      case "Fn::Join":
        return argument[1].map(resolve).join(argument[0]);
      case "Fn::Sub":
        return argument.replace(/\$\{([\w:]+)(?:\.(\w+))?\}/g, (_: string, id: string, name?: string) =>
          String(name === undefined ? intrinsicOf("Ref", id) : attribute(id, name))
        );
      case "Fn::If":
        return resolve(argument[holds({ Condition: argument[0] }) ? 1 : 2]);
      case "Fn::Select":
        return resolve(argument[1])[argument[0]];
      case "Fn::Split":
        return resolve(argument[1]).split(argument[0]);
      default:
        throw new Error(`This test does not know ${intrinsic}.`);
    }
  }

  function ref(id: string): string {
    const { Type } = find(id);
    return Type === "AWS::StepFunctions::StateMachine" || Type === "AWS::SNS::Topic"
      ? attribute(id, "Arn")
      : `${id}-name`;
  }

  function attribute(id: string, name: string): string {
    const { Type, Properties } = find(id);
    if (ATTRIBUTES[name] !== undefined) {
      return ATTRIBUTES[name];
    }
    if (name !== "Arn") {
      throw new Error(`This test does not know the attribute ${name} of ${Type}.`);
    }
    const at = `${region}:${ACCOUNT}`;
    switch (Type) {
      case "AWS::DynamoDB::Table":
        return `arn:${partition}:dynamodb:${at}:table/${id}-name`;
      case "AWS::Lambda::Function":
        return `arn:${partition}:lambda:${at}:function:${id}-name`;
      case "AWS::StepFunctions::StateMachine":
        return `arn:${partition}:states:${at}:stateMachine:${resolve(Properties.StateMachineName)}`;
      case "AWS::Logs::LogGroup":
        return `arn:${partition}:logs:${at}:log-group:${id}-name:*`;
      case "AWS::Events::Rule":
        return `arn:${partition}:events:${at}:rule/${id}-name`;
      case "AWS::IAM::Role":
        return `arn:${partition}:iam::${ACCOUNT}:role/${id}-name`;
      default:
        throw new Error(`This test does not know the ARN of ${Type}.`);
    }
  }

  function find(id: string): any {
    if (resources[id] === undefined) {
      throw new Error(`The template refers to ${id}, which is not there.`);
    }
    if (!isThere(id)) {
      throw new Error(`The template refers to ${id}, whose condition does not hold.`);
    }
    return resources[id];
  }
}

/**
 * Resources that wait for each other in a circle, which CloudFormation refuses to deploy: by a reference, an attribute or
 * `DependsOn`, conditions left aside.
 * @returns their logical ids, or none
 */
export function cycleIn(resources: Record<string, any>): string[] {
  const checked = new Set<string>();
  const visit = (id: string, path: string[]): string[] => {
    if (path.includes(id)) {
      return path.slice(path.indexOf(id));
    }
    if (checked.has(id)) {
      return [];
    }
    for (const next of namedIn(resources[id]).filter(name => name in resources)) {
      const cycle = visit(next, [...path, id]);
      if (cycle.length > 0) {
        return cycle;
      }
    }
    checked.add(id);
    return [];
  };
  return Object.keys(resources).reduce<string[]>((found, id) => (found.length > 0 ? found : visit(id, [])), []);
}

/** All that a part of a template may refer to. */
function namedIn(part: any): string[] {
  if (typeof part !== "object" || part === null) {
    return [];
  }
  return Object.entries<any>(part).flatMap(([key, value]) => {
    switch (key) {
      case "Ref":
        return [value];
      case "DependsOn":
        return [value].flat();
      case "Fn::GetAtt":
        return [Array.isArray(value) ? value[0] : String(value).split(".")[0]];
      case "Fn::Sub": {
        const [text, values] = [value].flat();
        return [...String(text).matchAll(/\$\{(\w+)/g)].map(match => match[1] as string).concat(namedIn(values));
      }
      default:
        return namedIn(value);
    }
  });
}
