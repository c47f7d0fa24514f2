import type { TaskContext } from "../definition/TaskDefinition.js";
import { once } from "./once.js";
import { CONTEXT_TYPE, GRAPHQL_SCHEMA_TYPE, type GraphQLSchemaPlugin } from "./plugins.js";

const NAME = "webiny.tasks.graphql";
const loadParts = once(async () => {
  const { tasksTypeDefs } = await import("../graphql/typeDefs.js");
  const { tasksResolvers } = await import("../graphql/resolvers.js");
  return { tasksTypeDefs, tasksResolvers };
});

/**
 * The plugins of the GraphQL API. `createBackgroundTasks()` has them; list them beside `createBackgroundTaskContext()`
 * where that is used.
 */
export function createBackgroundTaskGraphQL(): unknown[] {
  return [new TasksGraphQLPlugin()];
}

/** The ids of the public definitions are an enum of the schema, so its plugin is made when the definitions are known. */
class TasksGraphQLPlugin {
  readonly type = CONTEXT_TYPE;
  readonly name = `${NAME}.context`;
  private last: { ids: string; plugin: GraphQLSchemaPlugin } | undefined;

  async apply(context: TaskContext): Promise<void> {
    const ids = context.tasks
      .listDefinitions()
      .filter(({ isPrivate }) => !isPrivate)
      .map(({ id }) => id);
    if (this.last?.ids !== ids.join()) {
      const { tasksTypeDefs, tasksResolvers } = await loadParts();
      const schema = { typeDefs: tasksTypeDefs(ids), resolvers: tasksResolvers };
      this.last = { ids: ids.join(), plugin: { type: GRAPHQL_SCHEMA_TYPE, name: NAME, schema } };
    }
    // The same object again changes nothing; a container that is new for every request needs it every time.
    context.plugins.register(this.last.plugin);
  }
}
