import { exactTime, relativeTime, duration, taskDuration } from "../format/time.js";
import { useNow, useSlowNow } from "../live/useNow.js";

/** "3 min ago"; exactly, in the viewer's zone, on hover and for screen readers. */
export function Time({ date, atOnce }: { date: string | null | undefined; atOnce?: string }) {
  const now = useSlowNow();
  if (date === null || date === undefined) {
    return <span className="dim">–</span>;
  }
  return (
    <time dateTime={date} title={exactTime(date)} className="num">
      {relativeTime(date, now, atOnce)}
    </time>
  );
}

interface Timed {
  startedOn: string | null;
  finishedOn: string | null;
}

/** How long a task ran, or has run so far. */
export function Duration({ task }: { task: Timed }) {
  if (task.startedOn === null) {
    return <span className="dim">–</span>;
  }
  return task.finishedOn === null ? <Running task={task} /> : <Took task={task} now={0} />;
}

function Running({ task }: { task: Timed }) {
  return <Took task={task} now={useNow()} />;
}

function Took({ task, now }: { task: Timed; now: number }) {
  return <span className="num">{duration(taskDuration(task, now) ?? 0)}</span>;
}
