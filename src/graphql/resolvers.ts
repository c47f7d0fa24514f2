import type { FieldNode, FragmentSpreadNode, GraphQLResolveInfo, InlineFragmentNode, SelectionSetNode } from "graphql";
import type { AbortParams, ListTasksParams, TaskContext, TaskDefinition } from "../definition/TaskDefinition.js";
import { notFound, TasksError } from "../errors.js";
import { dollarsOf } from "../observe/prices.js";
import { abortTask } from "../tasks/abortTask.js";
import { deleteTask } from "../tasks/deleteTask.js";
import { engineOf } from "../tasks/engineOf.js";
import { fetchServiceInfo } from "../tasks/fetchServiceInfo.js";
import { getTask } from "../tasks/getTask.js";
import { listTasks } from "../tasks/listTasks.js";
import { listLogs } from "../tasks/logs/listLogs.js";
import type { Visibility } from "../tasks/readTask.js";
import { triggerTask } from "../tasks/triggerTask.js";
import type { JsonObject, Task, TaskError, TaskLog } from "../types.js";
import { envelope } from "./envelope.js";
import { inputJsonSchema } from "./inputJsonSchema.js";
import { accessOf, checkPermission } from "./permissions.js";
import { visibleTask } from "./visibleTask.js";

/** Logs of one task in a list, and tasks of one page whose logs may be selected: each is a query of its own. */
const MAX_NESTED_LOGS = 50;
const MAX_TASKS_WITH_LOGS = 50;

/** A task or log as it goes from resolver to resolver: with what its reader may see. */
type Seen<T> = T & { visibility: Visibility; withLogs?: number; ofLog?: boolean };

interface ListArguments {
  where?: JsonObject;
  sort?: string[];
  limit?: number;
  after?: string;
  search?: string;
}

/** The API: each field checks the permission and calls the use case behind `context.tasks`. */
export const tasksResolvers = {
  Query: { backgroundTasks: () => ({}) },
  Mutation: { backgroundTasks: () => ({}) },
  WebinyBackgroundTaskQuery: {
    getTask: (_: unknown, { id }: { id: string }, context: TaskContext) =>
      envelope(context, async () => {
        const visibility = await checkPermission(context, "r");
        const task = await getTask(engineOf(context), id, { visibility });
        if (task === null) {
          throw notFound("Task", id);
        }
        return { data: { ...task, visibility } };
      }),
    listTasks: (_: unknown, args: ListArguments, context: TaskContext, info: GraphQLResolveInfo) =>
      envelope(context, async () => {
        const visibility = await checkPermission(context, "r");
        const params = { ...args, count: selects(info, "meta", "totalCount") } as ListTasksParams;
        const { items, meta } = await listTasks(
          engineOf(context),
          await ofVisibleParents(context, params, visibility),
          {
            visibility
          }
        );
        return { data: items.map(task => ({ ...task, visibility, withLogs: items.length })), meta };
      }),
    listDefinitions: (_: unknown, __: unknown, context: TaskContext) =>
      envelope(context, async () => {
        const visibility = await checkPermission(context, "r");
        const definitions = context.tasks.listDefinitions();
        return { data: definitions.filter(({ isPrivate }) => visibility === "all" || !isPrivate) };
      }),
    // Whoever is signed in may know what they may do.
    getAccess: (_: unknown, __: unknown, context: TaskContext) =>
      envelope(context, async () => ({
        data: { identity: engineOf(context).identity(), ...(await accessOf(context)) }
      })),
    listLogs: (_: unknown, { search, ...args }: ListArguments, context: TaskContext) =>
      envelope(context, async () => {
        const visibility = await checkPermission(context, "r");
        if (search) {
          throw new TasksError("INVALID_ARGUMENT", "Logs can't be searched: leave out `search`, or read them by task.");
        }
        const { items, meta } = await listLogs(engineOf(context), args, { visibility });
        return { data: items.map(log => ({ ...log, visibility })), meta };
      })
  },
  WebinyBackgroundTaskMutation: {
    triggerTask: (
      _: unknown,
      args: { definition: string; input?: JsonObject; name?: string; delay?: number },
      context: TaskContext
    ) =>
      envelope(context, async () => {
        const seen = await checkPermission(context, "w");
        const { definition, input = {}, name, delay } = withoutNull(args);
        // Private ones are triggered from code only, whoever asks.
        const task = await triggerTask(engineOf(context), { definition, input, name, delay }, { visibility: "public" });
        return { data: { ...task, visibility: seen } };
      }),
    abortTask: (_: unknown, args: AbortParams, context: TaskContext) =>
      envelope(context, async () => {
        const visibility = await checkPermission(context, "w");
        return { data: { ...(await abortTask(engineOf(context), withoutNull(args), { visibility })), visibility } };
      }),
    deleteTask: (_: unknown, { id }: { id: string }, context: TaskContext) =>
      envelope(context, async () => {
        const visibility = await checkPermission(context, "d");
        return { data: await deleteTask(engineOf(context), id, { visibility }) };
      })
  },
  WebinyBackgroundTask: {
    usage: ({ usage }: Task, _: unknown, context: TaskContext) => {
      const { prices } = engineOf(context);
      return { ...usage, dollars: dollarsOf(usage, prices), prices: `${prices.region}, ${prices.date}` };
    },
    isPrivate: ({ isPrivate }: Task) => isPrivate === true,
    error: ({ error }: Task, _: unknown, context: TaskContext) => withoutStack(context, error),
    output: ({ output }: Task, _: unknown, context: TaskContext) =>
      output?.error === undefined
        ? output
        : { ...output, error: withoutStack(context, output.error as TaskError | undefined) },
    serviceInfo: async (task: Seen<Task>, _: unknown, context: TaskContext) => {
      if (task.withLogs !== undefined || task.ofLog) {
        throw new TasksError("INVALID_REQUEST", "serviceInfo is asked of one task at a time: use getTask.");
      }
      // Task and state of the machine are in the record; the execution's own copies say no more.
      const { input: _input, output: _output, ...info } = (await fetchServiceInfo(engineOf(context), task)) ?? {};
      return Object.keys(info).length === 0 ? null : info;
    },
    parentId: async ({ parentId, visibility }: Seen<Task>, _: unknown, context: TaskContext) =>
      parentId === undefined || visibility === "all" || (await visibleTask(context, parentId, visibility))
        ? parentId
        : null,
    logs: async (task: Seen<Task>, { where, sort, limit }: ListArguments, context: TaskContext) => {
      if (task.ofLog) {
        // Each level would read fifty times as much as the one above.
        throw new TasksError(
          "INVALID_REQUEST",
          "The logs of a log's task are not read with it: ask listLogs for them."
        );
      }
      if ((task.withLogs ?? 1) > MAX_TASKS_WITH_LOGS) {
        throw new TasksError(
          "INVALID_LIMIT",
          `The logs of at most ${MAX_TASKS_WITH_LOGS} tasks are read with a list: set its limit to ${MAX_TASKS_WITH_LOGS}, or ask listLogs.`
        );
      }
      const params = {
        where: { ...where, task: task.id },
        sort,
        limit: Math.min(limit ?? MAX_NESTED_LOGS, MAX_NESTED_LOGS)
      };
      const { items } = await listLogs(engineOf(context), params, { visibility: task.visibility });
      return items.map(log => ({ ...log, visibility: task.visibility, of: task }));
    }
  },
  WebinyBackgroundTaskLog: {
    task: async ({ task, visibility, of }: Seen<TaskLog> & { of?: Seen<Task> }, _: unknown, context: TaskContext) => {
      const found = of ?? (await visibleTask(context, task, visibility));
      return found === null ? null : { ...found, ofLog: true };
    }
  },
  WebinyBackgroundTaskLogItem: {
    error: ({ error }: { error?: TaskError }, _: unknown, context: TaskContext) => withoutStack(context, error)
  },
  WebinyBackgroundTaskDefinition: {
    inputSchema: (definition: TaskDefinition) => inputJsonSchema(definition)
  }
};

/** A filter by a parent finds nothing where the parent itself can't be seen. */
async function ofVisibleParents(
  context: TaskContext,
  params: ListTasksParams,
  visibility: Visibility
): Promise<ListTasksParams> {
  const { parentId, parentId_in } = params.where ?? {};
  if (visibility === "all" || (parentId === undefined && parentId_in === undefined)) {
    return params;
  }
  const named = parentId_in ?? (parentId === undefined ? [] : [parentId]);
  const visible: string[] = [];
  for (const [at, task] of (await Promise.all(named.map(id => visibleTask(context, id, visibility)))).entries()) {
    if (task !== null) {
      visible.push(named[at] as string);
    }
  }
  return { ...params, where: { ...params.where, parentId_in: visible } };
}

/** Stacks tell of the server's inside. */
function withoutStack(context: TaskContext, error: TaskError | undefined): TaskError | undefined {
  if (error === undefined || engineOf(context).debug) {
    return error;
  }
  const { stack: _stack, ...rest } = error;
  return rest;
}

/** GraphQL passes null for what was left out on purpose. */
function withoutNull<T extends object>(args: T): T {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null)) as T;
}

/** Whether the query selects a field at this path, fragments included. */
function selects(info: GraphQLResolveInfo, ...path: string[]): boolean {
  const found = (sets: (SelectionSetNode | undefined)[], [name, ...rest]: string[]): boolean => {
    const fields = sets.flatMap(set => fieldsOf(info, set)).filter(field => field.name.value === name);
    return (
      fields.length > 0 &&
      (rest.length === 0 ||
        found(
          fields.map(field => field.selectionSet),
          rest
        ))
    );
  };
  return found(
    info.fieldNodes.map(node => node.selectionSet),
    path
  );
}

// By the text of the kind: Webiny's host may bring another copy of graphql.
function fieldsOf(info: GraphQLResolveInfo, set: SelectionSetNode | undefined): FieldNode[] {
  return (set?.selections ?? []).flatMap(selection => {
    const kind: string = selection.kind;
    if (kind === "Field") {
      return [selection as FieldNode];
    }
    const fragment =
      kind === "InlineFragment"
        ? (selection as InlineFragmentNode)
        : info.fragments[(selection as FragmentSpreadNode).name.value];
    return fieldsOf(info, fragment?.selectionSet);
  });
}
