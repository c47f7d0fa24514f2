import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Notification } from "./SecondSystemClient.js";

export interface SecondSystemOptions {
  /** Where articles and notifications are kept: the next start finds them there. */
  file: string;
  /** How long each request takes, as over the Internet; default 0. */
  delayMs?: number;
  /** Once, after so many articles, it is busy for so many seconds, and answers 429 meanwhile; default never. */
  busy?: { afterArticles: number; seconds: number };
  /** Answer every article with 500, for good. Default false. */
  down?: boolean;
}

export interface SecondSystem {
  url: string;
  /** From now on answers 503 with `Retry-After: 1`: it is about to stop. */
  closeDoors(): void;
  /** Forgets everything. */
  reset(): void;
  stop(): Promise<void>;
}

/** A line of the file. */
interface Stored {
  path: string;
  body: string;
}

/**
 * The system the articles are synced with, on 127.0.0.1 and a free port:
 * - `PUT /articles/:id` stores an article
 * - `GET /articles` answers `{ count, articles: { [id]: sha256 of what was put } }`
 * - `POST /notifications` and `GET /notifications`
 */
export async function startSecondSystem(options: SecondSystemOptions): Promise<SecondSystem> {
  const { file, delayMs = 0, busy, down = false } = options;
  const articles = new Map<string, string>();
  const notifications: Notification[] = [];
  let doorsClosed = false;
  let accepted = 0;
  let busyUntil = 0;

  const remember = ({ path, body }: Stored) => {
    if (path === "/notifications") {
      notifications.push(JSON.parse(body) as Notification);
    } else {
      articles.set(decodeURIComponent(path.slice("/articles/".length)), sha256(body));
    }
  };
  const store = (stored: Stored) => {
    appendFileSync(file, `${JSON.stringify(stored)}\n`);
    remember(stored);
  };
  if (existsSync(file)) {
    readLines(file).forEach(remember);
  } else {
    writeFileSync(file, "");
  }

  const answer = (request: IncomingMessage, body: string): Answer => {
    const path = request.url ?? "/";
    switch (`${request.method} ${path.replace(/^\/articles\/[^/]+$/, "/articles/:id")}`) {
      case "GET /articles":
        return { status: 200, body: { count: articles.size, articles: Object.fromEntries(articles) } };
      case "GET /notifications":
        return { status: 200, body: notifications };
      case "POST /notifications":
        store({ path, body });
        return { status: 201, body: {} };
      case "PUT /articles/:id":
        if (down) {
          return { status: 500, body: { error: "disk is full" } };
        }
        if (doorsClosed) {
          return { status: 503, retryAfter: 1, body: { error: "about to stop" } };
        }
        if (Date.now() < busyUntil) {
          const retryAfter = Math.ceil((busyUntil - Date.now()) / 1000);
          return { status: 429, retryAfter, body: { error: "too many requests" } };
        }
        store({ path, body });
        accepted += 1;
        if (accepted === busy?.afterArticles) {
          busyUntil = Date.now() + busy.seconds * 1000;
        }
        return { status: 200, body: {} };
      default:
        return { status: 404, body: { error: "not found" } };
    }
  };

  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      await sleep(delayMs);
      const { status, retryAfter, body: answered } = answer(request, body);
      const retry = retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) };
      response.writeHead(status, { "Content-Type": "application/json", ...retry }).end(JSON.stringify(answered));
    })().catch((error: unknown) => {
      // The client hung up, or sent what is no JSON.
      response.writeHead(400).end(String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    closeDoors: () => {
      doorsClosed = true;
    },
    reset: () => {
      articles.clear();
      notifications.length = 0;
      writeFileSync(file, "");
    },
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      })
  };
}

interface Answer {
  status: number;
  /** Seconds. */
  retryAfter?: number;
  body: unknown;
}

export function sha256(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}

function readLines(file: string): Stored[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap(line => {
      try {
        return [JSON.parse(line) as Stored];
      } catch {
        // The last line, torn when the process was killed: it was not answered.
        return [];
      }
    });
}
