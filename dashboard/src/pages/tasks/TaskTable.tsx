import { Checkbox, Loader, Skeleton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { memo, useEffect, useRef, type CSSProperties, type KeyboardEvent, type ReactNode } from "react";
import type { TaskRow } from "../../api/queries.js";
import { Status } from "../../components/Status.js";
import { Duration, Time } from "../../components/Time.js";
import { useStable } from "../../live/useStable.js";
import { hrefOf } from "../../router.js";
import { COLUMNS, type Column } from "./columns.js";

interface TaskTableProps {
  rows: TaskRow[];
  columns: string[];
  isLoading: boolean;
  isLoadingMore: boolean;
  hasMore: boolean;
  oldestFirst: boolean;
  onSort: () => void;
  onMore: () => void;
  /** Which rows are in sight, and whether the first one is. */
  onLook: (ids: string[], isAtTop: boolean) => void;
  /** Undefined: there is nothing the user may do with a selection. */
  selected: ReadonlySet<string> | undefined;
  onSelect: (ids: ReadonlySet<string>) => void;
  held: ReactNode;
  end: ReactNode;
  empty: ReactNode;
}

const ROW = { wide: 48, narrow: 72 };
/** Rows from the end at which the next page is asked for. */
const AHEAD = 60;
const AT_TOP_PX = 8;

/** The rows in sight, and a few around them, whatever the list holds. */
export function TaskTable(props: TaskTableProps) {
  const { rows, columns, isLoading, isLoadingMore, hasMore, onMore, onLook, selected, onSelect } = props;
  const isNarrow = useMediaQuery("(max-width: 760px)", undefined, { getInitialValueInEffect: false });
  const scroller = useRef<HTMLDivElement>(null);
  const height = isNarrow ? ROW.narrow : ROW.wide;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey: index => rows[index]?.id ?? index,
    overscan: 8
  });
  useEffect(() => virtual.measure(), [height, virtual]);
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? -1;

  useEffect(() => {
    const isAtTop = (scroller.current?.scrollTop ?? 0) <= AT_TOP_PX;
    onLook(
      rows.slice(first, last + 1).map(({ id }) => id),
      isAtTop
    );
    if (hasMore && last >= rows.length - AHEAD) {
      onMore();
    }
  });

  const shown = COLUMNS.filter(({ id }) => columns.includes(id));
  const template = `${selected === undefined ? "" : "22px "}minmax(180px, 1.4fr) ${shown.map(({ width }) => width).join(" ")}`;
  const lastClicked = useRef<number | null>(null);
  const toggle = useStable((index: number, withShift: boolean) => {
    const from = withShift && lastClicked.current !== null ? lastClicked.current : index;
    lastClicked.current = index;
    if (selected !== undefined) {
      onSelect(toggled(selected, rows, from, index));
    }
  });

  /** Up and down move through the rows, also through those that are not rendered yet; x selects. */
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const { target } = event;
    const at =
      target instanceof HTMLElement ? Number(target.closest("[data-index]")?.getAttribute("data-index") ?? NaN) : NaN;
    if (Number.isNaN(at)) {
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = Math.max(0, Math.min(rows.length - 1, at + step));
      virtual.scrollToIndex(next);
      requestAnimationFrame(() =>
        scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"] a`)?.focus({ preventScroll: true })
      );
    } else if (event.key === "x" && !event.metaKey && !event.ctrlKey) {
      toggle(at, false);
    }
  };

  return (
    <div className="card table" style={{ "--columns": template } as CSSProperties}>
      {props.held}
      {/* It scrolls, also by keys where no row is focused. */}
      <div className="table-scroll" id="task-rows" ref={scroller} tabIndex={0} onKeyDown={onKeyDown}>
        <div role="table" aria-label="Tasks" aria-busy={isLoading} aria-rowcount={hasMore ? -1 : rows.length + 1}>
          <Head {...props} shown={shown} />
          <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
            {items.map(({ index, start, key }) => {
              const row = rows[index];
              return row === undefined ? null : (
                <Row
                  key={key}
                  task={row}
                  index={index}
                  start={start}
                  columns={shown}
                  isNarrow={isNarrow}
                  isSelected={selected?.has(row.id)}
                  onToggle={toggle}
                />
              );
            })}
          </div>
        </div>
        {isLoading && <Placeholders height={height} />}
        {isLoadingMore && (
          <div className="table-more">
            <Loader size="xs" aria-label="Loading more" />
          </div>
        )}
        {props.end}
        {rows.length === 0 && !isLoading && props.end === null && props.empty}
      </div>
    </div>
  );
}

/** The selection after a click on one row, or on the last of several. */
function toggled(selected: ReadonlySet<string>, rows: TaskRow[], from: number, to: number): ReadonlySet<string> {
  const next = new Set(selected);
  const isOn = !next.has(rows[to]?.id ?? "");
  for (const { id } of rows.slice(Math.min(from, to), Math.max(from, to) + 1)) {
    if (isOn) {
      next.add(id);
    } else {
      next.delete(id);
    }
  }
  return next;
}

function Head({ rows, selected, onSelect, oldestFirst, onSort, shown }: TaskTableProps & { shown: Column[] }) {
  const all = rows.length > 0 && selected !== undefined && rows.every(({ id }) => selected.has(id));
  return (
    <div role="rowgroup" className="table-head">
      <div role="row" className="table-row">
        {selected !== undefined && (
          <span role="columnheader" className="cell-select">
            <Checkbox
              size="xs"
              aria-label="Select all that are loaded"
              checked={all}
              indeterminate={!all && selected.size > 0}
              disabled={rows.length === 0}
              onChange={() => onSelect(all ? new Set() : new Set(rows.map(({ id }) => id)))}
            />
          </span>
        )}
        <span role="columnheader">Name</span>
        {shown.map(({ id, title, isNumber }) =>
          id === "created" ? (
            <span key={id} role="columnheader" aria-sort={oldestFirst ? "ascending" : "descending"}>
              <button
                type="button"
                className="sort"
                onClick={onSort}
                title={oldestFirst ? "Oldest first" : "Newest first"}
              >
                {title}
                {oldestFirst ? <ArrowUp size={13} aria-hidden /> : <ArrowDown size={13} aria-hidden />}
              </button>
            </span>
          ) : (
            <span key={id} role="columnheader" className={isNumber ? "cell-number" : undefined}>
              {title}
            </span>
          )
        )}
      </div>
    </div>
  );
}

interface RowProps {
  task: TaskRow;
  index: number;
  start: number;
  columns: Column[];
  isNarrow: boolean;
  isSelected: boolean | undefined;
  onToggle: (index: number, withShift: boolean) => void;
}

const Row = memo(
  function Row({ task, index, start, columns, isNarrow, isSelected, onToggle }: RowProps) {
    return (
      <div
        role="row"
        className="table-row"
        data-index={index}
        data-selected={isSelected || undefined}
        aria-rowindex={index + 2}
        aria-selected={isSelected}
        style={{ transform: `translateY(${start}px)` }}
      >
        {isSelected !== undefined && (
          <span role="cell" className="cell-select">
            <Checkbox
              size="xs"
              aria-label={`Select ${task.name}`}
              checked={isSelected}
              onChange={event => onToggle(index, (event.nativeEvent as MouseEvent).shiftKey)}
            />
          </span>
        )}
        <span role="cell" className="cell-name">
          <a href={hrefOf(["tasks", task.id])} className="ellipsis">
            {task.name}
          </a>
          <span className="task-id mono dim ellipsis">{task.id}</span>
        </span>
        {isNarrow ? (
          <span role="cell" className="cell-narrow">
            <Status status={task.taskStatus} />
            <span className="dim small row">
              <span className="ellipsis">{task.definitionId}</span>
              <span>·</span>
              <Time date={task.createdOn} />
              <span>·</span>
              <Duration task={task} />
            </span>
          </span>
        ) : (
          columns.map(({ id, cell, isNumber }) => (
            <span key={id} role="cell" className={isNumber ? "cell-number" : "cell"}>
              {cell(task)}
            </span>
          ))
        )}
      </div>
    );
  },
  (a, b) =>
    a.task === b.task &&
    a.index === b.index &&
    a.start === b.start &&
    a.isSelected === b.isSelected &&
    a.isNarrow === b.isNarrow &&
    a.onToggle === b.onToggle &&
    a.columns.length === b.columns.length &&
    a.columns.every((column, at) => column === b.columns[at])
);

function Placeholders({ height }: { height: number }) {
  return (
    <div aria-hidden>
      {Array.from({ length: 12 }, (_, index) => (
        <div key={index} className="placeholder" style={{ height }}>
          <Skeleton height={14} width={`${30 + ((index * 17) % 30)}%`} />
        </div>
      ))}
    </div>
  );
}
