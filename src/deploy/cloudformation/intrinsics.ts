/**
 * Writes `${Name}`, `${Name.Attribute}` and texts with such parts in CloudFormation's words, all the way down.
 * @example toIntrinsics("${Table.Arn}/index/*") is { "Fn::Sub": "${Table.Arn}/index/*" }
 */
export function toIntrinsics(value: unknown): unknown {
  if (typeof value === "string") {
    return textToIntrinsic(value);
  }
  if (Array.isArray(value)) {
    return value.map(toIntrinsics);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries.map(([key, part]) => [key, toIntrinsics(part)]));
}

function textToIntrinsic(text: string): unknown {
  const [, name, attribute] = /^\$\{([\w:]+)(?:\.([\w.]+))?\}$/.exec(text) ?? [];
  if (name !== undefined) {
    return attribute === undefined ? { Ref: name } : { "Fn::GetAtt": [name, attribute] };
  }
  return text.includes("${") ? { "Fn::Sub": text } : text;
}

/** `{ protocolType }` is `{ ProtocolType }` in a template. */
export function toProperties(settings: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`${name.charAt(0).toUpperCase()}${name.slice(1)}`, value])
  );
}
