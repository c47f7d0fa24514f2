/** A GraphQL document with the one field `result`. */
export interface Operation {
  name: string;
  query: string;
}

const ERROR = "error { message code data }";
const IDENTITY = "{ id displayName type }";
const TASK = `{
  id name definitionId taskStatus executionName input output createdOn savedOn createdBy ${IDENTITY} startedOn finishedOn
  eventResponse iterations parentId message error { message code data stack } abort { by ${IDENTITY} reason children } execution
  attempt failedAttempts nextAt recent { startedOn durationMs }
  usage { transitions invocations gbSeconds readUnits writeUnits dollars prices }
}`;
const LOG = `id createdOn createdBy ${IDENTITY} executionName iteration items { message createdOn type data error }`;

function operation(kind: "query" | "mutation", name: string, parameters: string, field: string): Operation {
  return { name, query: `${kind} ${name}${parameters} { backgroundTasks { result: ${field} } }` };
}

/** Counting reads the keys of all that fits, so it is asked for only where it is wanted. */
const meta = (count: boolean) => `meta { cursor hasMoreItems ${count ? "totalCount totalCountIsExact" : ""} }`;

export const listDefinitions = operation(
  "query",
  "ListDefinitions",
  "",
  `listDefinitions { data { id title description fields inputSchema isPrivate maxIterations } ${ERROR} }`
);

export const getTask = operation("query", "GetTask", "($id: ID!)", `getTask(id: $id) { data ${TASK} ${ERROR} }`);

export const listTasks = (count: boolean) =>
  operation(
    "query",
    "ListTasks",
    "($where: WebinyBackgroundTaskListWhereInput, $sort: [WebinyBackgroundTaskListSorter!], $limit: Int, $after: String, $search: String)",
    `listTasks(where: $where, sort: $sort, limit: $limit, after: $after, search: $search) { data ${TASK} ${meta(count)} ${ERROR} }`
  );

/** @param withTask asks of which task each log is, for which the server reads the tasks */
export const listLogs = (count: boolean, withTask: boolean) =>
  operation(
    "query",
    "ListLogs",
    "($where: WebinyBackgroundTaskLogListWhereInput, $sort: [WebinyBackgroundTaskLogListSorter!], $limit: Int, $after: String)",
    `listLogs(where: $where, sort: $sort, limit: $limit, after: $after) { data { ${LOG} ${withTask ? "task { id }" : ""} } ${meta(count)} ${ERROR} }`
  );

export const triggerTask = operation(
  "mutation",
  "TriggerTask",
  "($definition: WebinyBackgroundTaskDefinitionEnum!, $input: JSON, $name: String, $delay: Number)",
  `triggerTask(definition: $definition, input: $input, name: $name, delay: $delay) { data ${TASK} ${ERROR} }`
);

export const abortTask = operation(
  "mutation",
  "AbortTask",
  "($id: ID!, $message: String, $children: WebinyBackgroundTaskAbortChildren)",
  `abortTask(id: $id, message: $message, children: $children) { data ${TASK} ${ERROR} }`
);

export const deleteTask = operation("mutation", "DeleteTask", "($id: ID!)", `deleteTask(id: $id) { data ${ERROR} }`);
