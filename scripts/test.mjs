// The whole test command: all checks beside all tests, since each waits much of its time. What the checks say is printed
// as a whole when they are done; the count of the tests comes last.
import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const COUNT = /^\d+ passed, \d+ failed$/;
const [checks, tests] = await Promise.all([check(), test(process.argv.slice(2))]);
console.log(tests.count);
process.exitCode = checks || tests.code;

async function check() {
  const child = spawn("npm", ["run", "--silent", "check:built"], { stdio: ["ignore", "pipe", "pipe"] });
  const output = [];
  child.stdout.on("data", data => output.push(data));
  child.stderr.on("data", data => output.push(data));
  const code = await ended(child);
  console.log(`${Buffer.concat(output)}\nchecks: ${code === 0 ? "passed" : "FAILED"}\n`);
  return code;
}

async function test(options) {
  const child = spawn(process.execPath, ["node_modules/jest/bin/jest.js", ...options], {
    stdio: ["ignore", "pipe", "inherit"]
  });
  const end = ended(child);
  let count = "0 passed, 0 failed";
  for await (const line of createInterface({ input: child.stdout })) {
    if (COUNT.test(line)) {
      count = line;
    } else {
      console.log(line);
    }
  }
  return { code: await end, count };
}

function ended(child) {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? (signal === null ? 0 : 1)));
  });
}
