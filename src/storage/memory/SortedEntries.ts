/** One entry of a partition: ordered by its sort key, then by `tie`. */
export interface Entry<V> {
  sort: string | number;
  tie: string;
  value: V;
}

/** The entries of one partition, kept in order. */
export class SortedEntries<V> {
  private readonly entries: Entry<V>[] = [];

  get size(): number {
    return this.entries.length;
  }

  set(entry: Entry<V>): void {
    const at = this.indexOf(entry);
    const there = this.entries[at];
    this.entries.splice(at, there !== undefined && compare(there, entry) === 0 ? 1 : 0, entry);
  }

  delete(entry: Omit<Entry<V>, "value">): void {
    const at = this.indexOf(entry);
    const there = this.entries[at];
    if (there !== undefined && compare(there, entry) === 0) {
      this.entries.splice(at, 1);
    }
  }

  /** Entries behind `after` (in the direction asked for) and inside the range, both ends included. */
  *walk(options: {
    from?: string | number;
    to?: string | number;
    after?: Omit<Entry<V>, "value">;
    descending: boolean;
  }): Generator<Entry<V>> {
    const { from, to, after, descending } = options;
    const first = from === undefined ? 0 : this.indexOf({ sort: from, tie: "" });
    const end = to === undefined ? this.entries.length : this.indexOf({ sort: to, tie: "\uffff" });
    let low = first;
    let high = end - 1;
    if (after !== undefined) {
      const at = this.indexOf(after);
      const there = this.entries[at];
      const same = there !== undefined && compare(there, after) === 0;
      if (descending) {
        high = Math.min(high, at - 1);
      } else {
        low = Math.max(low, same ? at + 1 : at);
      }
    }
    for (let i = descending ? high : low; descending ? i >= low : i <= high; i += descending ? -1 : 1) {
      yield this.entries[i] as Entry<V>;
    }
  }

  /** Index of the entry, or of the first one behind its place. */
  private indexOf(wanted: Omit<Entry<V>, "value">): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.entries[middle] as Entry<V>, wanted) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

function compare(a: Omit<Entry<unknown>, "value">, b: Omit<Entry<unknown>, "value">): number {
  if (a.sort !== b.sort) {
    return a.sort < b.sort ? -1 : 1;
  }
  return a.tie === b.tie ? 0 : a.tie < b.tie ? -1 : 1;
}
