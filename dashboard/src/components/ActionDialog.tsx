import { Button, Modal, TextInput } from "@mantine/core";
import { CircleAlert, CircleCheck } from "lucide-react";
import { useState } from "react";
import { ApiError } from "../api/ApiError.js";
import { abortTask, deleteTask, isActive, type TaskStatus } from "../api/queries.js";
import { plural } from "../format/time.js";
import { STATUS_WORDS } from "./Status.js";

export type Action = "abort" | "delete";

interface Target {
  id: string;
  name: string;
  taskStatus: TaskStatus;
}

interface Outcome {
  done: Target[];
  failed: { task: Target; error: string }[];
}

interface ActionDialogProps {
  action: Action;
  tasks: Target[];
  onClose: () => void;
  /** Closed after it was carried out, wholly or in part. */
  onDone: (done: string[]) => void;
}

/** Tasks that are asked for at once. */
const AT_ONCE = 4;
const NAMED = 6;

/** Says what will happen, does it, and says what did. */
export function ActionDialog({ action, tasks, onClose, onDone }: ActionDialogProps) {
  // As they were when the dialog was opened: what the user was told about is what is done.
  const [targets] = useState(() => (action === "abort" ? tasks.filter(isActive) : tasks));
  const [finished] = useState(() => (action === "abort" ? tasks.filter(task => !isActive(task)) : []));
  const [reason, setReason] = useState("");
  const [progress, setProgress] = useState<number | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const isBusy = progress !== null && outcome === null;
  const close = () => (outcome === null ? onClose() : onDone(outcome.done.map(({ id }) => id)));

  const carryOut = async () => {
    setProgress(0);
    const message = reason.trim() || undefined;
    const result = await each(
      targets,
      ({ id }) => (action === "abort" ? abortTask(id, message) : deleteTask(id)),
      setProgress
    );
    setOutcome(result);
  };

  const verb = action === "abort" ? "Abort" : "Delete";
  return (
    <Modal
      opened
      onClose={close}
      title={outcome === null ? `${verb} ${plural(targets.length, "task")}?` : "Done"}
      closeOnClickOutside={progress === null}
      // What has begun is carried out: whoever began it is told how it went.
      closeOnEscape={!isBusy}
      withCloseButton={!isBusy}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {outcome === null ? (
        <form
          className="stack"
          onSubmit={event => {
            event.preventDefault();
            void carryOut();
          }}
        >
          <Warning action={action} targets={targets} finished={finished.length} />
          <ul className="targets">
            {targets.slice(0, NAMED).map(({ id, name, taskStatus }) => (
              <li key={id} className="row between">
                <span className="ellipsis">{name}</span>
                <span className="dim small">{STATUS_WORDS[taskStatus]}</span>
              </li>
            ))}
            {targets.length > NAMED && <li className="dim">and {plural(targets.length - NAMED, "more task")}</li>}
          </ul>
          {action === "abort" && targets.length > 0 && (
            <TextInput
              label="Reason"
              description="Kept with the task, for whoever looks later."
              value={reason}
              maxLength={1_000}
              onChange={event => setReason(event.currentTarget.value)}
              data-autofocus
            />
          )}
          <div className="row end">
            <Button variant="default" onClick={close} disabled={isBusy}>
              Keep {targets.length === 1 ? "it" : "them"}
            </Button>
            <Button type="submit" color="red" loading={progress !== null} disabled={targets.length === 0}>
              {verb} {plural(targets.length, "task")}
            </Button>
          </div>
          {progress !== null && targets.length > 1 && (
            <span className="small dim" role="status">
              {progress} of {targets.length}
            </span>
          )}
        </form>
      ) : (
        <Result action={action} outcome={outcome} onClose={close} />
      )}
    </Modal>
  );
}

function Warning({ action, targets, finished }: { action: Action; targets: Target[]; finished: number }) {
  const active = targets.filter(isActive).length;
  if (action === "abort") {
    return (
      <p>
        {targets.length === 0 ? "None of them is pending or running: there is nothing to abort." : null}
        {targets.length > 0 &&
          `${targets.length === 1 ? "It stops" : "They stop"} for good: a wait ends at once, and code that is running is told within 5 seconds. Children are aborted too.`}
        {targets.length > 0 &&
          finished > 0 &&
          ` ${plural(finished, "selected task")} ${finished === 1 ? "has" : "have"} ended before and ${finished === 1 ? "stays" : "stay"} as ${finished === 1 ? "it is" : "they are"}.`}
      </p>
    );
  }
  return (
    <p>
      {targets.length === 1 ? "The task, its log, input and output" : "The tasks, their logs, inputs and outputs"} are
      removed for good.
      {active > 0 &&
        ` ${active === targets.length ? (active === 1 ? "It is" : "All are") : `${active} of them ${active === 1 ? "is" : "are"}`} not finished, and aborted first.`}
    </p>
  );
}

function Result({ action, outcome, onClose }: { action: Action; outcome: Outcome; onClose: () => void }) {
  const { done, failed } = outcome;
  return (
    <div className="stack" role="status">
      {done.length > 0 && (
        <p className="row">
          <CircleCheck size={18} className="good" aria-hidden />
          {plural(done.length, "task")} {action === "abort" ? "aborted" : "deleted"}.
        </p>
      )}
      {failed.length > 0 && (
        <div className="stack-small">
          <p className="row">
            <CircleAlert size={18} className="bad" aria-hidden />
            {plural(failed.length, "task")} could not be {action === "abort" ? "aborted" : "deleted"}.
          </p>
          <ul className="targets">
            {failed.slice(0, 20).map(({ task, error }) => (
              <li key={task.id}>
                <strong>{task.name}</strong> <span className="dim">{error}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className="row end">
        <Button onClick={onClose} data-autofocus>
          Close
        </Button>
      </div>
    </div>
  );
}

/** Does it to all of them, some at once; one that fails leaves the others alone. */
async function each(
  tasks: Target[],
  work: (task: Target) => Promise<void>,
  onProgress: (count: number) => void
): Promise<Outcome> {
  const outcome: Outcome = { done: [], failed: [] };
  const queue = [...tasks];
  const worker = async () => {
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
      try {
        await work(task);
        outcome.done.push(task);
      } catch (error) {
        const text = error instanceof ApiError ? `${error.message} (${error.code})` : String(error);
        outcome.failed.push({ task, error: text });
      }
      onProgress(outcome.done.length + outcome.failed.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return outcome;
}
