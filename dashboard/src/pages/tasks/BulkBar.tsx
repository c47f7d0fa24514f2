import { Button } from "@mantine/core";
import { Ban, Trash2 } from "lucide-react";
import { useState } from "react";
import { useAccess } from "../../access.js";
import { isActive, type TaskRow } from "../../api/queries.js";
import { ActionDialog, type Action } from "../../components/ActionDialog.js";
import { plural } from "../../format/time.js";

/** What can be done with the selected tasks. */
export function BulkBar({ tasks, onClear, onDone }: { tasks: TaskRow[]; onClear: () => void; onDone: () => void }) {
  const [action, setAction] = useState<Action | null>(null);
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
          onClick={() => setAction("abort")}
        >
          Abort{active > 0 ? ` ${active}` : ""}
        </Button>
      )}
      {access.delete && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Trash2 size={14} />}
          onClick={() => setAction("delete")}
        >
          Delete {tasks.length}
        </Button>
      )}
      <Button size="compact-sm" variant="subtle" onClick={onClear}>
        Clear
      </Button>
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
    </div>
  );
}
