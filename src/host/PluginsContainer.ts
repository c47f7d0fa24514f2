import { TasksError } from "../errors.js";

/** A plugin: found by the string in its `type`. With a `name`, it replaces the one registered under it before. */
export interface Plugin {
  type: string;
  name?: string;
}

/** What `plugins` takes: plugins, nested arrays, and (async) functions that give some. */
export type PluginInput = unknown;

/** The plugins of one handler. */
export class PluginsContainer {
  private readonly plugins = new Map<unknown, Plugin>();

  constructor(...plugins: unknown[]) {
    this.register(...plugins);
  }

  /** @throws TasksError PLUGIN_ERROR for what is no plugin */
  register(...plugins: unknown[]): void {
    for (const plugin of plugins.flat(Infinity)) {
      if (!isPlugin(plugin)) {
        throw new TasksError(
          "PLUGIN_ERROR",
          `A plugin is an object with a "type"; got ${describe(plugin)}. Functions that give plugins belong into the "plugins" of createHandler.`
        );
      }
      this.plugins.set(plugin.name ?? plugin, plugin);
    }
  }

  unregister(name: string): void {
    this.plugins.delete(name);
  }

  byName<T = Plugin>(name: string): T | undefined {
    return this.plugins.get(name) as T | undefined;
  }

  byType<T = Plugin>(type: string): T[] {
    return this.all().filter(plugin => plugin.type === type) as T[];
  }

  /** @throws TasksError PLUGIN_ERROR when there is none */
  atLeastOneByType<T = Plugin>(type: string): T[] {
    const plugins = this.byType<T>(type);
    if (plugins.length === 0) {
      throw new TasksError("PLUGIN_ERROR", `There are no plugins of type "${type}".`, { type });
    }
    return plugins;
  }

  /** @throws TasksError PLUGIN_ERROR when there is none, or more than one */
  oneByType<T = Plugin>(type: string): T {
    const plugins = this.atLeastOneByType<T>(type);
    if (plugins.length > 1) {
      throw new TasksError(
        "PLUGIN_ERROR",
        `There must be one plugin of type "${type}", and there are ${plugins.length}.`,
        { type }
      );
    }
    return plugins[0] as T;
  }

  all<T = Plugin>(): T[] {
    return [...this.plugins.values()] as T[];
  }
}

/** Nested arrays flattened, functions called (also async ones), in order; a plugin given twice is there once. */
export async function resolvePlugins(input: PluginInput): Promise<unknown[]> {
  const resolved: unknown[] = [];
  for (const entry of Array.isArray(input) ? input : [input]) {
    if (Array.isArray(entry)) {
      resolved.push(...(await resolvePlugins(entry)));
    } else if (typeof entry === "function") {
      resolved.push(...(await resolvePlugins(await (entry as () => unknown)())));
    } else if (entry !== undefined && entry !== null && entry !== false) {
      resolved.push(entry);
    }
  }
  return [...new Set(resolved)];
}

/** What can be seen of the plugins without calling anything: for checks that should fail at once. */
export function visiblePlugins(input: PluginInput): unknown[] {
  const entries: unknown[] = Array.isArray(input) ? input.flat(Infinity) : [input];
  return entries.filter(entry => typeof entry !== "function");
}

function isPlugin(value: unknown): value is Plugin {
  return typeof value === "object" && value !== null && typeof (value as Plugin).type === "string";
}

function describe(value: unknown): string {
  return typeof value === "object" && value !== null
    ? `an object with the keys ${Object.keys(value).slice(0, 5).join(", ") || "(none)"}`
    : String(typeof value);
}
