import { Button } from "@mantine/core";
import {
  Ban,
  Check,
  CirclePause,
  CirclePlay,
  Hourglass,
  ListTodo,
  RefreshCw,
  Repeat,
  Rocket,
  Route,
  Webhook,
  X,
  type LucideIcon
} from "lucide-react";
import { useState } from "react";
import { isActive, type TaskDetail } from "../../api/queries.js";
import { duration, exactTime, shortTime } from "../../format/time.js";
import { useNow } from "../../live/useNow.js";
import { eventsOf, segmentsOf, weightOf, type TimelineEvent } from "./timeline.js";
import "./timeline.css";

const ICONS: Record<TimelineEvent["kind"], LucideIcon> = {
  trigger: Rocket,
  start: Hourglass,
  iteration: CirclePlay,
  wait: CirclePause,
  retry: Repeat,
  revive: RefreshCw,
  handover: Route,
  abort: Ban,
  end: Check,
  after: Webhook,
  owed: ListTodo
};
/** Events that are shown at once: the first, and the latest. */
const SHOWN = 9;

export function Timeline({ task }: { task: TaskDetail }) {
  return isActive(task) ? (
    <Moving task={task} />
  ) : (
    <Drawn task={task} now={Date.parse(task.finishedOn ?? task.savedOn)} />
  );
}

function Moving({ task }: { task: TaskDetail }) {
  return <Drawn task={task} now={useNow()} />;
}

function Drawn({ task, now }: { task: TaskDetail; now: number }) {
  const segments = segmentsOf(task, now);
  const weights = segments.map(weightOf);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const events = eventsOf(task, now);
  const [showsAll, setShowsAll] = useState(false);
  const hidden = showsAll ? 0 : Math.max(0, events.length - SHOWN);
  const end = task.finishedOn;
  return (
    <div className="stack-small">
      {segments.length > 0 && (
        <div className="strip" aria-hidden>
          <div className="strip-bars">
            {segments.map((segment, at) => (
              <div
                key={`${segment.kind}${segment.from}`}
                className="strip-part"
                data-kind={segment.kind}
                style={{ flexGrow: weights[at] }}
                title={`${segment.label}: ${duration(segment.to - segment.from)}, from ${shortTime(new Date(segment.from).toISOString(), now)}`}
              >
                <span className="strip-bar" />
                <span className="strip-label num">
                  {(weights[at] ?? 0) / total > 0.07 ? duration(segment.to - segment.from) : ""}
                </span>
              </div>
            ))}
            <span className="strip-end" data-status={task.taskStatus} />
          </div>
          <div className="row between small dim num">
            <span>{shortTime(task.createdOn, now)}</span>
            <span className="row legend">
              <span data-kind="iteration">Iteration</span>
              <span data-kind="wait">Wait</span>
            </span>
            <span>{end === null ? "now" : shortTime(end, now)}</span>
          </div>
        </div>
      )}
      <ol className="events">
        {events.map((event, at) =>
          at > 0 && at <= hidden ? (
            at === 1 ? (
              <li key="hidden" className="event">
                <Button variant="subtle" size="compact-xs" onClick={() => setShowsAll(true)}>
                  {hidden} more
                </Button>
              </li>
            ) : null
          ) : (
            <Event key={`${event.kind}${at}`} event={event} now={now} />
          )
        )}
      </ol>
    </div>
  );
}

function Event({ event, now }: { event: TimelineEvent; now: number }) {
  const Icon = event.isFailure ? X : ICONS[event.kind];
  const at = event.at === null ? null : new Date(event.at).toISOString();
  return (
    <li className="event" data-kind={event.kind} data-failed={event.isFailure || undefined}>
      <span className="event-icon">
        <Icon size={14} aria-hidden />
      </span>
      <span className="event-text">
        <span>{event.title}</span>
        {event.durationMs !== undefined && <span className="dim num">{duration(event.durationMs)}</span>}
        {event.text !== undefined && <span className="dim event-more">{event.text}</span>}
      </span>
      {at !== null && (
        <time className="dim small num" dateTime={at} title={exactTime(at)}>
          {shortTime(at, now)}
        </time>
      )}
    </li>
  );
}
