import type { Article } from "./articles.js";

/** What became of a sync, as the second system is told. The same notification may come twice: `taskId` tells. */
export interface Notification {
  event: "synced" | "failed" | "aborted" | "ranOutOfIterations";
  taskId: string;
  message: string;
}

/** The second system is busy: come again after so many seconds. */
export class BusyError extends Error {
  constructor(readonly retryAfterSeconds: number) {
    super(`The second system is busy for ${retryAfterSeconds} s.`);
  }
}

/** Speaks to the second system over HTTP. */
export class SecondSystemClient {
  constructor(private readonly url: string) {}

  /**
   * Creates or replaces the article with this id: any number of calls come to the same.
   * @throws BusyError for 429 and 503; Error for any other refusal, and when there is no connection
   */
  async putArticle(article: Article, signal: AbortSignal): Promise<void> {
    await this.send("PUT", `/articles/${encodeURIComponent(article.id)}`, article, signal);
  }

  /** Not with the signal of `run`: an aborted task has a notification to send, too. */
  async notify(notification: Notification): Promise<void> {
    await this.send("POST", "/notifications", notification, AbortSignal.timeout(10_000));
  }

  private async send(method: string, path: string, body: object, signal: AbortSignal): Promise<void> {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(`${this.url}${path}`, { method, headers, body: JSON.stringify(body), signal });
    const text = await response.text();
    if (response.status === 429 || response.status === 503) {
      // Without a number of seconds in it (it may also be a date, or missing): ten.
      throw new BusyError(Number(response.headers.get("Retry-After")) || 10);
    }
    if (!response.ok) {
      throw new Error(`The second system answered ${response.status} to ${method} ${path}: ${text}`);
    }
  }
}
