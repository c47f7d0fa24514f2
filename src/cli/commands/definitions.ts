import type { Session } from "../Session.js";
import { table } from "../table.js";

export async function definitions(session: Session): Promise<void> {
  const listed = await session.client.listDefinitions();
  if (session.isJson) {
    listed.forEach(definition => session.answer(definition, ""));
  } else if (listed.length === 0) {
    session.note("There are no definitions.");
  } else {
    const rows = listed.map(({ id, title, description = "" }) => [id, title, description]);
    session.answer(undefined, table(["ID", "TITLE", "DESCRIPTION"], rows, session.colors));
  }
}
