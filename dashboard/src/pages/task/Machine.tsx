import { useQuery } from "@tanstack/react-query";
import { ExternalLink } from "lucide-react";
import { getServiceInfo, isActive, type TaskDetail } from "../../api/queries.js";
import { Copy } from "../../components/Copy.js";
import { useNow } from "../../live/useNow.js";
import { edges, HALF_HEIGHT, halfWidth, presentState, states } from "./machine.js";
import "./machine.css";

/** The state machine, the present state lit, and where its execution is found. */
export function Machine({ task }: { task: TaskDetail }) {
  return (
    <section className="card" aria-label="State machine">
      <div className="card-head">
        <h2>State machine</h2>
        <Execution task={task} />
      </div>
      <div className="card-body">
        {isActive(task) ? <Moving task={task} /> : <Drawing present={presentState(task, 0)} />}
      </div>
    </section>
  );
}

function Moving({ task }: { task: TaskDetail }) {
  return <Drawing present={presentState(task, useNow())} />;
}

function Drawing({ present }: { present: string }) {
  return (
    <svg
      className="machine"
      viewBox="0 0 400 274"
      role="img"
      aria-label={`States: ${states.map(({ name }) => name).join(", ")}. The task is in ${present}.`}
    >
      <defs>
        <marker id="arrow" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path d="M0,0.5 L7,4 L0,7.5 z" className="machine-arrow" />
        </marker>
      </defs>
      {edges.map(({ from, to, d, isCatch }) => (
        <path
          key={`${from} ${to}`}
          d={d}
          className="machine-edge"
          data-catch={isCatch || undefined}
          markerEnd="url(#arrow)"
        />
      ))}
      {states.map(({ name, type, x, y }) => (
        <g
          key={name}
          className="machine-state"
          data-type={type}
          data-name={name}
          data-lit={name === present || undefined}
        >
          <rect
            x={x - halfWidth(name)}
            y={y - HALF_HEIGHT}
            width={2 * halfWidth(name)}
            height={2 * HALF_HEIGHT}
            rx={type === "Choice" ? 15 : 7}
          />
          <text x={x} y={y + 4} textAnchor="middle">
            {name}
          </text>
        </g>
      ))}
    </svg>
  );
}

function Execution({ task }: { task: TaskDetail }) {
  const service = useQuery({
    queryKey: ["service", task.id, task.execution, task.finishedOn],
    queryFn: ({ signal }) => getServiceInfo(task.id, signal),
    staleTime: Infinity
  });
  const info = service.data;
  const arn = isObject(info) && typeof info.executionArn === "string" ? info.executionArn : null;
  if (arn === null) {
    return <span className="dim small">{task.executionName}</span>;
  }
  const href = consoleUrl(arn);
  return (
    <span className="row small">
      {isObject(info) && <span className="dim">{String(info.status)}</span>}
      {href !== null && (
        <a href={href} target="_blank" rel="noreferrer noopener" className="row">
          Execution in the AWS console
          <ExternalLink size={13} aria-hidden />
        </a>
      )}
      <Copy what="the ARN of the execution" text={() => arn} />
    </span>
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Where the console shows it; null for an execution of the local runtime. */
export function consoleUrl(arn: string): string | null {
  const [, partition = "", , region = "", account = ""] = arn.split(":");
  const hosts: Record<string, string> = {
    aws: `${region}.console.aws.amazon.com`,
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com"
  };
  const host = hosts[partition];
  return host === undefined || /^0+$/.test(account)
    ? null
    : `https://${host}/states/home?region=${region}#/v2/executions/details/${arn}`;
}
