import { TaskDataStatus } from "../types.js";

/** The scalars that Webiny's host has already; our own host adds them. */
export const baseTypeDefs = /* GraphQL */ `
  scalar JSON
  scalar DateTime
  scalar Number

  type Query {
    _empty: String
  }

  type Mutation {
    _empty: String
  }
`;

/** Fields of a where input: `name`, `name_not`, … */
const matching = (name: string, type: string) => [
  `${name}: ${type}`,
  `${name}_not: ${type}`,
  `${name}_in: [${type}!]`,
  `${name}_not_in: [${type}!]`
];
const ranging = (name: string, type: string) => ["gt", "gte", "lt", "lte"].map(word => `${name}_${word}: ${type}`);

/** Orders that some list has. `context.tasks` says which ones a filter allows. */
const SORTED = [
  "createdOn",
  "id",
  "savedOn",
  "name",
  "taskStatus",
  "definitionId",
  "startedOn",
  "finishedOn",
  "iterations"
];
const sorter = (names: string[]) => names.flatMap(name => [`${name}_ASC`, `${name}_DESC`]).join("\n    ");

/**
 * The types of the API, named and shaped as Webiny's. What is ours beside them is optional.
 * @param publicIds ids of the public definitions: the only ones that can be named from outside
 */
export function tasksTypeDefs(publicIds: readonly string[]): string {
  return /* GraphQL */ `
  enum WebinyBackgroundTaskStatus {
    ${Object.values(TaskDataStatus).join("\n    ")}
  }

  enum WebinyBackgroundTaskLogItemType {
    info
    error
  }

  "Ids of the public definitions."
  enum WebinyBackgroundTaskDefinitionEnum {
    ${publicIds.length === 0 ? "Empty" : publicIds.join("\n    ")}
  }

  type WebinyBackgroundTaskError {
    message: String!
    "Stable; see the table of codes."
    code: String
    data: JSON
    "Only where the server runs with debug."
    stack: String
  }

  type WebinyBackgroundTaskMeta {
    cursor: String
    hasMoreItems: Boolean!
    "Counted when it is selected, to 10,000 at most; then a lower bound."
    totalCount: Number!
    totalCountIsExact: Boolean
  }

  type WebinyBackgroundTaskIdentity {
    id: String!
    displayName: String
    type: String
  }

  "Who asks, and what they may do."
  type WebinyBackgroundTaskAccess {
    identity: WebinyBackgroundTaskIdentity!
    read: Boolean!
    "To trigger and abort."
    write: Boolean!
    delete: Boolean!
    "Whether the tasks of private definitions are seen."
    private: Boolean!
  }

  type WebinyBackgroundTaskDefinition {
    id: String!
    title: String!
    description: String
    fields: JSON
    "JSON Schema of the input, where the definition has an inputSchema."
    inputSchema: JSON
    isPrivate: Boolean
    maxIterations: Number
  }

  "What an abort does with the active children."
  enum WebinyBackgroundTaskAbortChildren {
    abort
    leave
  }

  type WebinyBackgroundTaskAbort {
    by: WebinyBackgroundTaskIdentity
    reason: String
    children: WebinyBackgroundTaskAbortChildren
  }

  "When one iteration ran."
  type WebinyBackgroundTaskIteration {
    startedOn: DateTime!
    durationMs: Number!
  }

  "A hook, or another thing that a task does after its end."
  type WebinyBackgroundTaskFollowUp {
    "onDone, onError, onAbort, onMaxIterations; for an abort also stop, of its execution, and children."
    name: String!
    finishedOn: DateTime!
    "It failed as often as it is tried; the log says why."
    givenUp: Boolean!
  }

  "What a task has used on AWS, counted by its trigger and its invocations."
  type WebinyBackgroundTaskUsage {
    "State transitions of Step Functions."
    transitions: Number!
    "Invocations of the Lambda."
    invocations: Number!
    gbSeconds: Number!
    readUnits: Number!
    writeUnits: Number!
    "US dollars."
    dollars: Number!
    "Whose prices: region and date."
    prices: String!
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
    "Null when the parent can't be seen."
    parentId: String
    "The message the task ended with."
    message: String
    "The error the task ended with."
    error: WebinyBackgroundTaskError
    abort: WebinyBackgroundTaskAbort
    "Which execution is the current one."
    execution: Number
    "Invocations of the current iteration so far."
    attempt: Number
    "Attempts of the current iteration that ended in an error and are tried again."
    failedAttempts: Number
    nextAt: DateTime
    "An invocation holds the task until then at most."
    busyUntil: DateTime
    "Executions started in the place of lost ones since an iteration was last settled."
    revives: Number
    "What a finished task still has to do: hooks, and for an abort the stop of its execution and its children."
    owed: [String!]
    "What a finished task did after its end, in order."
    followUps: [WebinyBackgroundTaskFollowUp!]
    "What the execution service says of the current execution. One task at a time: it is a request of its own."
    serviceInfo: JSON
    "The latest iterations, oldest first."
    recent: [WebinyBackgroundTaskIteration!]
    usage: WebinyBackgroundTaskUsage
    isPrivate: Boolean
    "Of at most 50 tasks of a page; default and most: 50 logs of a task, newest first."
    logs(
      where: WebinyBackgroundTaskLogListWhereInput
      sort: [WebinyBackgroundTaskLogListSorter!]
      limit: Int
    ): [WebinyBackgroundTaskLog!]
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

  type WebinyBackgroundTaskAccessResponse {
    data: WebinyBackgroundTaskAccess
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
    ${[
      ...matching("id", "ID"),
      ...matching("parentId", "String"),
      ...matching("definitionId", "String"),
      ...matching("taskStatus", "String"),
      ...ranging("createdOn", "DateTime"),
      ...ranging("savedOn", "DateTime")
    ].join("\n    ")}
  }

  input WebinyBackgroundTaskLogListWhereInput {
    task: ID
    task_in: [ID!]
    task_not: ID
    ${["iteration: Number", "iteration_not: Number", ...ranging("iteration", "Number")].join("\n    ")}
  }

  enum WebinyBackgroundTaskListSorter {
    ${sorter(SORTED)}
  }

  enum WebinyBackgroundTaskLogListSorter {
    ${sorter(["createdOn"])}
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
    getAccess: WebinyBackgroundTaskAccessResponse!
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
    "Children are aborted too, unless they are to be left."
    abortTask(
      id: ID!
      message: String
      children: WebinyBackgroundTaskAbortChildren
    ): WebinyBackgroundTaskResponse!
    deleteTask(id: ID!): WebinyBackgroundTaskDeleteResponse!
  }

  extend type Query {
    backgroundTasks: WebinyBackgroundTaskQuery
  }

  extend type Mutation {
    backgroundTasks: WebinyBackgroundTaskMutation
  }
`;
}
