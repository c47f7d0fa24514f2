import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Ban, ChevronRight, RotateCcw, SearchX, Trash2 } from "lucide-react";
import { useState } from "react";
import { useAccess } from "../../access.js";
import { ApiError } from "../../api/ApiError.js";
import { isActive, type TaskDetail } from "../../api/queries.js";
import { ActionDialog, type Action } from "../../components/ActionDialog.js";
import { Copy } from "../../components/Copy.js";
import { Failure, Nothing } from "../../components/Nothing.js";
import { PageLoading } from "../../components/PageLoading.js";
import { Status } from "../../components/Status.js";
import { useTask } from "../../live/useTask.js";
import { goTo, hrefOf } from "../../router.js";
import { Children } from "./Children.js";
import { ErrorCard } from "./ErrorCard.js";
import { Facts } from "./Facts.js";
import { LogView } from "./LogView.js";
import { Machine } from "./Machine.js";
import { Payloads } from "./Payloads.js";
import { Timeline } from "./Timeline.js";
import "./task.css";

export default function Task({ id }: { id: string }) {
  const task = useTask(id);
  const [action, setAction] = useState<Action | null>(null);
  // While the dialog says that the task was deleted, the task stays behind it.
  const isShown = task.data !== undefined && action !== null;
  if (!isShown && task.error instanceof ApiError && task.error.code === "NOT_FOUND") {
    return (
      <Nothing
        isPage
        title="There is no such task"
        icon={SearchX}
        action={
          <Button component="a" href={hrefOf(["tasks"])} variant="default">
            All tasks
          </Button>
        }
      >
        It was deleted, or belongs to somebody else. Its id is <code>{id}</code>.
      </Nothing>
    );
  }
  if (task.data === undefined) {
    return task.error === null ? (
      <PageLoading />
    ) : (
      <Failure isPage error={task.error} onRetry={() => void task.refetch()} />
    );
  }
  return <Loaded task={task.data} action={action} onAction={setAction} />;
}

interface LoadedProps {
  task: TaskDetail;
  /** What the user is asked about, or told of. */
  action: Action | null;
  onAction: (action: Action | null) => void;
}

function Loaded({ task, action, onAction }: LoadedProps) {
  return (
    <div className="scroll">
      <div className="page stack">
        <Head task={task} action={action} onAction={onAction} />
        <Facts task={task} />
        <div className="task-columns">
          <div className="stack">
            {task.taskStatus === "failed" && <ErrorCard task={task} />}
            <section className="card" aria-label="Timeline">
              <div className="card-head">
                <h2>Timeline</h2>
              </div>
              <div className="card-body">
                <Timeline task={task} />
              </div>
            </section>
            <LogView taskId={task.id} isActive={isActive(task)} />
          </div>
          <div className="stack">
            <Payloads task={task} />
            <Children taskId={task.id} isParentActive={isActive(task)} />
            <Machine task={task} />
          </div>
        </div>
      </div>
    </div>
  );
}

function Head({ task, action, onAction }: LoadedProps) {
  const access = useAccess();
  const queries = useQueryClient();
  return (
    <div className="task-head">
      <div className="grow stack-small">
        <nav className="row small dim" aria-label="Where this is">
          <a href={hrefOf(["tasks"])}>Tasks</a>
          <ChevronRight size={13} aria-hidden />
          <a href={hrefOf(["tasks"], { definition: task.definitionId })}>{task.definitionId}</a>
        </nav>
        <div className="row wrap">
          <h1>{task.name}</h1>
          <Status status={task.taskStatus} />
        </div>
        <span className="row dim small">
          <code className="ellipsis">{task.id}</code>
          <Copy what="the id" text={() => task.id} />
        </span>
      </div>
      <div className="row wrap">
        {access.write && isActive(task) && (
          <Button variant="default" leftSection={<Ban size={15} />} onClick={() => onAction("abort")}>
            Abort
          </Button>
        )}
        {access.write && task.isPrivate !== true && (
          <Button
            component="a"
            variant="default"
            leftSection={<RotateCcw size={15} />}
            href={hrefOf(["definitions", task.definitionId], { again: task.id })}
          >
            Trigger again
          </Button>
        )}
        {access.delete && (
          <Button variant="default" leftSection={<Trash2 size={15} />} onClick={() => onAction("delete")}>
            Delete
          </Button>
        )}
      </div>
      {action !== null && (
        <ActionDialog
          action={action}
          tasks={[task]}
          onClose={() => onAction(null)}
          onDone={done => {
            onAction(null);
            if (action === "delete" && done.length > 0) {
              goTo(hrefOf(["tasks"]));
            } else {
              void queries.invalidateQueries({ queryKey: ["task", task.id] });
            }
          }}
        />
      )}
    </div>
  );
}
