import type * as OpenTelemetry from "@opentelemetry/api";

/**
 * OpenTelemetry's API, which need not be installed. CommonJS, because bundlers take a `require` within a `try` for
 * optional in both formats: one that does not find it only warns.
 */
function load(): typeof OpenTelemetry {
  try {
    return require("@opentelemetry/api") as typeof OpenTelemetry;
  } catch (cause) {
    throw new Error("@opentelemetry/api can't be loaded: install it, and register an SDK.", { cause });
  }
}

const openTelemetryApi = { load };
export = openTelemetryApi;
