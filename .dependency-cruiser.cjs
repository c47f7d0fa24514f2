// Which module may import which (type-only imports exempt): the table of docs/architecture.md. Each row lists what it may
// import besides itself and the base (errors.ts, constants.ts, types.ts).
const ENGINE = ["machine", "definition", "storage", "observe", "transport", "hooks", "tasks", "runner"];
const MAY_IMPORT = {
  machine: [],
  definition: [],
  storage: ["machine"],
  observe: ["machine", "storage"],
  transport: ["machine"],
  hooks: ["definition", "storage", "transport"],
  tasks: ["machine", "definition", "storage", "observe", "transport", "hooks"],
  runner: ["machine", "definition", "storage", "observe", "transport", "hooks", "tasks"],
  graphql: ENGINE,
  dashboard: ["host"],
  host: [...ENGINE, "graphql"],
  local: [...ENGINE, "graphql", "dashboard", "host"],
  testing: [...ENGINE, "graphql", "host", "local"],
  deploy: ["machine", "storage", "observe"],
  client: [],
  cli: ["client", "local", "dashboard", "deploy"]
};
const notTypes = { dependencyTypesNot: ["type-only"] };

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(([folder, others]) => ({
      name: `${folder}-imports`,
      severity: "error",
      comment: `src/${folder}/ may import only: ${["the base", ...others].join(", ")}`,
      from: { path: `^src/${folder}/` },
      to: {
        path: "^src/",
        pathNot: `^src/((${[folder, ...others].join("|")})/|(errors|constants|types)\\.ts$)`,
        ...notTypes
      }
    })),
    {
      name: "base-imports",
      severity: "error",
      comment: "errors.ts, constants.ts and types.ts import each other only",
      from: { path: "^src/(errors|constants|types)\\.ts$" },
      to: { pathNot: "^src/(errors|constants|types)\\.ts$", ...notTypes }
    },
    {
      name: "every-folder-has-a-row",
      severity: "error",
      comment: "a new folder of src/ gets its row above",
      from: {
        path: "^src/",
        pathNot: `^src/((${Object.keys(MAY_IMPORT).join("|")})/|(index|errors|constants|types)\\.ts$)`
      },
      to: {}
    },
    {
      name: "adapters-are-chosen-in-host",
      severity: "error",
      comment: "the engine knows the ports; host, local, testing and the package's root join them with adapters",
      from: {
        path: `^src/(${ENGINE.join("|")}|graphql)/`,
        pathNot: "^src/(storage/(dynamodb|memory)|transport/stepfunctions)/"
      },
      to: { path: "^src/(storage/(dynamodb|memory)|transport/stepfunctions)/", ...notTypes }
    },
    {
      name: "local-is-loaded-when-asked",
      severity: "error",
      comment: "only the local runtime itself, the command line and the test tools load the emulators",
      from: { path: "^src/", pathNot: "^src/(local|cli|testing)/" },
      to: { path: "^src/local/", ...notTypes }
    },
    {
      name: "cli-loads-when-asked",
      severity: "error",
      comment: "a command that needs neither starts without the emulators and the infrastructure code",
      from: { path: "^src/cli/" },
      to: { path: "^src/(local|dashboard|deploy)/", dependencyTypesNot: ["type-only"], dynamic: false }
    },
    {
      name: "testing-is-for-users",
      severity: "error",
      comment: "nothing else imports the test tools",
      from: { path: "^src/", pathNot: "^src/testing/" },
      to: { path: "^src/testing/", ...notTypes }
    },
    {
      name: "aws-clients-in-adapters",
      severity: "error",
      comment: "an adapter alone imports its client; host and createTasksTable load one on first use; local serves it",
      from: {
        path: "^src/",
        pathNot: "^src/(storage/dynamodb/|transport/stepfunctions/|host/awsClients\\.ts|local/)"
      },
      to: { path: "node_modules/@aws-sdk/", ...notTypes }
    },
    {
      name: "aws-clients-on-first-use",
      severity: "error",
      comment: "importing the package loads no SDK",
      from: { path: "^src/(index|host/|storage/dynamodb/createTasksTable)" },
      to: {
        path: "node_modules/(@aws-sdk|zod|dynalite|aws-local-stepfunctions)/",
        dependencyTypesNot: ["type-only"],
        dynamic: false
      }
    },
    {
      name: "opentelemetry-on-first-use",
      severity: "error",
      comment: "an optional peer: loaded in one place, and that one when tracing is on; elsewhere its types",
      from: { path: "^src/", pathNot: "^src/observe/openTelemetryApi\\.cts$" },
      to: {
        path: ["node_modules/@opentelemetry/", "^src/observe/(OpenTelemetryTracer|openTelemetryApi|Metrics)\\.c?ts$"],
        dependencyTypesNot: ["type-only"],
        dynamic: false
      }
    },
    {
      name: "webiny-is-handed-over",
      severity: "error",
      comment: "a project passes in what is used of Webiny: nothing here imports it, not even a type",
      from: { path: "^src/" },
      to: { path: "^(node_modules/)?@webiny/" }
    },
    {
      name: "no-cycles",
      severity: "error",
      from: { path: "^src/" },
      to: { circular: true, viaOnly: notTypes }
    },
    {
      name: "source-only",
      severity: "error",
      comment: "the source never imports tests, examples or benchmarks",
      from: { path: "^src/" },
      to: { path: "^(__tests__|examples|bench|scripts)/" }
    }
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: "specify",
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] }
  }
};
