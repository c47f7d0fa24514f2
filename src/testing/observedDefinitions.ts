import { TASK_DEFINITION_TYPE } from "../definition/TaskDefinitionPlugin.js";
import { resolvePlugins, type PluginInput } from "../host/PluginsContainer.js";

/** The functions of a definition that the library calls. */
export const OBSERVED = ["run", "onBeforeTrigger", "onDone", "onError", "onAbort", "onMaxIterations"] as const;
export type Observed = (typeof OBSERVED)[number];

/** Carries out a call of the user's code. */
export type Observe = (name: Observed, params: unknown, call: () => Promise<unknown>) => Promise<unknown>;

/** The same plugins; every call of a definition's functions goes through `observe`. */
export async function observedDefinitions(plugins: PluginInput, observe: Observe): Promise<unknown[]> {
  return (await resolvePlugins(plugins)).map(plugin =>
    (plugin as { type?: unknown } | null)?.type === TASK_DEFINITION_TYPE ? observed(plugin as object, observe) : plugin
  );
}

function observed(definition: object, observe: Observe): object {
  const functions = OBSERVED.filter(name => typeof (definition as Record<string, unknown>)[name] === "function");
  return Object.create(
    definition,
    Object.fromEntries(
      functions.map(name => [
        name,
        {
          enumerable: true,
          value: (params: unknown) =>
            observe(name, params, async () =>
              (definition as Record<Observed, (params: unknown) => unknown>)[name](params)
            )
        }
      ])
    )
  ) as object;
}
