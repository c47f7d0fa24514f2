import { systemClock } from "../../src/host/clock.js";
import type { Clock } from "../../src/types.js";

/** Real time, which a test may move on: for what goes over real sockets. Whoever sleeps sleeps in real time. */
export class MovableClock implements Clock {
  readonly sleep = systemClock.sleep;
  private ahead = 0;

  now(): number {
    return Date.now() + this.ahead;
  }

  /** Whoever sleeps goes on sleeping. */
  async advance(milliseconds: number): Promise<void> {
    this.ahead += milliseconds;
  }
}
