import { randomUUID } from "node:crypto";
import type { Clock } from "../types.js";
import { callHandler, createLambdaContext, type LambdaHandler } from "./invocation.js";
import {
  DEFAULT_FUNCTION_NAME,
  DEFAULT_MEMORY_MB,
  LambdaError,
  type LocalLambda,
  readAnswer,
  stopped,
  timedOut
} from "./LocalLambda.js";
import { sleepUntil, systemClock } from "./systemClock.js";

export interface InProcessLambdaOptions {
  handler: LambdaHandler;
  /** Whole seconds, 1 to 900. */
  timeoutSeconds: number;
  /** Only what the context says; nothing is limited. Default 1,024. */
  memoryMb?: number;
  /** Default `tasks-local`. */
  functionName?: string;
  clock?: Clock;
}

/**
 * A Lambda in this process, for tests. Its time-out is reported as AWS reports it, but **the code is only abandoned**: it
 * goes on beside whatever comes next, as nothing can stop a function within its own process. An endless loop or
 * `process.exit` takes everything with it. `createProcessLambda` has a process of its own for the code.
 */
export function createInProcessLambda(options: InProcessLambdaOptions): LocalLambda {
  const {
    handler,
    timeoutSeconds,
    memoryMb = DEFAULT_MEMORY_MB,
    functionName = DEFAULT_FUNCTION_NAME,
    clock = systemClock
  } = options;
  const stopping = new Set<() => void>();

  return {
    functionName,
    invoke: (event, { signal } = {}) =>
      new Promise((resolve, reject) => {
        const requestId = randomUUID();
        const deadline = clock.now() + timeoutSeconds * 1_000;
        const ended = new AbortController();
        const stop = () => end(() => reject(stopped(requestId)));
        const end = (settle: () => void) => {
          // With a reason: without one, each abort makes an exception with a stack.
          ended.abort("ended");
          signal?.removeEventListener("abort", stop);
          stopping.delete(stop);
          settle();
        };
        if (signal?.aborted) {
          stop();
          return;
        }
        signal?.addEventListener("abort", stop);
        stopping.add(stop);
        const copy = JSON.parse(JSON.stringify(event ?? null)) as unknown;
        const context = createLambdaContext({ requestId, functionName, memoryMb, deadline }, () => clock.now());
        void callHandler(handler, copy, context).then(({ text, error }) =>
          end(() => {
            try {
              if (error !== undefined) {
                throw new LambdaError(error);
              }
              resolve(readAnswer(text));
            } catch (failure) {
              reject(failure);
            }
          })
        );
        sleepUntil(clock, deadline, ended.signal).then(reached => {
          if (reached) {
            end(() => reject(timedOut(requestId, timeoutSeconds)));
          }
        }, reject);
      }),
    async stop() {
      for (const stop of [...stopping]) {
        stop();
      }
    }
  };
}
