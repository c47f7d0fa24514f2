import type { Context, LambdaContext, Plugin, RawEventHandler, SourceHandler } from "@webiny/handler-aws";

type HandlerAws = typeof import("@webiny/handler-aws");

const RAW = "handler.raw";

/** A container as Webiny's: no `name`, no `oneByType`, nothing but these three. */
class Container {
  private readonly plugins = new Map<string, Plugin>();

  constructor(plugins: unknown[]) {
    this.register(...plugins);
  }

  register(...plugins: unknown[]): void {
    for (const plugin of plugins.flat(Infinity) as Plugin[]) {
      const names = [...this.plugins].filter(([, other]) => other === plugin).map(([name]) => name);
      this.plugins.set(plugin.name ?? names[0] ?? `unnamed ${this.plugins.size}`, plugin);
    }
  }

  byType(type?: string): any[] {
    return this.all().filter(plugin => plugin.type === type);
  }

  all(): any[] {
    return [...this.plugins.values()];
  }
}

async function resolve(plugins: unknown): Promise<unknown[]> {
  const resolved = typeof plugins === "function" ? await plugins() : plugins;
  return Array.isArray(resolved) ? (await Promise.all(resolved.map(resolve))).flat() : [resolved];
}

/** What a raw handler was called with, and how it behaves when something throws. */
export interface RawCalls {
  headers: Record<string, string>[];
  /** `answers`: an error becomes a response, as over HTTP; `throws`: it rejects. */
  onError: "answers" | "throws";
  /** Runs after the raw event handler has returned. */
  afterwards?: () => void;
}

/**
 * A stand-in for `@webiny/handler-aws`, made from what is known of its surface: a registry whose first fitting source
 * handler gets the event, and raw handlers that make a new context for each of them.
 */
export function createHandlerAws(): HandlerAws & { calls: RawCalls } {
  const sources: SourceHandler[] = [];
  const calls: RawCalls = { headers: [], onError: "answers" };

  const createRawHandler: HandlerAws["createRawHandler"] = ({ plugins }) => {
    if (!Array.isArray(plugins)) {
      throw new Error("The plugins of a raw handler are an array.");
    }
    return async (payload, lambdaContext) => {
      const headers: Record<string, string> = payload.headers ?? {};
      if (Object.values(headers).some(value => typeof value !== "string" || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))) {
        throw new Error("process.exit(1): a header is undefined or not valid.");
      }
      calls.headers.push(headers);
      try {
        const container = new Container(plugins);
        const context = { plugins: container, request: { headers } } as unknown as Context;
        for (const plugin of container.byType("context")) {
          await plugin.apply(context);
        }
        const [handler] = container.byType(RAW) as RawEventHandler[];
        const result = await handler!.cb({ payload, context, lambdaContext, request: { headers }, reply: {} });
        calls.afterwards?.();
        return result;
      } catch (error) {
        if (calls.onError === "throws") {
          throw error;
        }
        return { statusCode: 500, body: JSON.stringify({ message: (error as Error).message }) };
      }
    };
  };

  return {
    calls,
    registry: {
      register: (handler, { silent = false } = {}) => {
        if (!silent && sources.some(({ name }) => name === handler.name)) {
          throw new Error(`There is a source handler "${handler.name}" already.`);
        }
        sources.push(handler as unknown as SourceHandler);
      }
    },
    createHandler: params => {
      const plugins = resolve(params.plugins).then(resolved => new Container(resolved));
      return async (event: unknown, context: LambdaContext) => {
        const source = sources.find(({ canUse }) => canUse(event as object, context));
        if (source === undefined) {
          throw new Error("There is no source handler for this event.");
        }
        return source.handle({ params: { ...params, plugins: (await plugins) as never }, event, context });
      };
    },
    createRawHandler,
    createRawEventHandler: cb => ({ type: RAW, cb })
  };
}
