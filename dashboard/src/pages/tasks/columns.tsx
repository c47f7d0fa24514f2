import type { ReactNode } from "react";
import type { TaskRow } from "../../api/queries.js";
import { Cost } from "../../components/Cost.js";
import { Status } from "../../components/Status.js";
import { Duration, Time } from "../../components/Time.js";
import { count } from "../../format/time.js";

export interface Column {
  id: string;
  title: string;
  /** Of a CSS grid. */
  width: string;
  isNumber?: boolean;
  cell(task: TaskRow): ReactNode;
}

/** What the list can show beside the name. */
export const COLUMNS: Column[] = [
  { id: "status", title: "Status", width: "98px", cell: task => <Status status={task.taskStatus} /> },
  {
    id: "definition",
    title: "Definition",
    width: "minmax(124px, 0.8fr)",
    cell: task => <span className="ellipsis">{task.definitionId}</span>
  },
  {
    id: "iteration",
    title: "Iteration",
    width: "66px",
    isNumber: true,
    cell: task => <span className="num">{count(task.iterations ?? 0)}</span>
  },
  { id: "created", title: "Created", width: "92px", cell: task => <Time date={task.createdOn} /> },
  { id: "started", title: "Started", width: "92px", cell: task => <Time date={task.startedOn} /> },
  { id: "finished", title: "Finished", width: "92px", cell: task => <Time date={task.finishedOn} /> },
  { id: "duration", title: "Duration", width: "80px", isNumber: true, cell: task => <Duration task={task} /> },
  {
    id: "cost",
    title: "Cost",
    width: "84px",
    isNumber: true,
    cell: ({ usage }) => <Cost usage={usage} />
  },
  {
    id: "by",
    title: "By",
    width: "minmax(90px, 0.4fr)",
    cell: task => <span className="ellipsis">{task.createdBy.displayName ?? task.createdBy.id}</span>
  },
  {
    id: "error",
    title: "Error",
    width: "minmax(120px, 0.7fr)",
    cell: ({ error }) => (
      <span className="ellipsis" title={error?.message}>
        {error === null ? <span className="dim">–</span> : (error.code ?? error.message)}
      </span>
    )
  }
];
export const DEFAULT_COLUMNS = ["status", "definition", "iteration", "created", "started", "duration", "cost"];

const KEY = "webiny-tasks-columns";
const known = (ids: string[]) => COLUMNS.flatMap(({ id }) => (ids.includes(id) ? [id] : []));

/** What a link says, else what was chosen last, else the usual ones. */
export function readColumns(fromLink: string | null): string[] {
  if (fromLink !== null) {
    return known(fromLink.split(","));
  }
  try {
    const kept = localStorage.getItem(KEY);
    return kept === null ? DEFAULT_COLUMNS : known(kept.split(","));
  } catch {
    return DEFAULT_COLUMNS;
  }
}

export function keepColumns(ids: string[]): void {
  try {
    localStorage.setItem(KEY, ids.join(","));
  } catch {
    // The address holds them as well.
  }
}
