import { buildSchema as buildPlainSchema, findBreakingChanges, parse, printSchema } from "graphql";
import { buildSchema } from "../../src/graphql/buildSchema.js";
import { tasksResolvers } from "../../src/graphql/resolvers.js";
import { tasksTypeDefs } from "../../src/graphql/typeDefs.js";
import { createGraphQLSchemaPlugin } from "../../src/index.js";
import { createTestApi } from "../helpers/createTestApi.js";

const schema = buildSchema([{ typeDefs: tasksTypeDefs(["testingRun", "syncArticles"]), resolvers: tasksResolvers }]);

/** What Webiny's screens and SDK ask for, as far as the schema: a change that breaks one of them fails here. */
const WEBINYS = /* GraphQL */ `
  scalar JSON
  scalar DateTime
  scalar Number
  type Query {
    backgroundTasks: WebinyBackgroundTaskQuery
  }
  type Mutation {
    backgroundTasks: WebinyBackgroundTaskMutation
  }
  type WebinyBackgroundTaskQuery {
    getTask(id: ID!): WebinyBackgroundTaskResponse!
    listTasks(
      where: WebinyBackgroundTaskListWhereInput
      sort: [WebinyBackgroundTaskListSorter!]
      limit: Int
      after: String
      search: String
    ): WebinyBackgroundTaskListResponse!
    listDefinitions: WebinyBackgroundTaskListDefinitionsResponse!
    listLogs(
      where: WebinyBackgroundTaskLogListWhereInput
      sort: [WebinyBackgroundTaskLogListSorter!]
      limit: Int
      after: String
      search: String
    ): WebinyBackgroundTaskLogListResponse!
  }
  type WebinyBackgroundTaskMutation {
    triggerTask(
      definition: WebinyBackgroundTaskDefinitionEnum!
      input: JSON
      name: String
      delay: Number
    ): WebinyBackgroundTaskTriggerResponse!
    abortTask(id: ID!, message: String): WebinyBackgroundTaskResponse!
    deleteTask(id: ID!): WebinyBackgroundTaskDeleteResponse!
  }
  enum WebinyBackgroundTaskDefinitionEnum {
    testingRun
    syncArticles
  }
  type WebinyBackgroundTaskError {
    message: String!
    code: String
    data: JSON
    stack: String
  }
  type WebinyBackgroundTaskMeta {
    cursor: String
    hasMoreItems: Boolean!
    totalCount: Number!
  }
  type WebinyBackgroundTaskIdentity {
    id: String!
    displayName: String
    type: String
  }
  type WebinyBackgroundTaskDefinition {
    id: String!
    title: String!
    description: String
    fields: JSON
  }
  type WebinyBackgroundTask {
    id: ID!
    createdOn: DateTime!
    savedOn: DateTime!
    createdBy: WebinyBackgroundTaskIdentity!
    name: String!
    definitionId: String!
    executionName: String
    input: JSON
    output: JSON
    taskStatus: WebinyBackgroundTaskStatus!
    startedOn: DateTime
    finishedOn: DateTime
    eventResponse: JSON
    iterations: Number
    parentId: String
    logs(
      where: WebinyBackgroundTaskLogListWhereInput
      sort: [WebinyBackgroundTaskLogListSorter!]
      limit: Int
    ): [WebinyBackgroundTaskLog!]
  }
  enum WebinyBackgroundTaskStatus {
    pending
    running
    failed
    success
    aborted
  }
  enum WebinyBackgroundTaskLogItemType {
    info
    error
  }
  type WebinyBackgroundTaskLogItem {
    message: String!
    createdOn: DateTime!
    type: WebinyBackgroundTaskLogItemType!
    data: JSON
    error: JSON
  }
  type WebinyBackgroundTaskLog {
    id: ID!
    createdOn: DateTime!
    createdBy: WebinyBackgroundTaskIdentity!
    executionName: String!
    iteration: Number!
    items: [WebinyBackgroundTaskLogItem!]!
    task: WebinyBackgroundTask
  }
  type WebinyBackgroundTaskResponse {
    data: WebinyBackgroundTask
    error: WebinyBackgroundTaskError
  }
  type WebinyBackgroundTaskListResponse {
    data: [WebinyBackgroundTask!]
    meta: WebinyBackgroundTaskMeta
    error: WebinyBackgroundTaskError
  }
  type WebinyBackgroundTaskLogListResponse {
    data: [WebinyBackgroundTaskLog!]
    meta: WebinyBackgroundTaskMeta
    error: WebinyBackgroundTaskError
  }
  type WebinyBackgroundTaskListDefinitionsResponse {
    data: [WebinyBackgroundTaskDefinition!]
    error: WebinyBackgroundTaskError
  }
  type WebinyBackgroundTaskTriggerResponse {
    data: WebinyBackgroundTask
    error: WebinyBackgroundTaskError
  }
  type WebinyBackgroundTaskDeleteResponse {
    data: Boolean
    error: WebinyBackgroundTaskError
  }
  input WebinyBackgroundTaskListWhereInput {
    id: ID
    id_not: ID
    id_in: [ID!]
    id_not_in: [ID!]
    parentId: String
    parentId_not: String
    parentId_in: [String!]
    parentId_not_in: [String!]
    definitionId: String
    definitionId_not: String
    definitionId_in: [String!]
    definitionId_not_in: [String!]
    taskStatus: String
    taskStatus_not: String
    taskStatus_in: [String!]
    taskStatus_not_in: [String!]
    createdOn_gt: DateTime
    createdOn_gte: DateTime
    createdOn_lt: DateTime
    createdOn_lte: DateTime
    savedOn_gt: DateTime
    savedOn_gte: DateTime
    savedOn_lt: DateTime
    savedOn_lte: DateTime
  }
  input WebinyBackgroundTaskLogListWhereInput {
    task: ID
    task_in: [ID!]
    task_not: ID
    iteration: Number
    iteration_not: Number
    iteration_gt: Number
    iteration_gte: Number
    iteration_lt: Number
    iteration_lte: Number
  }
  enum WebinyBackgroundTaskListSorter {
    createdOn_ASC
    createdOn_DESC
  }
  enum WebinyBackgroundTaskLogListSorter {
    createdOn_ASC
    createdOn_DESC
  }
`;

describe("the schema", () => {
  it("is the one of the snapshot", () => {
    expect(printSchema(schema)).toMatchSnapshot();
  });

  it("has everything of Webiny's, and nothing of ours is asked of a caller who does not know it", () => {
    expect(findBreakingChanges(buildPlainSchema(WEBINYS), schema)).toEqual([]);
  });

  it("has the word Empty where there is no public definition", () => {
    expect(tasksTypeDefs([])).toMatch(/enum WebinyBackgroundTaskDefinitionEnum \{\s+Empty\s+\}/);
  });
});

describe("graphql-schema plugins", () => {
  const words = createGraphQLSchemaPlugin({
    typeDefs: /* GraphQL */ `
      scalar JSON
      enum Size {
        SMALL
        LARGE
      }
      interface Named {
        name: String
      }
      type Word implements Named {
        name: String
        size: Size
        raw: JSON
      }
      extend type Query {
        word(size: Size): Named
        who: String
      }
      extend type WebinyBackgroundTask {
        words: Int
      }
    `,
    resolvers: {
      Size: { SMALL: 1, LARGE: 2 },
      Named: { __resolveType: () => "Word" },
      Query: {
        word: { resolve: (_: unknown, { size }: { size: number }) => ({ name: `size ${size}`, size, raw: { size } }) },
        who: (_: unknown, __: unknown, context: any) => context.security.getIdentity().id
      },
      WebinyBackgroundTask: { words: ({ name }: { name: string }) => name.length }
    }
  });

  it("add types and fields, to ours as well, and see the context", async () => {
    const t = await createTestApi([words]);
    const { data } = await t.send({ query: "{ word(size: LARGE) { name ... on Word { size raw } } who }" });
    expect(data).toEqual({ word: { name: "size 2", size: "LARGE", raw: { size: 2 } }, who: "admin" });
    const task = await t.tasks.trigger({ definition: "testingRun", name: "four" });
    expect(await t.ask(`{ backgroundTasks { getTask(id: "${task.id}") { data { words } } } }`)).toEqual({
      data: { words: 4 }
    });
  });

  it.each([
    ["is no SDL", { typeDefs: "type {" }, "Syntax Error"],
    ["names a type that is not there", { typeDefs: "extend type Query { x: Nothing }" }, 'Unknown type "Nothing".'],
    [
      "has resolvers for no type",
      { typeDefs: "extend type Query { x: Int }", resolvers: { Nothing: {} } },
      'for "Nothing", which is no type'
    ],
    [
      "has a resolver for no field",
      { typeDefs: "extend type Query { x: Int }", resolvers: { Query: { y: () => 1 } } },
      '"Query.y", which is no field'
    ]
  ])("that %s is named in the log, and the caller gets an id or a code", async (_, parts, fault) => {
    expect(() => buildSchema([parts])).toThrow(
      expect.objectContaining({ code: "PLUGIN_ERROR", message: expect.stringContaining(fault) }) as Error
    );
    const spy = jest.spyOn(process.stderr, "write").mockReturnValue(true);
    const t = await createTestApi([createGraphQLSchemaPlugin(parts)], { logLevel: "error" });
    expect(await t.send({ query: "{ __typename }" })).toMatchObject({
      status: 500,
      errors: [{ extensions: { code: "INTERNAL_ERROR" } }]
    });
    expect(spy.mock.calls.flat().join()).toContain("do not make a schema");
    spy.mockRestore();
  });
});

describe("the scalars", () => {
  it("take any JSON, by variable and by literal, and keep __proto__ a key like any other", async () => {
    const t = await createTestApi([
      createGraphQLSchemaPlugin({
        typeDefs: "extend type Query { echo(json: JSON, date: DateTime, number: Number): JSON }",
        resolvers: { Query: { echo: (_: unknown, args: object) => args } }
      })
    ]);
    const literal = `{ echo(json: { a: [1, 2.5, "x", true, null, WORD, { b: $v }] __proto__: { c: 1 } }, date: "2026-01-31", number: 3) }`;
    const { data } = await t.send({ query: `query ($v: JSON) ${literal}`, variables: { v: { deep: [1] } } });
    expect(JSON.stringify(data.echo)).toBe(
      '{"json":{"a":[1,2.5,"x",true,null,"WORD",{"b":{"deep":[1]}}],"__proto__":{"c":1}},"date":"2026-01-31T00:00:00.000Z","number":3}'
    );
    for (const wrong of ['date: "tomorrow"', "date: 5", 'number: "5"', "number: true"]) {
      const { errors } = await t.send({ query: `{ echo(${wrong}) }` });
      expect(errors?.[0]).toMatchObject({
        extensions: { code: "INVALID_REQUEST" },
        message: expect.stringMatching(/A (DateTime|Number) is/)
      });
    }
    const { errors } = await t.send({ query: "query ($n: Number) { echo(number: $n) }", variables: { n: "x" } });
    expect(errors?.[0].message).toContain("A Number is");
  });

  it("parse what the plugin brings as a document, too", () => {
    const schema = buildSchema([{ typeDefs: parse("extend type Query { x: Int }") }]);
    expect(String(schema.getQueryType()?.getFields().x?.type)).toBe("Int");
  });
});
