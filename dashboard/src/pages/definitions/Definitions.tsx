import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Play, Shapes } from "lucide-react";
import { useAccess } from "../../access.js";
import { listDefinitions, type Definition } from "../../api/queries.js";
import { Failure, Nothing } from "../../components/Nothing.js";
import { Sparkline } from "../../components/Sparkline.js";
import { percent, statsOf } from "../../format/stats.js";
import { count, duration } from "../../format/time.js";
import { useSample } from "../../live/useSample.js";
import { hrefOf } from "../../router.js";
import "./definitions.css";

export default function Definitions() {
  const definitions = useQuery({ queryKey: ["definitions"], queryFn: ({ signal }) => listDefinitions(signal) });
  return (
    <div className="scroll">
      <div className="page stack">
        <div className="row between wrap">
          <h1>Definitions</h1>
          <span className="dim small">Figures are of the last 200 runs of each.</span>
        </div>
        {definitions.data === undefined ? (
          definitions.error === null ? (
            <div className="definitions" aria-busy="true">
              {[1, 2, 3].map(key => (
                <Skeleton key={key} height={190} radius={12} />
              ))}
            </div>
          ) : (
            <Failure error={definitions.error} onRetry={() => void definitions.refetch()} />
          )
        ) : definitions.data.length === 0 ? (
          <Nothing title="No public definitions" icon={Shapes}>
            What createTaskDefinition makes and createHandler registers is listed here. Private definitions are not.
          </Nothing>
        ) : (
          <ul className="definitions">
            {definitions.data.map(definition => (
              <DefinitionCard key={definition.id} definition={definition} />
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

function DefinitionCard({ definition: { id, title, description } }: { definition: Definition }) {
  const { write } = useAccess();
  const sample = useSample(id);
  const tasks = sample.data?.tasks ?? [];
  const stats = statsOf(tasks);
  const active = stats.byStatus.running + stats.byStatus.pending;
  return (
    <li className="card definition">
      <div>
        <h2>
          <a href={hrefOf(["definitions", id])}>{title}</a>
        </h2>
        <code className="dim small">{id}</code>
      </div>
      <p className="dim definition-text">{description}</p>
      {sample.data === undefined ? (
        sample.error === null ? (
          <Skeleton height={72} />
        ) : (
          <Failure error={sample.error} />
        )
      ) : tasks.length === 0 ? (
        <p className="dim definition-none">Not run yet.</p>
      ) : (
        <>
          <dl className="figures">
            <Figure name="Success" value={percent(stats.successRate)} />
            <Figure name="Median" value={stats.medianMs === null ? "–" : duration(stats.medianMs)} />
            <Figure name="Active" value={count(active)} />
            <Figure name="Runs" value={`${count(stats.total)}${sample.data.hasMore ? "+" : ""}`} />
          </dl>
          <Sparkline tasks={tasks} />
        </>
      )}
      <div className="row definition-foot">
        {write && (
          <Button component="a" href={hrefOf(["definitions", id])} size="compact-md" leftSection={<Play size={14} />}>
            Trigger
          </Button>
        )}
        <Button component="a" href={hrefOf(["tasks"], { definition: id })} size="compact-md" variant="default">
          Runs
        </Button>
      </div>
    </li>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="num">{value}</dd>
    </div>
  );
}
