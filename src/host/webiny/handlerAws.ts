import type { TaskContext } from "../../definition/TaskDefinition.js";
import type { LambdaContext } from "../../runner/Invocation.js";

/** The exports of `@webiny/handler-aws` that are used. Each is taken whatever its exact type: it differs by version. */
export interface WebinyHandlerAws {
  registry: { register(...args: never[]): unknown };
  createRawHandler(...args: never[]): unknown;
  createRawEventHandler(...args: never[]): unknown;
}

/** The same, as they are called. */
export interface HandlerAws {
  registry: { register(handler: SourceHandler, options: { silent: boolean }): void };
  createRawHandler(params: object): (payload: object, lambdaContext: LambdaContext) => Promise<unknown>;
  createRawEventHandler(handle: (params: { context: TaskContext }) => Promise<unknown>): WebinyPlugin;
}

/** The first one registered whose `canUse` is true handles an event. */
export interface SourceHandler {
  name: string;
  canUse(event: unknown): boolean;
  handle(params: SourceHandlerParams): Promise<unknown>;
}

export interface SourceHandlerParams {
  /** What `createHandler` was given, its plugins resolved. */
  params: { plugins: { all(): WebinyPlugin[] }; [more: string]: unknown };
  event: unknown;
  /** Lambda's second argument, under one of these names. */
  context?: Partial<LambdaContext>;
  lambdaContext?: Partial<LambdaContext>;
}

export interface WebinyPlugin {
  type?: string;
}
