import type { Clock } from "../../src/types.js";

/** Time that moves only when a test says so. */
export class VirtualClock implements Clock {
  private sleepers: { at: number; wake: () => void }[] = [];

  constructor(private time = Date.parse("2026-01-01T00:00:00.000Z")) {}

  now(): number {
    return this.time;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      if (signal?.aborted) {
        resolve();
        return;
      }
      const wake = () => {
        signal?.removeEventListener("abort", wake);
        this.sleepers = this.sleepers.filter(other => other !== sleeper);
        resolve();
      };
      const sleeper = { at: this.time + milliseconds, wake };
      this.sleepers.push(sleeper);
      signal?.addEventListener("abort", wake);
    });
  }

  /** Moves time on; whoever sleeps until then wakes, in order, and gets to run. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      await settle();
      const next = this.sleepers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) {
        break;
      }
      this.time = Math.max(this.time, next.at);
      next.wake();
    }
    this.time = end;
    await settle();
  }
}

/** Lets everything that can go on without time do so. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await new Promise(resolve => setImmediate(resolve));
  }
}
