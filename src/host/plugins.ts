import type { LambdaContext } from "../runner/Invocation.js";
import type { TaskContext } from "../definition/TaskDefinition.js";
import type { TaskService } from "../transport/TaskService.js";

export const CONTEXT_TYPE = "context";
export const TASK_SERVICE_TYPE = "tasks.taskService";
export const GRAPHQL_SCHEMA_TYPE = "graphql-schema";
export const SECURITY_TYPE = "webiny.tasks.security";
export const EVENT_SOURCE_TYPE = "webiny.tasks.eventSource";
export const DASHBOARD_TYPE = "webiny.tasks.dashboard";

/** A plugin that adds to the context, before every event, in the order registered. */
export class ContextPlugin<C = TaskContext> {
  static readonly type = CONTEXT_TYPE;
  readonly type = CONTEXT_TYPE;

  constructor(
    private readonly callable: (context: C) => void | Promise<void>,
    readonly name?: string
  ) {}

  async apply(context: C): Promise<void> {
    await this.callable(context);
  }
}

/**
 * Extends the context.
 * @example
 * createContextPlugin<MyContext>(async context => {
 *   context.articles = new ArticlesClient(process.env.ARTICLES_URL);
 * });
 */
export function createContextPlugin<C = TaskContext>(apply: (context: C) => void | Promise<void>): ContextPlugin<C> {
  return new ContextPlugin(apply);
}

/** Brings another way to start executions. The last registered one with `default: true` is used. */
export interface TaskServicePlugin {
  type: typeof TASK_SERVICE_TYPE;
  name?: string;
  default: boolean;
  createService(params: {
    context: TaskContext;
    getTenant(): string;
    getLocale(): string;
  }): TaskService | Promise<TaskService>;
}

/** Adds to the GraphQL schema, as in Webiny. Resolvers get the context as their third argument. */
export interface GraphQLSchemaPlugin {
  type: typeof GRAPHQL_SCHEMA_TYPE;
  name?: string;
  schema: {
    /** SDL; `extend type Query { … }` adds a field. */
    typeDefs: string;
    resolvers?: Record<string, unknown>;
  };
}

/**
 * Adds to the GraphQL schema of the API.
 * @example
 * createGraphQLSchemaPlugin({
 *   typeDefs: `extend type Query { articles: Int }`,
 *   resolvers: { Query: { articles: (_, __, context) => context.articles.count() } }
 * });
 */
export function createGraphQLSchemaPlugin(schema: GraphQLSchemaPlugin["schema"]): GraphQLSchemaPlugin {
  return { type: GRAPHQL_SCHEMA_TYPE, schema };
}

/** What an event source is given. */
export interface EventSourceParams {
  event: unknown;
  lambdaContext: LambdaContext;
  /** Makes the context for this event: plugins applied, tenant and locale as given (default `root`, `en-US`). */
  createContext(scope?: { tenant: string; locale: string }): Promise<TaskContext>;
}

/** Handles one kind of Lambda event. The first one whose `canUse` is true gets it. */
export interface EventSource {
  type: typeof EVENT_SOURCE_TYPE;
  name?: string;
  canUse(event: unknown, lambdaContext: LambdaContext): boolean;
  handle(params: EventSourceParams): Promise<unknown>;
}

/** Lets the same Lambda answer other events too. */
export function createEventSource(source: Omit<EventSource, "type">): EventSource {
  return { ...source, type: EVENT_SOURCE_TYPE };
}

/** Serves the files of the dashboard. */
export interface DashboardPlugin {
  type: typeof DASHBOARD_TYPE;
  name: string;
  /**
   * Answers a GET request for one of its files; undefined for any other.
   * @param mayCompress false where an answer has to be plain text
   */
  respond(request: Request, mayCompress?: boolean): Promise<Response | undefined>;
}
