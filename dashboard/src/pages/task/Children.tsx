import { useQuery } from "@tanstack/react-query";
import { isActive, listTasks } from "../../api/queries.js";
import { Status } from "../../components/Status.js";
import { Duration } from "../../components/Time.js";
import { pollInterval } from "../../live/activity.js";
import { hrefOf } from "../../router.js";

const SHOWN = 10;

/** The newest children, where there are some. */
export function Children({ taskId, isParentActive }: { taskId: string; isParentActive: boolean }) {
  const children = useQuery({
    queryKey: ["children", taskId],
    queryFn: ({ signal }) => listTasks({ where: { parentId: taskId }, sort: ["createdOn_DESC"], limit: SHOWN }, signal),
    refetchInterval: ({ state: { data } }) =>
      isParentActive || data?.tasks.some(isActive) ? pollInterval(data?.tasks.some(isActive) ?? false) : false
  });
  const tasks = children.data?.tasks ?? [];
  if (tasks.length === 0) {
    return null;
  }
  return (
    <section className="card" aria-label="Children">
      <div className="card-head">
        <h2>Children</h2>
        <a href={hrefOf(["tasks"], { parent: taskId })} className="small">
          {children.data?.hasMore ? "Show all" : "As a list"}
        </a>
      </div>
      <ul className="card-body stack-small">
        {tasks.map(task => (
          <li key={task.id} className="row between">
            <a href={hrefOf(["tasks", task.id])} className="ellipsis">
              {task.name}
            </a>
            <span className="row">
              <span className="dim small">
                <Duration task={task} />
              </span>
              <Status status={task.taskStatus} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
