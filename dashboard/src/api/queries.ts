import { graphql, type ResultOf, type VariablesOf } from "./graphql.js";
import { request, unwrap } from "./request.js";

const taskRow = graphql(`
  fragment TaskRow on WebinyBackgroundTask {
    id
    name
    definitionId
    taskStatus
    iterations
    createdOn
    startedOn
    finishedOn
    nextAt
    busyUntil
    parentId
    isPrivate
    usage {
      dollars
    }
    createdBy {
      id
      displayName
    }
    error {
      code
      message
    }
  }
`);
/** A task as the list shows it: its input and output stay on the server. */
export type TaskRow = ResultOf<typeof taskRow>;
export type TaskStatus = TaskRow["taskStatus"];
export const STATUSES = ["pending", "running", "success", "failed", "aborted"] as const satisfies TaskStatus[];
export const isActive = ({ taskStatus }: { taskStatus: TaskStatus }): boolean =>
  taskStatus === "pending" || taskStatus === "running";

const list = graphql(
  `
    query Tasks(
      $where: WebinyBackgroundTaskListWhereInput
      $sort: [WebinyBackgroundTaskListSorter!]
      $limit: Int
      $after: String
      $search: String
    ) {
      backgroundTasks {
        listTasks(where: $where, sort: $sort, limit: $limit, after: $after, search: $search) {
          data {
            ...TaskRow
          }
          meta {
            cursor
            hasMoreItems
          }
          error {
            message
            code
            data
          }
        }
      }
    }
  `,
  [taskRow]
);
export type ListVariables = VariablesOf<typeof list>;
export type ListWhere = NonNullable<ListVariables["where"]>;

export interface TaskPage {
  tasks: TaskRow[];
  cursor: string | null;
  hasMore: boolean;
}

function pageOf(envelope: NonNullable<ResultOf<typeof list>["backgroundTasks"]>["listTasks"]): TaskPage {
  const tasks = unwrap(envelope);
  return { tasks, cursor: envelope.meta?.cursor ?? null, hasMore: envelope.meta?.hasMoreItems === true };
}

export async function listTasks(variables: ListVariables, signal?: AbortSignal): Promise<TaskPage> {
  const { backgroundTasks } = await request(list, variables, signal);
  return pageOf(backgroundTasks?.listTasks ?? { data: null, meta: null, error: null });
}

const changes = graphql(
  `
    query Changes(
      $newestWhere: WebinyBackgroundTaskListWhereInput
      $search: String
      $limit: Int
      $watchedWhere: WebinyBackgroundTaskListWhereInput
      $watch: Boolean!
    ) {
      backgroundTasks {
        newest: listTasks(where: $newestWhere, search: $search, limit: $limit) {
          data {
            ...TaskRow
          }
          meta {
            cursor
            hasMoreItems
          }
          error {
            message
            code
            data
          }
        }
        watched: listTasks(where: $watchedWhere, search: $search, limit: 100) @include(if: $watch) {
          data {
            ...TaskRow
          }
          error {
            message
            code
            data
          }
        }
      }
    }
  `,
  [taskRow]
);

/** What is new at the top of a list, and how the tasks in sight stand now: one request, however long the list is. */
export async function listChanges(
  variables: { where: ListWhere; search: string | undefined; limit: number; watched: string[] },
  signal?: AbortSignal
): Promise<{ newest: TaskPage; watched: TaskRow[] }> {
  const { where, search, limit, watched } = variables;
  const { backgroundTasks } = await request(
    changes,
    {
      newestWhere: where,
      search,
      limit,
      watchedWhere: { ...where, id_in: watched },
      watch: watched.length > 0
    },
    signal
  );
  const newest = pageOf(backgroundTasks?.newest ?? { data: null, meta: null, error: null });
  return { newest, watched: watched.length > 0 ? unwrap(backgroundTasks?.watched) : [] };
}

const task = graphql(
  `
    query Task($id: ID!) {
      backgroundTasks {
        getTask(id: $id) {
          data {
            ...TaskRow
            savedOn
            executionName
            message
            error {
              code
              message
              data
              stack
            }
            abort {
              by {
                id
                displayName
              }
              reason
              children
            }
            execution
            attempt
            failedAttempts
            revives
            owed
            followUps {
              name
              finishedOn
              givenUp
            }
            usage {
              transitions
              invocations
              gbSeconds
              readUnits
              writeUnits
              dollars
              prices
            }
            recent {
              startedOn
              durationMs
            }
          }
          error {
            message
            code
            data
          }
        }
      }
    }
  `,
  [taskRow]
);
export type TaskDetail = NonNullable<NonNullable<ResultOf<typeof task>["backgroundTasks"]>["getTask"]["data"]>;

/** A task without its input and output, which may be large. */
export async function getTask(id: string, signal?: AbortSignal): Promise<TaskDetail> {
  return unwrap((await request(task, { id }, signal)).backgroundTasks?.getTask);
}

const payload = graphql(`
  query Payload($id: ID!) {
    backgroundTasks {
      getTask(id: $id) {
        data {
          input
          output
        }
        error {
          message
          code
          data
        }
      }
    }
  }
`);

export async function getPayload(id: string, signal?: AbortSignal) {
  return unwrap((await request(payload, { id }, signal)).backgroundTasks?.getTask);
}

const service = graphql(`
  query Service($id: ID!) {
    backgroundTasks {
      getTask(id: $id) {
        data {
          serviceInfo
        }
        error {
          message
          code
          data
        }
      }
    }
  }
`);

export async function getServiceInfo(id: string, signal?: AbortSignal) {
  return unwrap((await request(service, { id }, signal)).backgroundTasks?.getTask).serviceInfo;
}

const logs = graphql(`
  query Logs(
    $where: WebinyBackgroundTaskLogListWhereInput
    $sort: [WebinyBackgroundTaskLogListSorter!]
    $limit: Int
    $after: String
  ) {
    backgroundTasks {
      listLogs(where: $where, sort: $sort, limit: $limit, after: $after) {
        data {
          id
          createdOn
          iteration
          items {
            message
            createdOn
            type
            data
            error
          }
        }
        meta {
          cursor
          hasMoreItems
        }
        error {
          message
          code
          data
        }
      }
    }
  }
`);
export type TaskLog = NonNullable<NonNullable<ResultOf<typeof logs>["backgroundTasks"]>["listLogs"]["data"]>[number];
export type LogItem = TaskLog["items"][number];

export async function listLogs(variables: VariablesOf<typeof logs>, signal?: AbortSignal) {
  const envelope = (await request(logs, variables, signal)).backgroundTasks?.listLogs;
  const items = unwrap(envelope);
  return { logs: items, cursor: envelope?.meta?.cursor ?? null, hasMore: envelope?.meta?.hasMoreItems === true };
}

const definitions = graphql(`
  query Definitions {
    backgroundTasks {
      listDefinitions {
        data {
          id
          title
          description
          inputSchema
          isPrivate
          maxIterations
        }
        error {
          message
          code
          data
        }
      }
    }
  }
`);
export type Definition = NonNullable<
  NonNullable<ResultOf<typeof definitions>["backgroundTasks"]>["listDefinitions"]["data"]
>[number];

/** What can be triggered: the private ones never are from here. */
export async function listDefinitions(signal?: AbortSignal): Promise<Definition[]> {
  const all = unwrap((await request(definitions, {}, signal)).backgroundTasks?.listDefinitions);
  return all.filter(({ isPrivate }) => isPrivate !== true);
}

const access = graphql(`
  query Access {
    backgroundTasks {
      getAccess {
        data {
          identity {
            id
            displayName
          }
          read
          write
          delete
          private
        }
        error {
          message
          code
          data
        }
      }
    }
  }
`);
export type Access = NonNullable<NonNullable<ResultOf<typeof access>["backgroundTasks"]>["getAccess"]["data"]>;

export async function getAccess(signal?: AbortSignal): Promise<Access> {
  return unwrap((await request(access, {}, signal)).backgroundTasks?.getAccess);
}

const trigger = graphql(`
  mutation Trigger($definition: WebinyBackgroundTaskDefinitionEnum!, $input: JSON, $name: String, $delay: Number) {
    backgroundTasks {
      triggerTask(definition: $definition, input: $input, name: $name, delay: $delay) {
        data {
          id
          name
        }
        error {
          message
          code
          data
        }
      }
    }
  }
`);

export async function triggerTask(variables: VariablesOf<typeof trigger>) {
  return unwrap((await request(trigger, variables)).backgroundTasks?.triggerTask);
}

const abort = graphql(`
  mutation Abort($id: ID!, $message: String) {
    backgroundTasks {
      abortTask(id: $id, message: $message) {
        data {
          id
        }
        error {
          message
          code
          data
        }
      }
    }
  }
`);

export async function abortTask(id: string, message?: string): Promise<void> {
  unwrap((await request(abort, { id, message })).backgroundTasks?.abortTask);
}

const remove = graphql(`
  mutation Delete($id: ID!) {
    backgroundTasks {
      deleteTask(id: $id) {
        data
        error {
          message
          code
          data
        }
      }
    }
  }
`);

export async function deleteTask(id: string): Promise<void> {
  unwrap((await request(remove, { id })).backgroundTasks?.deleteTask);
}
