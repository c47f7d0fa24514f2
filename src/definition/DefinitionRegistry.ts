import { TasksError } from "../errors.js";
import type { TaskDefinition } from "./TaskDefinition.js";
import { TASK_DEFINITION_TYPE } from "./TaskDefinitionPlugin.js";

/** The definitions of one handler, in the order registered. Finding one runs none of its code. */
export class DefinitionRegistry {
  private constructor(private readonly byId: ReadonlyMap<string, TaskDefinition>) {}

  /**
   * @param plugins flat list of everything registered; what is not a definition is passed over
   * @throws TasksError INVALID_DEFINITION when two different definitions have one id
   */
  static from(plugins: readonly unknown[]): DefinitionRegistry {
    const byId = new Map<string, TaskDefinition>();
    for (const plugin of plugins) {
      if (!isDefinition(plugin)) {
        continue;
      }
      const other = byId.get(plugin.id);
      if (other !== undefined && other !== plugin) {
        throw new TasksError(
          "INVALID_DEFINITION",
          `Two task definitions have the id "${plugin.id}": "${other.title}" and "${plugin.title}". Give one of them another id.`,
          { id: plugin.id, titles: [other.title, plugin.title] }
        );
      }
      byId.set(plugin.id, plugin);
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
