import type { Terminal } from "./Terminal.js";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 100;
const DEFAULT_COLUMNS = 80;

/** One line on a terminal that changes in place. Where nobody looks, nothing is written. */
export class StatusLine {
  private timer: NodeJS.Timeout | undefined;
  private frame = 0;
  private text: () => string = () => "";

  constructor(private readonly stderr: Terminal["stderr"]) {}

  /** @param text asked for each time the line is drawn: it may hold a time that runs */
  show(text: () => string): void {
    this.text = text;
    if (this.stderr.isTTY && this.timer === undefined) {
      this.timer = setInterval(() => this.draw(), FRAME_MS);
    }
    this.draw();
  }

  /** Takes the line away. */
  clear(): void {
    if (this.timer !== undefined) {
      clearInterval(this.timer);
      this.timer = undefined;
      this.stderr.write("\r\u001b[2K");
    }
  }

  private draw(): void {
    if (this.timer !== undefined) {
      this.frame = (this.frame + 1) % FRAMES.length;
      // A line that wraps could not be drawn over.
      const { columns = 0 } = this.stderr;
      const text = `${FRAMES[this.frame]} ${this.text()}`.slice(0, (columns > 0 ? columns : DEFAULT_COLUMNS) - 1);
      this.stderr.write(`\r\u001b[2K${text}`);
    }
  }
}
