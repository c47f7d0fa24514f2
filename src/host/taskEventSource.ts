import { isTaskEvent } from "../machine/isTaskEvent.js";
import { engineOf } from "../tasks/engineOf.js";
import { createEventSource } from "./plugins.js";
import { readTaskEvent, runTaskEvent } from "./runTaskEvent.js";

/** The state machine calls: one iteration is run, and its result answered. */
export const taskEventSource = createEventSource({
  name: "webiny.tasks.taskEventSource",
  canUse: isTaskEvent,
  async handle({ event, lambdaContext, createContext }) {
    const read = await readTaskEvent(event);
    if (read.answer !== undefined) {
      return read.answer;
    }
    const { tenant, locale } = read.event;
    return runTaskEvent(engineOf(await createContext({ tenant, locale })), read.event, lambdaContext);
  }
});
