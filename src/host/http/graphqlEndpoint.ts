import { costLimitRule } from "@escape.tech/graphql-armor-cost-limit";
import { maxAliasesRule } from "@escape.tech/graphql-armor-max-aliases";
import { maxDepthRule } from "@escape.tech/graphql-armor-max-depth";
import { GraphQLError, NoSchemaIntrospectionCustomRule, parse, type GraphQLSchema, type ValidationRule } from "graphql";
import { createHandler } from "graphql-http/lib/use/fetch";
import type { TaskContext } from "../../definition/TaskDefinition.js";
import { buildSchema } from "../../graphql/buildSchema.js";
import type { PresentedError } from "../../graphql/presentError.js";
import type { Logger } from "../../types.js";
import { GRAPHQL_SCHEMA_TYPE, type GraphQLSchemaPlugin } from "../plugins.js";
import type { HttpSettings } from "./httpOptions.js";

/** Words and signs a query may have: the parser stops there, before anything is built of it. */
const MAX_TOKENS = 5_000;

const REFUSALS: Record<number, string> = {
  405: "Send a query by GET or POST, a mutation by POST.",
  406: "The answer is JSON: accept application/json or application/graphql-response+json.",
  415: 'Send JSON: "content-type: application/json" and a body { "query": … }.'
};

type Endpoint = (
  request: Request,
  context: TaskContext,
  present: (error: unknown) => PresentedError
) => Promise<Response>;

/** GraphQL over HTTP: one operation a request; GET for queries only, POST with JSON only, so that no form can make one. */
export function createGraphQLEndpoint(settings: HttpSettings, logger: Logger): Endpoint {
  const rules = limits(settings);
  let built: { plugins: GraphQLSchemaPlugin[]; schema: GraphQLSchema } | undefined;

  /** Built again only when the plugins are others. */
  function schemaOf(context: TaskContext): GraphQLSchema {
    const plugins = context.plugins.byType<GraphQLSchemaPlugin>(GRAPHQL_SCHEMA_TYPE);
    if (built?.plugins.length !== plugins.length || !built.plugins.every((plugin, at) => plugin === plugins[at])) {
      built = { plugins, schema: buildSchema(plugins.map(plugin => plugin.schema)) };
    }
    return built.schema;
  }

  return async (request, context, present) => {
    const handle = createHandler({
      schema: schemaOf(context),
      context: () => context as never,
      parse: source => parse(source, { maxTokens: MAX_TOKENS }),
      validationRules: rules,
      formatError: error => formatted(error, present)
    });
    const response = await handle(request);
    return response.status in REFUSALS ? withBody(response) : response;
  };

  /** Where the request itself is refused, graphql-http gives few words or none, and no code. */
  function withBody({ status, headers }: Response): Response {
    logger.debug("A request to /graphql was refused", { status });
    const kept = new Headers(headers);
    kept.delete("content-length");
    kept.set("content-type", "application/json");
    const errors = [{ message: REFUSALS[status], extensions: { code: "INVALID_REQUEST" } }];
    return new Response(JSON.stringify({ errors }), { status, headers: kept });
  }
}

function limits({ introspection, maxDepth, maxAliases, maxCost }: HttpSettings): ValidationRule[] {
  const report = {
    propagateOnRejection: false,
    onReject: [
      (context: { reportError(error: GraphQLError): void } | null, { message }: GraphQLError) => {
        // Nothing is wrong with its syntax.
        context?.reportError(new GraphQLError(message.replace("Syntax Error: ", "")));
      }
    ]
  };
  const rules = [
    maxDepthRule({ n: maxDepth, ...report }),
    maxAliasesRule({ n: maxAliases, ...report }),
    costLimitRule({ maxCost, ...report })
  ] as unknown as ValidationRule[];
  return introspection ? rules : [...rules, NoSchemaIntrospectionCustomRule];
}

/** What is wrong with the query is told as it is; what a resolver threw is presented as any other error. */
function formatted(error: Readonly<GraphQLError | Error>, present: (error: unknown) => PresentedError): GraphQLError {
  const thrown = error instanceof GraphQLError ? error.originalError : undefined;
  const place = error instanceof GraphQLError ? { nodes: error.nodes, source: error.source, path: error.path } : {};
  if (thrown === undefined || thrown instanceof GraphQLError) {
    const message =
      error.message === "Unable to detect operation AST"
        ? "The query has no operation, or several and none is named: send operationName with it."
        : error.message;
    return new GraphQLError(message, { ...place, extensions: { code: "INVALID_REQUEST" } });
  }
  const { message, ...extensions } = present(thrown);
  return new GraphQLError(message, { ...place, extensions: { ...extensions } });
}
