import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight, Shapes } from "lucide-react";
import { useAccess } from "../../access.js";
import { getPayload, listDefinitions, type Definition as TaskDefinition } from "../../api/queries.js";
import { Failure, Nothing } from "../../components/Nothing.js";
import { PageLoading } from "../../components/PageLoading.js";
import { Sparkline } from "../../components/Sparkline.js";
import { Status } from "../../components/Status.js";
import { Duration, Time } from "../../components/Time.js";
import { percent, SAMPLE, statsOf } from "../../format/stats.js";
import { count, duration } from "../../format/time.js";
import { useSample } from "../../live/useSample.js";
import { hrefOf, usePlace } from "../../router.js";
import { TriggerForm } from "./TriggerForm.js";
import "./definitions.css";
import "./definition.css";

const LATEST = 8;

export default function Definition({ id }: { id: string }) {
  const definitions = useQuery({ queryKey: ["definitions"], queryFn: ({ signal }) => listDefinitions(signal) });
  const { write } = useAccess();
  if (definitions.data === undefined) {
    return definitions.error === null ? (
      <PageLoading />
    ) : (
      <Failure isPage error={definitions.error} onRetry={() => void definitions.refetch()} />
    );
  }
  const definition = definitions.data.find(one => one.id === id);
  if (definition === undefined) {
    return (
      <Nothing isPage title="There is no such definition" icon={Shapes}>
        None with the id <code>{id}</code> is registered and public. It may have been renamed or removed.
      </Nothing>
    );
  }
  return (
    <div className="scroll">
      <div className="page stack">
        <div className="stack-small">
          <nav className="row small dim" aria-label="Where this is">
            <a href={hrefOf(["definitions"])}>Definitions</a>
            <ChevronRight size={13} aria-hidden />
            <code>{id}</code>
          </nav>
          <h1>{definition.title}</h1>
          {definition.description !== null && <p className="dim description">{definition.description}</p>}
        </div>
        <div className="definition-columns">
          {write && <Trigger definition={definition} />}
          <Runs id={id} />
        </div>
      </div>
    </div>
  );
}

/** With the input of an earlier task where the address names one. */
function Trigger({ definition }: { definition: TaskDefinition }) {
  const again = usePlace().params.get("again");
  const payload = useQuery({
    queryKey: ["payload", again],
    queryFn: ({ signal }) => getPayload(again ?? "", signal),
    enabled: again !== null,
    staleTime: Infinity
  });
  return (
    <section className="card" aria-label="Trigger">
      <div className="card-head">
        <h2>Trigger</h2>
        {again !== null && (
          <span className="dim small">
            With the input of <a href={hrefOf(["tasks", again])}>an earlier task</a>
          </span>
        )}
      </div>
      <div className="card-body">
        {payload.isLoading ? (
          <Skeleton height={200} />
        ) : payload.error !== null ? (
          <Failure error={payload.error} onRetry={() => void payload.refetch()} />
        ) : (
          <TriggerForm key={again} definition={definition} input={payload.data?.input ?? {}} />
        )}
      </div>
    </section>
  );
}

function Runs({ id }: { id: string }) {
  const sample = useSample(id);
  const tasks = sample.data?.tasks ?? [];
  const stats = statsOf(tasks);
  return (
    <section className="card" aria-label="Runs">
      <div className="card-head">
        <h2>Last {SAMPLE} runs</h2>
        <a href={hrefOf(["tasks"], { definition: id })} className="small">
          As a list
        </a>
      </div>
      {sample.data === undefined ? (
        <div className="card-body">
          {sample.error === null ? <Skeleton height={160} /> : <Failure error={sample.error} />}
        </div>
      ) : tasks.length === 0 ? (
        <Nothing title="Not run yet">Its runs and what they say will be here.</Nothing>
      ) : (
        <div className="card-body stack">
          <dl className="figures">
            <div>
              <dt>Success</dt>
              <dd className="num">{percent(stats.successRate)}</dd>
            </div>
            <div>
              <dt>Median</dt>
              <dd className="num">{stats.medianMs === null ? "–" : duration(stats.medianMs)}</dd>
            </div>
            <div>
              <dt>95 % within</dt>
              <dd className="num">{stats.p95Ms === null ? "–" : duration(stats.p95Ms)}</dd>
            </div>
            <div>
              <dt>Runs</dt>
              <dd className="num">{count(stats.total)}</dd>
            </div>
          </dl>
          <Sparkline tasks={tasks} />
          <ul className="latest">
            {tasks.slice(0, LATEST).map(task => (
              <li key={task.id}>
                <a href={hrefOf(["tasks", task.id])} className="ellipsis">
                  {task.name}
                </a>
                <span className="dim small latest-time">
                  <Time date={task.createdOn} />
                </span>
                <span className="small latest-duration">
                  <Duration task={task} />
                </span>
                <Status status={task.taskStatus} />
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}
