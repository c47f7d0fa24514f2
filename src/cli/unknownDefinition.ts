import { nearest } from "./nearest.js";
import type { Session } from "./Session.js";
import { UsageError } from "./UsageError.js";

/** What to say of an id no definition has; undefined where there is one, or nobody can tell. */
export async function unknownDefinition(session: Session, id: string): Promise<UsageError | undefined> {
  const ids = await session.client.listDefinitions().then(
    listed => listed.map(definition => definition.id),
    // What failed first is what counts.
    () => undefined
  );
  if (ids === undefined || ids.includes(id)) {
    return undefined;
  }
  const meant = nearest(id, ids);
  const there = ids.length === 0 ? "There are none." : `There are: ${ids.join(", ")}.`;
  return new UsageError(
    `There is no task definition "${id}". ${meant === undefined ? there : `Did you mean ${meant}? ${there}`}`
  );
}
