import { TasksError } from "../errors.js";
import type { TaskDefinition } from "./TaskDefinition.js";
import { TASK_DEFINITION_TYPE, TaskDefinitionPlugin } from "./TaskDefinitionPlugin.js";

/** The definitions of one handler, in the order registered. Finding one runs none of its code. */
export class DefinitionRegistry {
  private constructor(private readonly byId: ReadonlyMap<string, TaskDefinition>) {}

  /**
   * @param plugins flat list of everything registered; what is not a definition is passed over
   * @throws TasksError INVALID_DEFINITION when two different definitions have one id, or one written by hand is not valid
   */
  static from(plugins: readonly unknown[]): DefinitionRegistry {
    const byId = new Map<string, TaskDefinition>();
    for (const plugin of new Set(plugins)) {
      if (!isDefinition(plugin)) {
        continue;
      }
      const definition = checked(plugin);
      const other = byId.get(definition.id);
      if (other !== undefined) {
        throw new TasksError(
          "INVALID_DEFINITION",
          `Two task definitions have the id "${definition.id}": "${other.title}" and "${definition.title}". Give one of them another id.`,
          { id: definition.id, titles: [other.title, definition.title] }
        );
      }
      byId.set(definition.id, definition);
    }
    return new DefinitionRegistry(byId);
  }

  get(id: string): TaskDefinition | null {
    return this.byId.get(id) ?? null;
  }

  list(): TaskDefinition[] {
    return [...this.byId.values()];
  }
}

// By its type string, not its class: a definition may come from another copy of this package.
function isDefinition(plugin: unknown): plugin is TaskDefinition {
  return typeof plugin === "object" && plugin !== null && (plugin as { type?: unknown }).type === TASK_DEFINITION_TYPE;
}

/** A plugin that was not made by `createTaskDefinition` is checked as if it were, and gets the same defaults. */
function checked(plugin: TaskDefinition): TaskDefinition {
  if (plugin instanceof TaskDefinitionPlugin) {
    return plugin;
  }
  const isPlain = Object.getPrototypeOf(plugin) === Object.prototype;
  const { type: _type, name: _name, ...params } = plugin as TaskDefinition & { type?: unknown; name?: unknown };
  return new TaskDefinitionPlugin(isPlain ? params : plugin, { isPrivate: Boolean(plugin.isPrivate) });
}
