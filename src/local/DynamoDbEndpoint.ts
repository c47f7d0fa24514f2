import { EventEmitter } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { join } from "node:path";
import { TasksError } from "../errors.js";
import { closingIterators } from "./closingIterators.js";
import { closeServer, guardLoopback, listenOnLoopback } from "./loopback.js";
import type { IndexRepair } from "./repairIndexes.js";
import { createRequestHandler, type SdkRequest, type SdkRequestHandler, type SdkResponse } from "./requestHandler.js";

export interface DynamoDbEndpointOptions {
  /** Tables are kept in `<dataDir>/dynamodb`; without it, in memory. */
  dataDir?: string;
  /** Port on 127.0.0.1; default 0, a free one. */
  port?: number;
}

/**
 * An embedded DynamoDB (dynalite) that the AWS SDK reaches over HTTP on loopback, or in the process through
 * {@link DynamoDbEndpoint.requestHandler}.
 *
 * What it lacks of DynamoDB is in docs/local.md.
 * @example
 * const dynamodb = new DynamoDbEndpoint();
 * await dynamodb.start();
 * const client = new DynamoDBClient({ endpoint: dynamodb.url, region: "local", credentials });
 */
export class DynamoDbEndpoint {
  /** For `new DynamoDBClient({ requestHandler })`: the same tables, without a socket. */
  readonly requestHandler: SdkRequestHandler;

  private readonly options: DynamoDbEndpointOptions;
  private running: { server: Server; listener: RequestListener; url: string } | undefined;
  private underWay = 0;
  private allAnswered: (() => void) | undefined;
  private repair: IndexRepair | undefined;

  constructor(options: DynamoDbEndpointOptions = {}) {
    this.options = options;
    this.requestHandler = createRequestHandler((request, body) => this.answer(request, body));
  }

  /**
   * Opens the tables and starts to listen.
   * @throws TasksError LOCAL_ERROR when the port is taken, or another process uses `dataDir`
   */
  async start(): Promise<void> {
    if (this.running !== undefined) {
      throw new TasksError("LOCAL_ERROR", "The local DynamoDB endpoint was started before. Stop it first.");
    }
    const path = await this.openDirectory();
    const server = await createDynalite(path);
    const listener = this.counted(server.listeners("request")[0] as RequestListener);
    server.removeAllListeners("request");
    server.on("request", guardLoopback(listener));
    try {
      this.running = { server, listener, url: await listenOnLoopback(server, this.options.port ?? 0) };
    } catch (error) {
      // dynalite closes its database only with a server that listens.
      await listenOnLoopback(server, 0);
      await this.close(server);
      throw error;
    }
  }

  /** `http://127.0.0.1:<port>` */
  get url(): string {
    return this.started().url;
  }

  /** What had to be mended at the start, after a stop that was not clean; undefined when nothing was checked. */
  get indexRepair(): IndexRepair | undefined {
    return this.repair;
  }

  /** Answers what is under way, closes the tables and the port. */
  async stop(): Promise<void> {
    const { running } = this;
    if (running === undefined) {
      return;
    }
    this.running = undefined;
    // dynalite throws out of its callbacks, past everybody, when its database closes below a request.
    if (this.underWay > 0) {
      await new Promise<void>(resolve => (this.allAnswered = resolve));
    }
    await this.close(running.server);
  }

  private async close(server: Server): Promise<void> {
    await closeServer(server);
    if (this.options.dataDir !== undefined) {
      await writeFile(this.cleanMarker(this.options.dataDir), "");
    }
  }

  private started(): NonNullable<typeof this.running> {
    if (this.running === undefined) {
      throw new TasksError("LOCAL_ERROR", "The local DynamoDB endpoint is not running.");
    }
    return this.running;
  }

  /** Says that the tables were closed in order. Gone while they are open. */
  private cleanMarker(dataDir: string): string {
    return join(dataDir, "dynamodb-closed");
  }

  /**
   * Makes sure the database can be opened, and after an unclean stop that its indexes are right. LevelDB's LOCK file
   * stays behind after a SIGKILL, but the lock itself is the kernel's and ends with its process.
   */
  private async openDirectory(): Promise<string | undefined> {
    const { dataDir } = this.options;
    if (dataDir === undefined) {
      return undefined;
    }
    const path = join(dataDir, "dynamodb");
    const isNew = !existsSync(path);
    await mkdir(path, { recursive: true });
    const { default: db } = await import("dynalite/db/index.js");
    const store = db.create({ path });
    try {
      await store.db.open();
    } catch (error) {
      const cause = (error as Error).cause as { code?: string; message?: string } | undefined;
      const why =
        cause?.code === "LEVEL_LOCKED" ? "another process uses it" : (cause?.message ?? (error as Error).message);
      throw new TasksError(
        "LOCAL_ERROR",
        `Cannot open the tables in ${path}: ${why}.`,
        { path, code: cause?.code },
        { cause: error }
      );
    }
    try {
      if (!isNew && !existsSync(this.cleanMarker(dataDir))) {
        const { repairIndexes } = await import("./repairIndexes.js");
        this.repair = await repairIndexes(store);
      }
    } finally {
      await store.db.close();
    }
    await rm(this.cleanMarker(dataDir), { force: true });
    return path;
  }

  /** Counts the requests that are under way, so that none is cut off by a stop. */
  private counted(listener: RequestListener): RequestListener {
    return (request, response) => {
      if (this.running === undefined) {
        response.writeHead(503, { Connection: "close" });
        response.end();
        return;
      }
      this.underWay++;
      response.once("close", () => {
        this.underWay--;
        if (this.underWay === 0) {
          this.allAnswered?.();
        }
      });
      listener(request, response);
    };
  }

  /** Calls dynalite's listener with just as much of a request and a response as it looks at. */
  private async answer(request: SdkRequest, body: Buffer): Promise<SdkResponse> {
    const { listener } = this.started();
    return await new Promise(resolve => {
      const headers: Record<string, string> = {};
      const incoming = Object.assign(new EventEmitter(), {
        method: request.method,
        url: request.path,
        headers: lowerCase(request.headers)
      });
      const outgoing = Object.assign(new EventEmitter(), {
        statusCode: 200,
        setHeader(name: string, value: unknown) {
          headers[name.toLowerCase()] = String(value);
        },
        end(text = "") {
          outgoing.emit("close");
          resolve({ statusCode: outgoing.statusCode, headers, body: new TextEncoder().encode(text) });
        }
      });
      listener(incoming as unknown as IncomingMessage, outgoing as unknown as ServerResponse);
      incoming.emit("data", body);
      incoming.emit("end");
    });
  }
}

/** @param path of its database; undefined: in memory */
async function createDynalite(path: string | undefined): Promise<Server> {
  const { default: dynalite } = await import("dynalite");
  const { default: db } = await import("dynalite/db/index.js");
  const { create } = db;
  // It makes its store at once, and gives it to nobody.
  db.create = options => closingIterators(create(options));
  try {
    return dynalite({
      ...(path === undefined ? {} : { path }),
      createTableMs: 0,
      deleteTableMs: 0,
      updateTableMs: 0
    });
  } finally {
    db.create = create;
  }
}

function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
