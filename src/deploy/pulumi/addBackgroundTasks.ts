import type { Output } from "@pulumi/pulumi";
import type { BackgroundTasksArgs, NetsArgs } from "./args.js";
import { BackgroundTasks } from "./BackgroundTasks.js";

interface Environment {
  variables?: Record<string, string>;
}

/** A Lambda of a Webiny project, as its Pulumi code has it before it is deployed. */
export interface WebinyFunction {
  readonly config: { environment(change: (current: Environment | undefined) => unknown): void };
  readonly output: Output<{ name: Output<string>; arn: Output<string>; role: Output<string> }>;
}

/** What is used of the `app` that `createApiApp({ pulumi: app => … })` gives. */
export interface WebinyApiApp {
  readonly resources: {
    readonly graphql: { readonly functions: { readonly graphql: WebinyFunction } };
    /** Webiny's module of the Lambda that runs its background tasks. */
    readonly backgroundTask: { readonly backgroundTask: WebinyFunction };
  };
}

/** What {@link addBackgroundTasks} takes: the parts of `BackgroundTasks` that are not Webiny's. */
export interface WebinyTasksArgs extends Omit<BackgroundTasksArgs, "code" | "handler" | "runner" | "api" | "nets"> {
  /** Name of the component, and the beginning of its resources' names. Default `webiny-tasks`. */
  name?: string;
  /**
   * A second, small function for status events and sweeps, which Webiny's Lambda doesn't take: its code, with an
   * `index.mjs` that exports `handler`. Without it nothing looks after tasks whose execution died.
   */
  nets?: NetsArgs;
}

/**
 * Adds the table and our state machine beside Webiny's stack: the Lambda that runs Webiny's background tasks stays the
 * runner. It and the GraphQL Lambda get the environment; their role, which they share, gets the permissions.
 * @example
 * export default createApiApp({ pulumi: app => void addBackgroundTasks(app, { nets: { code } }) });
 */
export function addBackgroundTasks(app: WebinyApiApp, args: WebinyTasksArgs = {}): BackgroundTasks {
  const { name = "webiny-tasks", nets, ...rest } = args;
  const { backgroundTask, graphql } = { ...app.resources.backgroundTask, ...app.resources.graphql.functions };
  const { output: runner } = backgroundTask;
  const tasks = new BackgroundTasks(name, {
    ...rest,
    runner: {
      existing: {
        name: runner.apply(resource => resource.name),
        arn: runner.apply(resource => resource.arn),
        role: runner.apply(resource => resource.role)
      }
    },
    nets: nets ?? { statusEvents: false, sweepMinutes: false }
  });
  for (const lambda of [backgroundTask, graphql]) {
    lambda.config.environment(current =>
      tasks.environment.apply(variables => ({ ...current, variables: { ...current?.variables, ...variables } }))
    );
  }
  return tasks;
}
