import { useCallback, useEffect, useRef, useState } from "react";
import { listLogs, type TaskLog } from "../../api/queries.js";
import { pollInterval, retryInterval } from "../../live/activity.js";

const PAGE = 50;
/** The lines of an end may come a moment after it: looked for so many times more. */
const LOOKS_AFTER_END = 2;

export interface Logs {
  /** Oldest first. */
  logs: TaskLog[];
  isLoading: boolean;
  hasEarlier: boolean;
  error: unknown;
  loadEarlier: () => void;
}

/** The log of a task: its latest page, earlier ones when asked for, and what is written meanwhile. */
export function useLogs(taskId: string, isActive: boolean): Logs {
  const [logs, setLogs] = useState<TaskLog[]>([]);
  const [isLoading, setLoading] = useState(true);
  const [earlier, setEarlier] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const newest = useRef<number | null>(null);

  const add = useCallback((found: TaskLog[]) => {
    setError(null);
    newest.current = Math.max(newest.current ?? 0, ...found.map(({ iteration }) => iteration));
    setLogs(before => merge(before, found));
  }, []);

  useEffect(() => {
    const stopped = new AbortController();
    let timer: number | undefined;
    let failures = 0;
    let looks = 0;
    const look = async () => {
      try {
        if (newest.current === null) {
          const page = await listLogs(
            { where: { task: taskId }, sort: ["createdOn_DESC"], limit: PAGE },
            stopped.signal
          );
          add(page.logs);
          setEarlier(page.hasMore ? page.cursor : null);
        } else {
          add(await readFrom(taskId, newest.current, stopped.signal));
        }
        failures = 0;
      } catch (failure) {
        if (stopped.signal.aborted) {
          return;
        }
        failures += 1;
        setError(failure);
      }
      setLoading(false);
      looks += 1;
      if (isActive || failures > 0 || looks < LOOKS_AFTER_END) {
        timer = window.setTimeout(next, failures > 0 ? retryInterval(failures) : pollInterval(true));
      }
    };
    const next = () => {
      if (document.hidden) {
        document.addEventListener("visibilitychange", next, { once: true });
      } else {
        void look();
      }
    };
    void look();
    return () => {
      stopped.abort();
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", next);
    };
  }, [taskId, isActive, add]);

  const loadEarlier = useCallback(() => {
    if (earlier === null) {
      return;
    }
    setLoading(true);
    listLogs({ where: { task: taskId }, sort: ["createdOn_DESC"], limit: PAGE, after: earlier })
      .then(page => {
        add(page.logs);
        setEarlier(page.hasMore ? page.cursor : null);
      }, setError)
      .finally(() => setLoading(false));
  }, [earlier, taskId, add]);

  return { logs, isLoading, hasEarlier: earlier !== null, error, loadEarlier };
}

/** Everything from an iteration on: what was read of it before may have got more lines. */
async function readFrom(task: string, iteration: number, signal: AbortSignal): Promise<TaskLog[]> {
  const found: TaskLog[] = [];
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof listLogs>> = await listLogs(
      { where: { task, iteration_gte: iteration }, sort: ["createdOn_ASC"], limit: PAGE, after },
      signal
    );
    found.push(...page.logs);
    after = page.hasMore ? page.cursor : null;
  } while (after !== null);
  return found;
}

function merge(before: TaskLog[], found: TaskLog[]): TaskLog[] {
  const known = new Map(before.map(log => [log.id, log]));
  let isChanged = false;
  for (const log of found) {
    if (known.get(log.id)?.items.length !== log.items.length) {
      known.set(log.id, log);
      isChanged = true;
    }
  }
  // The id says nothing of the order; two attempts of an iteration are told apart by their time.
  return isChanged
    ? [...known.values()].sort((a, b) => a.iteration - b.iteration || a.createdOn.localeCompare(b.createdOn))
    : before;
}
