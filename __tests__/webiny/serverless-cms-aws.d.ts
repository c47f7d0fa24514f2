// What a project uses of Webiny's `createApiApp`, whose package is not on this registry.
declare module "@webiny/serverless-cms-aws" {
  import type { WebinyApiApp } from "@webiny/tasks/pulumi";

  export function createApiApp(options: { pulumi?(app: WebinyApiApp): void }): unknown;
}
