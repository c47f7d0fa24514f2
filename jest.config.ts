/** @jest-config-loader esbuild-register */
import { availableParallelism } from "node:os";
import type { Config } from "jest";

const config: Config = {
  testEnvironment: "node",
  // Processes are started and emulators run here, on whatever else the machine does: no promise is about time.
  testTimeout: 60_000,
  // Twice the cores: the longest tests wait for processes and emulators most of their time.
  maxWorkers: 2 * availableParallelism(),
  testSequencer: "<rootDir>/scripts/longestFirst.mjs",
  testMatch: ["<rootDir>/__tests__/**/*.test.ts"],
  setupFiles: ["<rootDir>/__tests__/helpers/setup.ts"],
  // Source imports end in ".js", as Node's ES modules want them; the tests run the TypeScript itself.
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": ["$1", "$1.js"], "^(\\.{1,2}/.*)\\.cjs$": ["$1.cts", "$1.cjs"] },
  moduleFileExtensions: ["ts", "cts", "js", "cjs", "mjs", "json", "node"],
  transform: {
    "^.+\\.c?ts$": [
      "ts-jest",
      {
        tsconfig: {
          module: "CommonJS",
          moduleResolution: "Bundler",
          target: "ES2022",
          esModuleInterop: true,
          isolatedModules: true,
          resolveJsonModule: true,
          sourceMap: true,
          types: ["node", "jest"]
        }
      }
    ]
  },
  reporters: ["default", "<rootDir>/scripts/countReporter.mjs"],
  collectCoverageFrom: ["src/**/*.ts"]
};

export default config;
