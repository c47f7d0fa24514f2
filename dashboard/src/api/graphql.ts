import { initGraphQLTada } from "gql.tada";
import type { introspection } from "./schema-env.js";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Typed by the schema of the API: `npm run types:dashboard` writes schema-env.d.ts. */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: {
    DateTime: string;
    JSON: Json;
    Number: number;
    WebinyBackgroundTaskDefinitionEnum: string;
  };
  disableMasking: true;
}>();

export type { ResultOf, TadaDocumentNode, VariablesOf } from "gql.tada";
