import type { TaskEvent } from "../../machine/event.js";

/**
 * The headers by which Webiny's own plugins set tenant, locale and endpoint. Every value comes from a checked event: an
 * undefined one would end the process.
 */
export function taskHeaders({ tenant, locale, endpoint }: TaskEvent): Record<string, string> {
  return {
    "x-tenant": tenant,
    "x-webiny-cms-endpoint": endpoint,
    "x-webiny-cms-locale": locale,
    "x-i18n-locale": `default:${locale};content:${locale};`,
    "accept-language": locale
  };
}
