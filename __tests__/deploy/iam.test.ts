import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { apiStatements, invokeStatements, runnerStatements, type Statement } from "../../src/deploy/iam.js";
import { actionOf, recordCalls, NAMES, RUNNER_ARN, type Call } from "./recordCalls.js";

const SOURCE = join(__dirname, "../../src");
/** A script's own, before there is a role: it creates the table. */
const BEFORE_THE_ROLES = ["dynamodb:CreateTable", "dynamodb:DescribeTable"];

/** Every command of the SDK that is made anywhere in the source, in the words of IAM. */
function actionsInSource(): string[] {
  const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter(file => /\.[cm]?ts$/.test(file));
  const actions = files.flatMap(file =>
    [...readFileSync(join(SOURCE, file), "utf8").matchAll(/\bnew (\w+)Command\(/g)].map(([, name = ""]) =>
      actionOf(name.endsWith("Execution") ? "states" : "dynamodb", name)
    )
  );
  return [...new Set(actions)].sort();
}

const POLICIES = {
  runner: runnerStatements(NAMES),
  api: apiStatements(NAMES),
  stateMachine: invokeStatements(RUNNER_ARN)
};
type Role = keyof typeof POLICIES;
const ROLES = Object.keys(POLICIES) as Role[];

/** Everything that statements allow, one action and one resource each. */
const grantsOf = (statements: Statement[]) =>
  statements.flatMap(({ Action, Resource }) =>
    Action.flatMap(action => [Resource].flat().map(resource => ({ action, resource })))
  );

/** As IAM compares: `*` stands for any text. */
const allows = (grant: Call, { action, resource }: Call) =>
  grant.action === action &&
  new RegExp(`^${grant.resource.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`).test(resource);

const textOf = ({ action, resource }: Call) => `${action} on ${resource}`;

describe("what each role may do, and what its code sent to the local endpoints", () => {
  let calls: Record<Role, Call[]>;
  beforeAll(async () => {
    calls = await recordCalls();
  });

  it.each(ROLES)("%s: nothing it sends is missing", role => {
    const grants = grantsOf(POLICIES[role]);
    const missing = calls[role].filter(call => !grants.some(grant => allows(grant, call))).map(textOf);
    expect([...new Set(missing)]).toEqual([]);
  });

  it.each(ROLES)("%s: nothing it may do is unused, and no resource is wider than it has to be", role => {
    const grants = grantsOf(POLICIES[role]);
    const unused = grants.filter(grant => !calls[role].some(call => allows(grant, call))).map(textOf);
    expect(unused).toEqual([]);
    // The names of executions are made as they start; everything else is named.
    expect(grants.filter(({ resource }) => resource.includes("*")).map(({ action }) => action)).toEqual(
      role === "stateMachine" ? [] : ["states:DescribeExecution", "states:StopExecution"]
    );
  });

  it("no command of the source was left out", () => {
    const recorded = new Set(ROLES.flatMap(role => calls[role]).map(({ action }) => action));
    expect(actionsInSource().filter(action => !recorded.has(action))).toEqual(BEFORE_THE_ROLES);
  });
});
