import type { TaskEvent } from "../machine/event.js";

/** The owner of a lease, when the crash the machine reports names it: Lambda's causes contain `RequestId: <id>`. */
export function crashedOwner(event: TaskEvent, owner: string | undefined): string | undefined {
  return owner !== undefined && event.crash?.cause.includes(owner) ? owner : undefined;
}
