/** How a process came to its end without an answer. */
export type Death = "crash" | "timeout";

/** One Lambda invocation, or one caller: it lives in virtual time, and dies as a whole. */
export class SimulatedProcess {
  death: Death | undefined;
  /** Its clock is off by so many milliseconds. */
  skewMs = 0;
  /** It waits for another process. */
  waiting = 0;
  /** Its code sits there for ever. */
  isHanging = false;
  isOver = false;
  private readonly sleeps = new Map<() => void, "foreground" | "background">();
  private announce: (death: Death) => void = () => undefined;
  readonly died = new Promise<Death>(resolve => (this.announce = resolve));

  constructor(
    readonly id: string,
    readonly options: { inInvocation: boolean; immune?: boolean; isPeriodic?: boolean }
  ) {}

  die(death: Death = "crash"): void {
    if (this.death !== undefined || this.isOver) {
      return;
    }
    this.death = death;
    this.sleeps.forEach((_, cancel) => cancel());
    this.sleeps.clear();
    this.announce(death);
  }

  /** Nothing of it goes on before time does. */
  get isBlocked(): boolean {
    const sleeps = [...this.sleeps.values()].includes("foreground");
    return this.isOver || this.death !== undefined || this.isHanging || this.waiting > 0 || sleeps;
  }

  get hasTimers(): boolean {
    return this.sleeps.size > 0;
  }

  /** Notes a sleep that ends with the process. @returns forgets it */
  addSleep(cancel: () => void, kind: "foreground" | "background"): () => void {
    this.sleeps.set(cancel, kind);
    return () => this.sleeps.delete(cancel);
  }

  async whileWaiting<T>(work: () => Promise<T>): Promise<T> {
    this.waiting += 1;
    try {
      return await work();
    } finally {
      this.waiting -= 1;
    }
  }
}
