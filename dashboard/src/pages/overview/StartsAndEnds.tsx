import { plural, shortTime } from "../../format/time.js";
import type { Bucket } from "./buckets.js";

const WIDTH = 760;
const HALF = 74;
const ENDS = ["success", "failed", "aborted"] as const;

/** Starts upwards, ends downwards, on one axis of time. */
export function StartsAndEnds({ buckets, now }: { buckets: Bucket[]; now: number }) {
  const most = Math.max(
    1,
    ...buckets.map(({ started, success, failed, aborted }) => Math.max(started, success + failed + aborted))
  );
  const width = WIDTH / buckets.length;
  const unit = HALF / most;
  const starts = buckets.reduce((sum, { started }) => sum + started, 0);
  const ends = buckets.reduce((sum, bucket) => sum + ENDS.reduce((of, end) => of + bucket[end], 0), 0);
  const time = (ms: number) => shortTime(new Date(ms).toISOString(), now);
  const [first, last] = [buckets[0]?.from ?? now, buckets.at(-1)?.to ?? now];
  return (
    <figure className="chart">
      <svg
        viewBox={`0 0 ${WIDTH} ${2 * HALF + 2}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${plural(starts, "start")} and ${plural(ends, "end")} from ${time(first)} until now, at most ${most} in ${time(first)} to ${time(buckets[0]?.to ?? now)} and stretches as long.`}
      >
        {buckets.map(bucket => {
          const at = buckets.indexOf(bucket);
          const x = at * width + Math.min(2, width * 0.12);
          const w = Math.max(1, width - 2 * Math.min(2, width * 0.12));
          let y = HALF + 2;
          return (
            <g key={bucket.from} className="chart-stretch">
              <title>
                {`${time(bucket.from)} – ${time(bucket.to)}\n${plural(bucket.started, "start")}; ${ENDS.map(end => `${bucket[end]} ${end}`).join(", ")}`}
              </title>
              <rect className="chart-hover" x={at * width} y={0} width={width} height={2 * HALF + 2} />
              <rect
                className="chart-start"
                x={x}
                y={HALF - bucket.started * unit}
                width={w}
                height={bucket.started * unit}
              />
              {ENDS.map(end => {
                const height = bucket[end] * unit;
                y += height;
                return (
                  <rect
                    key={end}
                    data-status={end}
                    className="chart-end"
                    x={x}
                    y={y - height}
                    width={w}
                    height={height}
                  />
                );
              })}
            </g>
          );
        })}
        <line className="chart-axis" x1={0} x2={WIDTH} y1={HALF + 1} y2={HALF + 1} />
      </svg>
      <figcaption className="row between wrap small dim num">
        <span>{time(first)}</span>
        <span className="row wrap keys">
          <span data-status="running">Started</span>
          <span data-status="success">Success</span>
          <span data-status="failed">Failed</span>
          <span data-status="aborted">Aborted</span>
        </span>
        <span>{time(Math.min(last, now))}</span>
      </figcaption>
    </figure>
  );
}
