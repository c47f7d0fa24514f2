import { Popover } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import { isActive, listDefinitions, type TaskDetail } from "../../api/queries.js";
import { Cost } from "../../components/Cost.js";
import { Duration, Time } from "../../components/Time.js";
import { amount, count } from "../../format/time.js";
import { hrefOf } from "../../router.js";

/** What is known of a task in short. */
export function Facts({ task }: { task: TaskDetail }) {
  const definitions = useQuery({
    queryKey: ["definitions"],
    queryFn: ({ signal }) => listDefinitions(signal),
    staleTime: 60_000
  });
  const definition = definitions.data?.find(({ id }) => id === task.definitionId);
  const most = definition?.maxIterations;
  return (
    <dl className="card facts">
      <Fact name="Definition">
        {definition === undefined ? (
          task.definitionId
        ) : (
          <a href={hrefOf(["definitions", task.definitionId])}>{definition.title}</a>
        )}
      </Fact>
      <Fact name="Created">
        <Time date={task.createdOn} />
      </Fact>
      <Fact name="Started">
        <Time date={task.startedOn} />
      </Fact>
      {isActive(task) ? (
        <Fact name="Next iteration">
          {task.busyUntil !== null ? "running now" : <Time date={task.nextAt ?? task.savedOn} atOnce="now" />}
        </Fact>
      ) : (
        <Fact name="Ended">
          <Time date={task.finishedOn} />
        </Fact>
      )}
      <Fact name="Duration">
        <Duration task={task} />
      </Fact>
      <Fact name="Iterations">
        <span className="num">
          {count(task.iterations ?? 0)}
          {most !== undefined && most !== null && <span className="dim"> of {count(most)}</span>}
        </span>
      </Fact>
      {task.usage !== null && (
        <Fact name="Cost">
          <CostOf usage={task.usage} />
        </Fact>
      )}
      <Fact name="By">{task.createdBy.displayName ?? task.createdBy.id}</Fact>
      {task.parentId !== null && (
        <Fact name="Parent">
          <a href={hrefOf(["tasks", task.parentId])} className="mono">
            {task.parentId.slice(0, 4)}…{task.parentId.slice(-6)}
          </a>
        </Fact>
      )}
    </dl>
  );
}

/** The sum, and what it is made of. */
function CostOf({ usage }: { usage: NonNullable<TaskDetail["usage"]> }) {
  const parts: [string, number][] = [
    ["State transitions", usage.transitions],
    ["Invocations", usage.invocations],
    ["GB-seconds", usage.gbSeconds],
    ["Read units", usage.readUnits],
    ["Write units", usage.writeUnits]
  ];
  return (
    <Popover position="bottom-start" trapFocus>
      <Popover.Target>
        <button type="button" className="more num" title="What it is made of">
          <Cost usage={usage} />
          <ChevronDown size={13} aria-hidden />
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <dl className="usage small">
          {parts.map(([name, value]) => (
            <div key={name} className="row between">
              <dt>{name}</dt>
              <dd className="num">{amount(value)}</dd>
            </div>
          ))}
        </dl>
        <p className="small dim">
          On AWS, by the prices of {usage.prices}. Stored data, the Lambda&apos;s own log and data transfer are not in
          it.
        </p>
      </Popover.Dropdown>
    </Popover>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
