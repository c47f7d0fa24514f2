// What is used of `@webiny/handler-aws`, as its users see it: the package itself is not installed here.
declare module "@webiny/handler-aws" {
  interface Plugin {
    type?: string;
    name?: string;
  }
  interface PluginsContainer {
    byType<T extends Plugin>(type: T["type"]): T[];
    all<T extends Plugin>(): T[];
    register(...plugins: unknown[]): void;
  }
  interface Context {
    plugins: PluginsContainer;
  }
  interface LambdaContext {
    awsRequestId: string;
    getRemainingTimeInMillis(): number;
  }
  interface HandlerParams {
    plugins: PluginsContainer;
    debug?: boolean;
  }
  interface SourceHandler<E = any, P = HandlerParams> {
    name: string;
    canUse: (event: Partial<E>, context: LambdaContext) => boolean;
    handle: (params: { params: P; event: E; context: LambdaContext }) => Promise<any>;
  }
  interface SourceHandlerRegistry {
    register: <E = any, P = HandlerParams>(handler: SourceHandler<E, P>, options?: { silent?: boolean }) => void;
  }
  interface RawEventParams<P, C extends Context> {
    payload: P;
    context: C;
    lambdaContext: LambdaContext;
    request: { headers: Record<string, string> };
    reply: unknown;
  }
  interface RawEventHandler<P = any, C extends Context = Context, R = any> extends Plugin {
    readonly type: string;
    readonly cb: (params: RawEventParams<P, C>) => Promise<R>;
  }
  export const registry: SourceHandlerRegistry;
  export function createHandler(params: {
    plugins: unknown[];
    debug?: boolean;
  }): (event: any, lambdaContext: LambdaContext) => Promise<any>;
  export function createRawHandler(params: {
    plugins: unknown[];
    debug?: boolean;
  }): (payload: any, lambdaContext: LambdaContext) => Promise<any>;
  export function createRawEventHandler<P = any, C extends Context = Context, R = any>(
    cb: (params: RawEventParams<P, C>) => Promise<R>
  ): RawEventHandler<P, C, R>;
}

declare module "@webiny/api" {
  export const ServiceDiscovery: { load(): Promise<any> };
}
