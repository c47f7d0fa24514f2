import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ArrowUp, Play, SearchX } from "lucide-react";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { useAccess } from "../../access.js";
import { listDefinitions } from "../../api/queries.js";
import { Failure, Nothing } from "../../components/Nothing.js";
import { plural } from "../../format/time.js";
import { hrefOf, useParams } from "../../router.js";
import { BulkBar } from "./BulkBar.js";
import { keepColumns, readColumns } from "./columns.js";
import { ColumnChoice, FilterBar } from "./FilterBar.js";
import { TaskListModel } from "./TaskListModel.js";
import { TaskTable } from "./TaskTable.js";
import { isFiltered, readView, writeView, type View } from "./view.js";
import "./tasks.css";

const NOBODY: ReadonlySet<string> = new Set();

export default function Tasks() {
  const [params, setParams] = useParams();
  const view = useMemo(() => readView(params), [params]);
  const columnsOfLink = params.get("columns");
  const columns = useMemo(() => readColumns(columnsOfLink), [columnsOfLink]);
  const change = useCallback(
    (changes: Partial<View>) => setParams(writeView({ ...readView(params), ...changes })),
    [params, setParams]
  );
  const definitions = useQuery({
    queryKey: ["definitions"],
    queryFn: ({ signal }) => listDefinitions(signal),
    staleTime: 60_000
  });

  const viewKey = JSON.stringify(writeView(view));
  // A new view is a new list; its columns and the selection are not part of it.
  const model = useMemo(() => new TaskListModel(readView(new URLSearchParams(cleared(viewKey)))), [viewKey]);
  useEffect(() => {
    model.start();
    return () => model.stop();
  }, [model]);
  const { rows, held, phase, hasMore, error } = useSyncExternalStore(model.subscribe, model.read);

  const [selected, setSelected] = useState(NOBODY);
  useEffect(() => setSelected(NOBODY), [viewKey]);
  // What has gone meanwhile is not selected any more.
  const chosen = useMemo(() => rows.filter(({ id }) => selected.has(id)), [rows, selected]);
  const access = useAccess();
  const maySelect = access.write || access.delete;

  return (
    <div className="tasks">
      <div className="tasks-head">
        <div className="row between wrap">
          <h1>Tasks</h1>
          <span className="row">
            <ColumnChoice
              columns={columns}
              onColumns={ids => {
                keepColumns(ids);
                setParams({ columns: ids.join(",") });
              }}
            />
            {access.write && (
              <Button
                component="a"
                href={hrefOf(["definitions"])}
                size="compact-sm"
                className="trigger-button"
                leftSection={<Play size={14} />}
              >
                Trigger a task
              </Button>
            )}
          </span>
        </div>
        <FilterBar view={view} onChange={change} definitions={definitions.data ?? []} />
      </div>
      {error !== null && rows.length === 0 ? (
        <Failure error={error} onRetry={model.refresh} />
      ) : (
        <TaskTable
          rows={rows}
          columns={columns}
          isLoading={phase === "loading" && rows.length === 0}
          isLoadingMore={phase === "loadingMore"}
          hasMore={hasMore && phase === "ready"}
          oldestFirst={view.oldestFirst}
          onSort={() => change({ oldestFirst: !view.oldestFirst })}
          onMore={() => void model.loadMore()}
          onLook={(ids, isAtTop) => model.look(ids, isAtTop)}
          selected={maySelect ? selected : undefined}
          onSelect={setSelected}
          held={
            held.length > 0 ? (
              <Button
                className="held"
                radius="xl"
                size="compact-sm"
                leftSection={<ArrowUp size={14} />}
                onClick={() => {
                  document.getElementById("task-rows")?.scrollTo({ top: 0 });
                  model.letIn();
                }}
              >
                {plural(held.length, "new task")}
              </Button>
            ) : null
          }
          end={
            phase === "searching" ? (
              <div className="searching row wrap">
                <span className="dim">
                  Nothing{rows.length > 0 ? " more" : ""} found among the thousands of tasks looked at so far.
                </span>
                <Button variant="default" size="compact-sm" onClick={() => void model.loadMore()}>
                  Search on
                </Button>
              </div>
            ) : null
          }
          empty={phase === "ready" ? <Empty isFiltered={isFiltered(view)} mayTrigger={access.write} /> : null}
        />
      )}
      <BulkBar
        tasks={chosen}
        onClear={() => setSelected(NOBODY)}
        onDone={() => {
          setSelected(NOBODY);
          model.refresh();
        }}
      />
    </div>
  );
}

function cleared(viewKey: string): Record<string, string> {
  return JSON.parse(viewKey) as Record<string, string>;
}

function Empty({ isFiltered: isNarrow, mayTrigger }: { isFiltered: boolean; mayTrigger: boolean }) {
  return isNarrow ? (
    <Nothing title="No task fits" icon={SearchX}>
      Try fewer filters, or another time.
    </Nothing>
  ) : (
    <Nothing
      title="No tasks yet"
      action={
        mayTrigger ? (
          <Button component="a" href={hrefOf(["definitions"])} leftSection={<Play size={15} />}>
            Trigger the first one
          </Button>
        ) : undefined
      }
    >
      Each run of a definition appears here the moment it is triggered, from code or from this page.
    </Nothing>
  );
}
