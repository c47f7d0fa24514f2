import path = require("node:path");

/** This folder, in the source and in both builds. CommonJS, because only there `__dirname` exists in each of them. */
const directory = {
  local: __dirname,
  /** The program of a Lambda process: `.mts` in the source, `.mjs` when built. */
  lambdaProcess: path.join(__dirname, path.extname(__filename) === ".cts" ? "lambdaProcess.mts" : "lambdaProcess.mjs")
};
export = directory;
