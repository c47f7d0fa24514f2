import DataLoader from "dataloader";
import type { TaskContext } from "../definition/TaskDefinition.js";
import { engineOf } from "../tasks/engineOf.js";
import { listTasks } from "../tasks/listTasks.js";
import type { Visibility } from "../tasks/readTask.js";
import type { Task } from "../types.js";

type SeenTask = Task & { visibility: Visibility };
const loaders = new WeakMap<TaskContext, Map<Visibility, DataLoader<string, SeenTask | null>>>();
const MAX_BATCH = 100;

/** A task that another one or a log points at; null where the reader may not see it. All of a request are read together. */
export async function visibleTask(context: TaskContext, id: string, visibility: Visibility): Promise<SeenTask | null> {
  const ofContext = loaders.get(context) ?? new Map<Visibility, DataLoader<string, SeenTask | null>>();
  loaders.set(context, ofContext);
  let loader = ofContext.get(visibility);
  if (loader === undefined) {
    loader = new DataLoader(
      async ids => {
        const { items } = await listTasks(
          engineOf(context),
          { where: { id_in: [...ids] }, limit: MAX_BATCH },
          { visibility }
        );
        const found = new Map(items.map(task => [task.id, task]));
        return ids.map(one => {
          const task = found.get(one);
          return task === undefined ? null : { ...task, visibility };
        });
      },
      { maxBatchSize: MAX_BATCH }
    );
    ofContext.set(visibility, loader);
  }
  return loader.load(id);
}
