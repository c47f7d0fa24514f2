import { childSortOf } from "../../storage/record.js";
import type { Item, Query, Storage } from "../../storage/Storage.js";

/** One ordered stream of sort keys: a partition of an index, or the pointers to a parent's children. */
export type Stream = Pick<Query, "index" | "partition" | "consistent"> & { from: string; to: string };

// This many keys fit into the smallest read: asking for fewer saves nothing.
const KEYS_IN_A_READ = 20;

/**
 * The sort keys of all streams in one order, each once: a task that is changing its status stands in two. Reads a page
 * of each at the start, together, and more of one only when that is used up.
 * @param bounds sort keys to stay between, both included; `after` is left out
 */
export async function* mergeStreams(
  storage: Storage,
  streams: readonly Stream[],
  options: { descending: boolean; limit: number; after: string | undefined }
): AsyncGenerator<string> {
  const size = Math.min(options.limit, Math.max(KEYS_IN_A_READ, Math.ceil((2 * options.limit) / streams.length)));
  const sources = streams.map(stream => new Source(storage, stream, options.descending, size, options.after));
  await Promise.all(sources.map(source => source.fill()));
  let last: string | undefined;
  for (;;) {
    const next = sources
      .filter(source => source.head !== undefined)
      .reduce<Source | null>((best, source) => (best === null || best.isBehind(source) ? source : best), null);
    if (next === null) {
      return;
    }
    const sort = next.head as string;
    if (sort !== last) {
      yield sort;
      last = sort;
    }
    await next.advance();
  }
}

class Source {
  private keys: string[] = [];
  private index = 0;
  private position: Query["after"];
  private exhausted = false;
  private readonly query: Query;

  constructor(
    private readonly storage: Storage,
    private readonly stream: Stream,
    private readonly descending: boolean,
    size: number,
    private readonly after: string | undefined
  ) {
    const prefix = stream.index === undefined ? stream.from.slice(0, 2) : "";
    const cut = after === undefined ? undefined : `${prefix}${after}`;
    this.query = {
      ...stream,
      from: cut !== undefined && !descending && cut > stream.from ? cut : stream.from,
      to: cut !== undefined && descending && cut < stream.to ? cut : stream.to,
      order: descending ? "desc" : "asc",
      // The one the last page ended with comes first again.
      limit: after === undefined ? size : size + 1
    };
  }

  get head(): string | undefined {
    return this.keys[this.index];
  }

  isBehind(other: Source): boolean {
    const [mine, theirs] = [this.head as string, other.head as string];
    return this.descending ? theirs > mine : theirs < mine;
  }

  async advance(): Promise<void> {
    this.index += 1;
    if (this.head === undefined) {
      await this.fill();
    }
  }

  async fill(): Promise<void> {
    while (this.head === undefined && !this.exhausted) {
      if (this.query.from !== undefined && this.query.to !== undefined && this.query.from > this.query.to) {
        this.exhausted = true;
        return;
      }
      const page = await this.storage.query({ ...this.query, after: this.position });
      this.keys = page.items.map(item => this.sortOf(item)).filter(sort => sort !== this.after);
      this.index = 0;
      this.position = page.next;
      this.exhausted = page.next === undefined;
    }
  }

  private sortOf(item: Item): string {
    return this.stream.index === undefined ? childSortOf(item) : (item.sort as string);
  }
}
