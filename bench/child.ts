import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Runs a measurement on the built package in a plain Node process: under tsx, its loader would be measured too.
 * @returns the JSON it printed as its last line
 */
export async function measureInChild<T>(root: string, script: string, ...args: number[]): Promise<T> {
  const { stdout } = await run(process.execPath, [join(root, "bench", script), ...args.map(String)], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: "", AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" }
  });
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as T;
}
