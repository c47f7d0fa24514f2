import type { TaskRow } from "../api/queries.js";
import { duration, taskDuration } from "../format/time.js";
import "./sparkline.css";

const BARS = 40;
const HEIGHT = 34;

/** The latest runs, oldest first: how long each took, and how it ended. */
export function Sparkline({ tasks }: { tasks: TaskRow[] }) {
  const runs = tasks.slice(0, BARS).reverse();
  const now = Date.now();
  const times = runs.map(task => taskDuration(task, now) ?? 0);
  const most = Math.max(1, ...times);
  const failed = runs.filter(({ taskStatus }) => taskStatus === "failed").length;
  const label = `Durations of the latest ${runs.length} runs, at most ${duration(most)}; ${failed} of them failed.`;
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${BARS * 6} ${HEIGHT}`}
      preserveAspectRatio="xMinYMid meet"
      role="img"
      aria-label={label}
    >
      {runs.map(({ id, taskStatus }, at) => {
        const height = 3 + Math.sqrt((times[at] ?? 0) / most) * (HEIGHT - 3);
        return (
          <rect key={id} data-status={taskStatus} x={at * 6} y={HEIGHT - height} width={4} height={height} rx={1.5} />
        );
      })}
    </svg>
  );
}
