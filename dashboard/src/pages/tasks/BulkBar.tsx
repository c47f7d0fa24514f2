import { Button } from "@mantine/core";
import { Ban, Trash2 } from "lucide-react";
import { useState } from "react";
import { useAccess } from "../../access.js";
import { isActive, type TaskRow } from "../../api/queries.js";
import { ActionDialog, type Action } from "../../components/ActionDialog.js";
import { plural } from "../../format/time.js";

interface BulkBarProps {
  tasks: TaskRow[];
  onClear: () => void;
  onDone: () => void;
}

/** What can be done with the selected tasks, while there are some. */
export function BulkBar({ tasks, onClear, onDone }: BulkBarProps) {
  const [action, setAction] = useState<Action | null>(null);
  return (
    <>
      {tasks.length > 0 && <Bar tasks={tasks} onClear={onClear} onAction={setAction} />}
      {/* It says what it did also when those it was done to are in the list no more. */}
      {action !== null && (
        <ActionDialog
          action={action}
          tasks={tasks}
          onClose={() => setAction(null)}
          onDone={() => {
            setAction(null);
            onDone();
          }}
        />
      )}
    </>
  );
}

interface BarProps {
  tasks: TaskRow[];
  onClear: () => void;
  onAction: (action: Action) => void;
}

function Bar({ tasks, onClear, onAction }: BarProps) {
  const access = useAccess();
  const active = tasks.filter(isActive).length;
  return (
    <div className="bulk" role="region" aria-label="Selection">
      <span className="num" role="status">
        {plural(tasks.length, "task")} selected
      </span>
      {access.write && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Ban size={14} />}
          disabled={active === 0}
          onClick={() => onAction("abort")}
        >
          Abort{active > 0 ? ` ${active}` : ""}
        </Button>
      )}
      {access.delete && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Trash2 size={14} />}
          onClick={() => onAction("delete")}
        >
          Delete {tasks.length}
        </Button>
      )}
      <Button size="compact-sm" variant="subtle" onClick={onClear}>
        Clear
      </Button>
    </div>
  );
}
