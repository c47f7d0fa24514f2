// A handler that does what its event asks for, also the worst.
interface Ask {
  do: string;
  message?: string;
}

let invocations = 0;

export async function handler(
  ask: Ask,
  context: Record<string, unknown> & { getRemainingTimeInMillis(): number }
): Promise<unknown> {
  invocations++;
  switch (ask.do) {
    case "answer":
      return { invocations, pid: process.pid, remaining: context.getRemainingTimeInMillis(), ...context };
    case "echo":
      return ask;
    case "print":
      console.log("to stdout");
      console.error("to stderr");
      return null;
    case "throw":
      throw new RangeError(ask.message);
    case "throw text":
      throw ask.message;
    case "exit":
      process.exit(Number(ask.message));
      break;
    case "kill":
      process.kill(process.pid, "SIGKILL");
      await new Promise(() => {});
      break;
    case "loop":
      console.log("looping");
      for (;;);
    case "hang":
      setInterval(() => {}, 1_000);
      await new Promise(() => {});
      break;
    case "reject beside":
      void Promise.reject(new Error("nobody caught me"));
      await new Promise(() => {});
      break;
    case "throw beside":
      setImmediate(() => {
        throw new TypeError("nobody caught me either");
      });
      await new Promise(() => {});
      break;
    case "bigint":
      return { big: 1n };
    case "large":
      return "x".repeat(Number(ask.message));
    case "env":
      return process.env[ask.message ?? ""];
  }
  return undefined;
}
