import type { Clock } from "../../src/types.js";

/** A clock that stands still until the test moves it. */
export class ManualClock implements Clock {
  private time: number;
  private readonly sleepers = new Set<{ until: number; wake: () => void }>();

  constructor(time = Date.parse("2026-01-01T00:00:00Z")) {
    this.time = time;
  }

  now(): number {
    return this.time;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const sleeper = {
        until: this.time + milliseconds,
        wake: () => {
          this.sleepers.delete(sleeper);
          signal?.removeEventListener("abort", sleeper.wake);
          resolve();
        }
      };
      this.sleepers.add(sleeper);
      signal?.addEventListener("abort", sleeper.wake);
      if (signal?.aborted) {
        sleeper.wake();
      }
    });
  }

  get sleeping(): number {
    return this.sleepers.size;
  }

  /** Moves on without waking anybody. */
  jump(milliseconds: number): void {
    this.time += milliseconds;
  }

  /** Moves on, waking sleepers in their order, each with all that follows from it. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    await settle();
    for (;;) {
      const next = [...this.sleepers].sort((a, b) => a.until - b.until)[0];
      if (next === undefined || next.until > end) {
        break;
      }
      this.time = next.until;
      next.wake();
      await settle();
    }
    this.time = end;
  }
}

/** Lets everything run that needs no time. */
export async function settle(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await new Promise(resolve => setImmediate(resolve));
  }
}
