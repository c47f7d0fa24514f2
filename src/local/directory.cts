import path = require("node:path");

const isSource = path.extname(__filename) === ".cts";

/** This folder, in the source and in both builds. CommonJS, because only there `__dirname` exists in each of them. */
const directory = {
  local: __dirname,
  /** The program of a Lambda process: `.mts` in the source, `.mjs` when built. */
  lambdaProcess: path.join(__dirname, isSource ? "lambdaProcess.mts" : "lambdaProcess.mjs"),
  /** GraphiQL as one page, gzipped; the build makes it. */
  graphiql: path.join(__dirname, isSource ? "../../dist/graphiql.html.gz" : "../../graphiql.html.gz")
};
export = directory;
