import { isOffline } from "../../api/ApiError.js";
import {
  isActive,
  listChanges,
  listTasks,
  type ListVariables,
  type ListWhere,
  type TaskRow
} from "../../api/queries.js";
import { noteActivity, pollInterval, retryInterval } from "../../live/activity.js";
import { looksLikeId, whereOf, type View } from "./view.js";

/** Tasks of one request: the first fills a tall screen, whoever scrolls on wants more. */
const FIRST_PAGE = 100;
const PAGE = 250;
/** Tasks looked at for what is new. */
const LOOK = 25;
/** Ids one request may name. */
const MAX_WATCHED = 100;
/** So many pages in which nothing fits are passed over before the user is asked. */
const MAX_EMPTY_PAGES = 5;
/** Finished tasks in sight are looked at every so many times: they only ever disappear. */
const ALL_EVERY = 5;

export interface TaskListState {
  rows: TaskRow[];
  /** New ones that would push away what the user looks at. */
  held: TaskRow[];
  phase: "loading" | "loadingMore" | "ready" | "searching";
  hasMore: boolean;
  error: unknown;
}

/**
 * The list of tasks, page by page, kept up to date. One look is one request, however long the list is: what is new at its
 * top, and how the active tasks in sight stand.
 */
export class TaskListModel {
  private state: TaskListState = { rows: [], held: [], phase: "loading", hasMore: false, error: null };
  private readonly listeners = new Set<() => void>();
  private cursor: string | null = null;
  private variables: { where: ListWhere; search: string | undefined };
  /** More tasks are new than one look shows: the list begins anew when they are let in. */
  private hasGap = false;
  private readonly doubtful = new Set<string>();
  private inSight: string[] = [];
  private isAtTop = true;
  private looks = 0;
  private failures = 0;
  private timer: number | undefined;
  private readonly stopped = new AbortController();

  constructor(private readonly view: View) {
    const search = view.search?.trim() || undefined;
    const where = whereOf(view, Date.now());
    this.variables =
      search !== undefined && looksLikeId(search)
        ? { where: { ...where, id_in: [search] }, search: undefined }
        : { where, search };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly read = (): TaskListState => this.state;

  start(): void {
    document.addEventListener("visibilitychange", this.onVisibility);
    void this.load();
  }

  stop(): void {
    document.removeEventListener("visibilitychange", this.onVisibility);
    window.clearTimeout(this.timer);
    this.stopped.abort();
  }

  /** @param ids of the rows in sight @param isAtTop whether new rows may be put above them */
  look(ids: string[], isAtTop: boolean): void {
    this.inSight = ids;
    this.isAtTop = isAtTop;
    if (isAtTop && this.state.held.length > 0) {
      this.letIn();
    }
  }

  /** Shows the new ones that were held back. */
  letIn(): void {
    if (this.hasGap) {
      this.hasGap = false;
      void this.load();
      return;
    }
    this.set({ rows: [...this.state.held, ...this.state.rows], held: [] });
  }

  /** Looks at once: something was done. */
  readonly refresh = (): void => {
    noteActivity();
    void this.poll(true);
  };

  async loadMore(): Promise<void> {
    // After a failure the next look comes first, later and later: whoever waits at the end of the list asks all the time.
    if (this.failures > 0 || (this.state.phase !== "ready" && this.state.phase !== "searching")) {
      return;
    }
    await this.fetchPages("loadingMore", this.state.rows);
  }

  private async load(): Promise<void> {
    this.cursor = null;
    await this.fetchPages("loading", []);
  }

  private async fetchPages(phase: "loading" | "loadingMore", before: TaskRow[]): Promise<void> {
    window.clearTimeout(this.timer);
    this.set({ phase, error: null });
    try {
      const known = new Set(before.map(({ id }) => id));
      let found: TaskRow[] = [];
      let hasMore = true;
      for (let pages = 0; pages < MAX_EMPTY_PAGES && hasMore && found.length === 0; pages += 1) {
        const page = await listTasks(this.page(), this.stopped.signal);
        found = page.tasks.filter(({ id }) => !known.has(id));
        this.cursor = page.cursor;
        hasMore = page.hasMore;
      }
      if (before.length + found.length === 0 && !hasMore && this.searchesForId()) {
        this.variables = { where: whereOf(this.view, Date.now()), search: this.view.search };
        await this.load();
        return;
      }
      this.failures = 0;
      this.set({
        rows: [...before, ...found],
        held: phase === "loading" ? [] : this.state.held,
        hasMore,
        phase: found.length === 0 && hasMore ? "searching" : "ready"
      });
    } catch (error) {
      this.fail(error);
    }
    this.schedule();
  }

  private page(): ListVariables {
    return {
      ...this.variables,
      sort: [this.view.oldestFirst ? "createdOn_ASC" : "createdOn_DESC"],
      limit: this.cursor === null ? FIRST_PAGE : PAGE,
      after: this.cursor
    };
  }

  private searchesForId(): boolean {
    return this.variables.where.id_in !== undefined;
  }

  private readonly onVisibility = (): void => {
    window.clearTimeout(this.timer);
    if (!document.hidden) {
      void this.poll();
    }
  };

  private schedule(): void {
    window.clearTimeout(this.timer);
    if (document.hidden || this.stopped.signal.aborted) {
      return;
    }
    const wait =
      this.failures > 0
        ? retryInterval(this.failures)
        : pollInterval(this.state.rows.some(row => isActive(row) && this.inSight.includes(row.id)));
    this.timer = window.setTimeout(() => void this.poll(), wait);
  }

  private async poll(all = false): Promise<void> {
    const { phase, rows, error } = this.state;
    if (phase === "loading" || phase === "loadingMore") {
      this.schedule();
      return;
    }
    if (error !== null && rows.length === 0) {
      await this.load();
      return;
    }
    this.looks += 1;
    const watched = this.watched(all || this.looks % ALL_EVERY === 0);
    try {
      const answer = await listChanges(
        { ...this.variables, limit: this.view.oldestFirst || this.variables.search !== undefined ? 1 : LOOK, watched },
        this.stopped.signal
      );
      const hadFailed = this.failures > 0;
      this.failures = 0;
      this.merge(answer.newest.tasks, answer.newest.hasMore, new Set(watched), answer.watched);
      if (hadFailed) {
        // A page may be wanted that was not asked for meanwhile.
        this.set({});
      }
    } catch (failure) {
      this.fail(failure);
    }
    this.schedule();
  }

  private watched(all: boolean): string[] {
    const inSight = new Set(this.inSight);
    const ids = this.state.rows
      .filter(row => this.doubtful.has(row.id) || (inSight.has(row.id) && (all || isActive(row))))
      .map(({ id }) => id);
    // A filter by one id is one already: it can't be named twice.
    return this.searchesForId() ? [] : ids.slice(0, MAX_WATCHED);
  }

  private merge(newest: TaskRow[], newestHasMore: boolean, asked: Set<string>, watched: TaskRow[]): void {
    const { rows, held } = this.state;
    const looksForNew = !this.view.oldestFirst && this.variables.search === undefined;
    const current = new Map([...newest, ...watched].map(row => [row.id, row]));
    const alive = new Set(watched.map(({ id }) => id));
    let isChanged = false;
    const next = rows.flatMap(row => {
      if (asked.has(row.id)) {
        this.doubtful.delete(row.id);
        if (!alive.has(row.id)) {
          isChanged = true;
          return [];
        }
      }
      const fresh = current.get(row.id);
      if (fresh === undefined || JSON.stringify(fresh) === JSON.stringify(row)) {
        return [row];
      }
      isChanged = true;
      return [fresh];
    });
    if (looksForNew) {
      this.doubt(next, newest, newestHasMore);
    }
    const known = new Set(rows.map(({ id }) => id));
    const added = looksForNew ? newest.filter(({ id }) => !known.has(id)) : [];
    this.hasGap ||= added.length === LOOK && newestHasMore && rows.length > 0;
    if (isChanged || added.length > 0 || added.length !== held.length) {
      this.set({ rows: next, held: added, error: null });
    } else if (this.state.error !== null) {
      this.set({ error: null });
    }
    if (this.isAtTop && added.length > 0) {
      this.letIn();
    }
  }

  /** Rows that should be among the newest and are not: gone, or between two entries of an index. The next look tells. */
  private doubt(rows: TaskRow[], newest: TaskRow[], newestHasMore: boolean): void {
    const found = new Set(newest.map(({ id }) => id));
    const oldest = newest.at(-1);
    for (const row of rows.slice(0, LOOK)) {
      const isInRange = !newestHasMore || (oldest !== undefined && row.createdOn > oldest.createdOn);
      if (isInRange && !found.has(row.id)) {
        this.doubtful.add(row.id);
      }
    }
  }

  private fail(error: unknown): void {
    if (this.stopped.signal.aborted) {
      return;
    }
    this.failures += 1;
    // Offline, the page says so by itself, and what was read stays.
    this.set({ phase: "ready", error: isOffline(error) && this.state.rows.length > 0 ? null : error });
  }

  private set(changes: Partial<TaskListState>): void {
    this.state = { ...this.state, ...changes };
    this.listeners.forEach(tell => tell());
  }
}
