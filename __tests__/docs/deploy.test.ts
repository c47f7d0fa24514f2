import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { parse } from "yaml";
import { SWEEP_EVENT } from "../../src/constants.js";
import { artefact } from "../../src/deploy/artefacts.js";
import { environmentOf } from "../../src/deploy/environment.js";
import { statusEventPattern } from "../../src/deploy/events.js";
import { runnerStatements } from "../../src/deploy/iam.js";
import { tasksTableDescription } from "../../src/index.js";
import { fencesOf, namesIn, readDoc, ROOT, tableOf } from "./markdown.js";

const page = readDoc("docs/deploy.md");
const fence = (language: string) => fencesOf(page).find(one => one.language === language)?.text ?? "";

/** The members of an interface, as its source has them. */
function membersOf(file: string, name: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const found = source.statements.find(
    (statement): statement is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(statement) && statement.name.text === name
  );
  return (found?.members ?? []).map(member => (member.name as ts.Identifier).text);
}

const placeholdersOf = (text: string) => [...new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(match => match[1]))].sort();

describe("the tables of options", () => {
  it.each([
    ["prop", "src/deploy/cdk/props.ts", "BackgroundTasksProps"],
    ["argument", "src/deploy/pulumi/args.ts", "BackgroundTasksArgs"]
  ])("%s: has each one of %s", (column, file, name) => {
    const rows = tableOf(page, column, "default", "meaning");
    const members = membersOf(file, name);
    expect(members.length).toBeGreaterThan(10);
    expect(rows.flatMap(([cell]) => namesIn(cell)).sort()).toEqual(members.sort());
  });

  it("names what the parts take", () => {
    for (const [column, file, parts] of [
      [
        "prop",
        "src/deploy/cdk/props.ts",
        {
          table: "TableSettings",
          api: "ApiSettings",
          stateMachine: "StateMachineSettings",
          nets: "NetsSettings",
          runner: "FunctionSettings"
        }
      ],
      ["argument", "src/deploy/pulumi/args.ts", { runner: "FunctionArgs", nets: "NetsArgs" }]
    ] as const) {
      const rows = tableOf(page, column, "default", "meaning");
      for (const [part, name] of Object.entries(parts)) {
        const meaning = rows.find(([cell]) => namesIn(cell)[0] === part)?.[2] ?? "";
        expect(namesIn(meaning)).toEqual(expect.arrayContaining(membersOf(file, name)));
      }
    }
  });
});

describe("the Terraform program", () => {
  const hcl = fence("hcl");
  /** The names given to `templatefile("<file>", { … })`. */
  const givenTo = (file: string) => {
    const block =
      new RegExp(`templatefile\\("${file.replaceAll(".", "\\.")}", \\{([^}]*\\}?[^}]*?)\\n\\s*\\}\\)`).exec(hcl)?.[1] ??
      "";
    return [...block.matchAll(/^\s*(\w+)\s*=/gm)].map(match => match[1]).sort();
  };

  it("fills in every placeholder of the printed files", () => {
    expect(givenTo("iam.json")).toEqual(placeholdersOf(artefact("iam")));
    expect(givenTo("state-machine.asl.json")).toEqual(placeholdersOf(artefact("asl")));
    expect(placeholdersOf(artefact("asl"))).not.toEqual([]);
  });

  it("has the table, the event pattern, the sweep and the environment of the constructs", () => {
    for (const { AttributeName, AttributeType } of tasksTableDescription.AttributeDefinitions) {
      expect(hcl).toMatch(new RegExp(`\\b${AttributeName}\\s*= "${AttributeType}"`));
    }
    for (const { IndexName, KeySchema } of tasksTableDescription.GlobalSecondaryIndexes) {
      expect(hcl).toContain(`${IndexName} = ["${KeySchema.map(key => key.AttributeName).join('", "')}"]`);
    }
    const { source, detail, ...rest } = statusEventPattern("");
    for (const value of [...source, ...rest["detail-type"], ...detail.status, ...Object.values(SWEEP_EVENT)]) {
      expect(hcl).toContain(`"${value}"`);
    }
    for (const name of Object.keys(environmentOf({ tableName: "", stateMachineArn: "" }))) {
      expect(hcl).toContain(name);
    }
    for (const role of Object.keys(JSON.parse(artefact("iam")) as object).filter(name => name !== "api")) {
      expect(hcl).toMatch(new RegExp(`assumed_by = .*\\b${role} = `));
    }
  });
});

describe("the SAM template", () => {
  const tags = ["!Ref", "!Sub", "!GetAtt"].map(tag => ({ tag, resolve: (text: string) => ({ [tag]: text }) }));
  const { Resources } = parse(fence("yaml"), { customTags: tags }) as { Resources: Record<string, any> };
  const { Table, Runner, StateMachine } = Resources;

  it("has the table of the constructs", () => {
    const { PointInTimeRecoverySpecification: _, ...table } = Table.Properties;
    expect(table).toEqual(tasksTableDescription);
  });

  it("gives the runner the permissions it has elsewhere", () => {
    const plain = (resource: unknown) =>
      String(Object.values(resource as object)[0])
        .replace(/^Table\.Arn$/, "TABLE")
        .replace("${Table.Arn}", "TABLE")
        .replaceAll(/\$\{AWS::(\w+)\}/g, "$1");
    const place = { partition: "Partition", region: "Region", account: "AccountId", stateMachineName: "StackName" };
    const wanted = runnerStatements({ ...place, tableArn: "TABLE" }).map(({ Action, Resource }) => ({
      Action,
      Resource: Array.isArray(Resource) ? "TABLE/index/*" : Resource
    }));
    const given = (Runner.Properties.Policies[0].Statement as { Action: string[]; Resource: unknown }[]).map(
      ({ Action, Resource }) => ({ Action, Resource: plain(Resource) })
    );
    expect(given).toEqual(wanted);
  });

  it("has the environment, the events and the substitutions", () => {
    const { Environment, Events, Timeout } = Runner.Properties;
    expect(Object.keys(Environment.Variables)).toEqual(
      Object.keys(environmentOf({ tableName: "", stateMachineArn: "" }))
    );
    expect(Timeout).toBe(900);
    expect(JSON.parse(Events.Sweep.Properties.Input as string)).toEqual(SWEEP_EVENT);
    const { stateMachineArn, ...detail } = Events.Status.Properties.Pattern.detail as Record<string, unknown>;
    expect({ ...Events.Status.Properties.Pattern, detail: { ...detail, stateMachineArn: ["arn"] } }).toEqual(
      statusEventPattern("arn")
    );
    expect(stateMachineArn).toEqual([Environment.Variables.WEBINY_TASKS_STATE_MACHINE_ARN]);
    expect(Object.keys(StateMachine.Properties.DefinitionSubstitutions as object).sort()).toEqual(
      placeholdersOf(artefact("asl"))
    );
  });
});
