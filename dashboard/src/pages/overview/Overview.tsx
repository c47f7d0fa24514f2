import { Button } from "@mantine/core";
import { ChevronRight, Inbox, Play, PartyPopper } from "lucide-react";
import type { ReactNode } from "react";
import { useAccess } from "../../access.js";
import { isActive, type TaskRow } from "../../api/queries.js";
import { Failure, Nothing } from "../../components/Nothing.js";
import { PageLoading } from "../../components/PageLoading.js";
import { Status } from "../../components/Status.js";
import { Duration, Time } from "../../components/Time.js";
import { percent, SAMPLE, statsOf, tally } from "../../format/stats.js";
import { count, duration } from "../../format/time.js";
import { useSlowNow } from "../../live/useNow.js";
import { useSample } from "../../live/useSample.js";
import { hrefOf } from "../../router.js";
import { bucketsOf } from "./buckets.js";
import { StartsAndEnds } from "./StartsAndEnds.js";
import "./overview.css";

const LISTED = 7;

export default function Overview() {
  const sample = useSample();
  const { write } = useAccess();
  if (sample.data === undefined) {
    return sample.error === null ? (
      <PageLoading />
    ) : (
      <Failure isPage error={sample.error} onRetry={() => void sample.refetch()} />
    );
  }
  const { tasks, hasMore } = sample.data;
  if (tasks.length === 0) {
    return (
      <Nothing
        isPage
        title="Nothing has run yet"
        icon={Inbox}
        action={
          write ? (
            <Button component="a" href={hrefOf(["definitions"])} leftSection={<Play size={15} />}>
              Trigger a task
            </Button>
          ) : undefined
        }
      >
        As soon as a task is triggered, from code or from here, this page says how all of them do.
      </Nothing>
    );
  }
  return (
    <div className="scroll">
      <div className="page stack">
        <div className="row between wrap">
          <h1>Overview</h1>
          <span className="dim small">
            {hasMore ? `From the last ${SAMPLE} tasks` : `From all ${count(tasks.length)} tasks there are`}, the oldest
            triggered <Time date={tasks.at(-1)?.createdOn} />
          </span>
        </div>
        <Tiles tasks={tasks} />
        <section className="card" aria-label="Starts and ends">
          <div className="card-head">
            <h2>Starts and ends</h2>
          </div>
          <div className="card-body">
            <Chart tasks={tasks} />
          </div>
        </section>
        <div className="overview-columns">
          <Lately tasks={tasks} />
          <div className="stack">
            <ByDefinition tasks={tasks} />
            <ByError tasks={tasks} />
          </div>
        </div>
      </div>
    </div>
  );
}

function Chart({ tasks }: { tasks: TaskRow[] }) {
  const now = useSlowNow();
  return <StartsAndEnds buckets={bucketsOf(tasks, now)} now={now} />;
}

const isWaiting = (task: TaskRow) => isActive(task) && task.busyUntil === null;

function Tiles({ tasks }: { tasks: TaskRow[] }) {
  const { byStatus, successRate, medianMs } = statsOf(tasks);
  const waiting = tasks.filter(isWaiting).length;
  const active = byStatus.pending + byStatus.running;
  return (
    <ul className="tiles">
      <Tile
        name="Running now"
        value={count(active - waiting)}
        status="running"
        href={hrefOf(["tasks"], { status: "running" })}
      />
      <Tile
        name="Waiting"
        value={count(waiting)}
        status="pending"
        href={hrefOf(["tasks"], { status: "pending,running" })}
      />
      <Tile
        name="Failed"
        value={count(byStatus.failed)}
        status="failed"
        href={hrefOf(["tasks"], { status: "failed" })}
      />
      <Tile
        name="Success rate"
        value={percent(successRate)}
        status="success"
        href={hrefOf(["tasks"], { status: "success" })}
      />
      <Tile
        name="Median duration"
        value={medianMs === null ? "–" : duration(medianMs)}
        status="aborted"
        href={hrefOf(["tasks"])}
      />
    </ul>
  );
}

function Tile({ name, value, status, href }: { name: string; value: string; status: string; href: string }) {
  return (
    <li>
      <a href={href} className="card tile">
        <span className="dim small tile-name" data-status={status}>
          {name}
        </span>
        <span className="tile-value num">{value}</span>
      </a>
    </li>
  );
}

function Lately({ tasks }: { tasks: TaskRow[] }) {
  const active = tasks.filter(isActive);
  const failed = tasks.filter(({ taskStatus }) => taskStatus === "failed");
  return (
    <div className="stack">
      <TaskCard
        title="Under way"
        tasks={active}
        href={hrefOf(["tasks"], { status: "pending,running" })}
        more={task => (isWaiting(task) ? <Waits task={task} /> : <Duration task={task} />)}
        none={
          <Nothing title="Nothing is under way" icon={Inbox}>
            What runs or waits is listed here while it does.
          </Nothing>
        }
      />
      <TaskCard
        title="Failed lately"
        tasks={failed}
        href={hrefOf(["tasks"], { status: "failed" })}
        more={task => <Time date={task.finishedOn} />}
        none={
          <Nothing title="No failures" icon={PartyPopper}>
            None of these tasks failed.
          </Nothing>
        }
      />
    </div>
  );
}

function Waits({ task }: { task: TaskRow }) {
  return task.nextAt === null ? (
    <>is about to go on</>
  ) : (
    <>
      goes on <Time date={task.nextAt} atOnce="now" />
    </>
  );
}

interface TaskCardProps {
  title: string;
  tasks: TaskRow[];
  href: string;
  more: (task: TaskRow) => ReactNode;
  none: ReactNode;
}

function TaskCard({ title, tasks, href, more, none }: TaskCardProps) {
  return (
    <section className="card" aria-label={title}>
      <div className="card-head">
        <h2>
          {title} {tasks.length > 0 && <span className="dim num">{count(tasks.length)}</span>}
        </h2>
        {tasks.length > 0 && (
          <a href={href} className="row small" aria-label={`${title}: as a list`}>
            As a list <ChevronRight size={13} aria-hidden />
          </a>
        )}
      </div>
      {tasks.length === 0 ? (
        none
      ) : (
        <ul className="lately">
          {tasks.slice(0, LISTED).map(task => (
            <li key={task.id}>
              <span className="lately-name">
                <a href={hrefOf(["tasks", task.id])} className="ellipsis">
                  {task.name}
                </a>
                <span className="dim small ellipsis">
                  {task.error === null ? task.definitionId : `${task.error.code ?? "Error"}: ${task.error.message}`}
                </span>
              </span>
              <span className="dim small lately-more">{more(task)}</span>
              <Status status={task.taskStatus} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const SHARES = ["success", "running", "pending", "aborted", "failed"] as const;

function ByDefinition({ tasks }: { tasks: TaskRow[] }) {
  const rows = tally(tasks.map(({ definitionId }) => definitionId)).map(({ value }) => {
    const own = tasks.filter(({ definitionId }) => definitionId === value);
    return { id: value, stats: statsOf(own) };
  });
  return (
    <section className="card" aria-label="By definition">
      <div className="card-head">
        <h2>By definition</h2>
      </div>
      <ul className="card-body by">
        {rows.map(({ id, stats }) => (
          <li key={id} className="stack-small">
            <span className="row between">
              <a href={hrefOf(["tasks"], { definition: id })} className="ellipsis">
                {id}
              </a>
              <span className="dim small num by-figures">
                {count(stats.total)} · {percent(stats.successRate)}
              </span>
            </span>
            <span
              className="share"
              role="img"
              aria-label={SHARES.filter(status => stats.byStatus[status] > 0)
                .map(status => `${stats.byStatus[status]} ${status}`)
                .join(", ")}
            >
              {SHARES.map(status =>
                stats.byStatus[status] === 0 ? null : (
                  <span
                    key={status}
                    data-status={status}
                    style={{ flexGrow: stats.byStatus[status] }}
                    title={`${stats.byStatus[status]} ${status}`}
                  />
                )
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function ByError({ tasks }: { tasks: TaskRow[] }) {
  const failed = tasks.filter(({ taskStatus }) => taskStatus === "failed");
  const codes = tally(failed.map(({ error }) => error?.code ?? "no code"));
  if (codes.length === 0) {
    return null;
  }
  return (
    <section className="card" aria-label="By error code">
      <div className="card-head">
        <h2>By error code</h2>
      </div>
      <ul className="card-body by">
        {codes.map(({ value, count: times }) => {
          const example = failed.find(({ error }) => (error?.code ?? "no code") === value);
          return (
            <li key={value} className="stack-small">
              <span className="row between">
                <code className="ellipsis">{value}</code>
                <span className="num">{count(times)}</span>
              </span>
              {example !== undefined && (
                <span className="dim small ellipsis">
                  Latest: <a href={hrefOf(["tasks", example.id])}>{example.name}</a>
                </span>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
