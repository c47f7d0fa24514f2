import type { TaskContext } from "../../definition/TaskDefinition.js";
import { TasksError } from "../../errors.js";
import type { Scope } from "../../storage/record.js";
import { scopeOfContext, type ScopedContext } from "../requestScope.js";

/**
 * Makes the task's locale the content locale, and checks that Webiny's plugins took the tenant and the locale from the
 * headers: in another tenant or locale a task must never run.
 * @throws TasksError SCOPE_MISMATCH
 */
export async function enterScope(context: TaskContext, { tenant, locale }: Scope): Promise<void> {
  const scoped = context as ScopedContext;
  const found = await scoped.i18n?.getLocale?.(locale);
  if (found) {
    scoped.i18n?.setContentLocale?.(found);
  }
  const current = scopeOfContext(scoped);
  if (current.tenant !== tenant || current.locale !== locale) {
    throw new TasksError(
      "SCOPE_MISMATCH",
      `The task is one of the tenant "${tenant}" and the locale "${locale}", and the context has "${current.tenant}" and "${current.locale}". Is the locale still there, and are Webiny's tenancy, i18n and CMS among the plugins?`,
      { expected: { tenant, locale }, current: { tenant: current.tenant, locale: current.locale } }
    );
  }
}
