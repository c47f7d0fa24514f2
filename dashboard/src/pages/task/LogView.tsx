import { Button, SegmentedControl, Switch, TextInput } from "@mantine/core";
import { ChevronRight, Search } from "lucide-react";
import { memo, useEffect, useRef, useState } from "react";
import type { LogItem, TaskLog } from "../../api/queries.js";
import { Copy } from "../../components/Copy.js";
import { Json } from "../../components/Json.js";
import { Failure, Nothing } from "../../components/Nothing.js";
import { clockTime, exactTime } from "../../format/time.js";
import { useParams } from "../../router.js";
import { useLogs } from "./useLogs.js";
import "./log.css";

interface Line {
  key: string;
  iteration: number;
  item: LogItem;
}

/** What the iterations wrote, oldest first, as a file would be read. */
export function LogView({ taskId, isActive }: { taskId: string; isActive: boolean }) {
  const { logs, isLoading, hasEarlier, error, loadEarlier } = useLogs(taskId, isActive);
  const [params, setParams] = useParams();
  const level = params.get("log") === "error" ? "error" : "all";
  const [search, setSearch] = useState("");
  const [follows, setFollows] = useState(true);
  const box = useRef<HTMLDivElement>(null);
  const lastTop = useRef(0);
  const lines = linesOf(logs).filter(({ item }) => (level === "all" || item.type === level) && contains(item, search));

  const lastKey = lines.at(-1)?.key;
  useEffect(() => {
    if (follows && box.current !== null) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [follows, lastKey]);

  return (
    <section className="card" aria-label="Log">
      <div className="card-head">
        <h2>Log</h2>
        <div className="row wrap">
          <TextInput
            size="xs"
            type="search"
            className="log-search"
            placeholder="Search what is loaded"
            aria-label="Search the log"
            leftSection={<Search size={13} aria-hidden />}
            value={search}
            onChange={event => setSearch(event.currentTarget.value)}
          />
          <SegmentedControl
            size="xs"
            aria-label="Level"
            value={level}
            onChange={value => setParams({ log: value === "error" ? "error" : undefined })}
            data={[
              { value: "all", label: "All" },
              { value: "error", label: "Errors" }
            ]}
          />
          {isActive && (
            <Switch
              size="xs"
              label="Follow"
              checked={follows}
              onChange={event => setFollows(event.currentTarget.checked)}
            />
          )}
          <Copy what="the log" text={() => lines.map(textOf).join("\n")} />
        </div>
      </div>
      <div
        className="log"
        ref={box}
        tabIndex={0}
        role="log"
        aria-label="Lines of the log"
        aria-live="off"
        onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
          // Whoever scrolls back reads, by wheel, keys or touch; at the end it follows again.
          const isBack = scrollTop < lastTop.current;
          lastTop.current = scrollTop;
          if (isActive && scrollTop + clientHeight >= scrollHeight - 24) {
            setFollows(true);
          } else if (isActive && isBack) {
            setFollows(false);
          }
        }}
      >
        {hasEarlier && (
          <div className="log-more">
            <Button size="compact-xs" variant="default" loading={isLoading} onClick={loadEarlier}>
              Earlier lines
            </Button>
          </div>
        )}
        {lines.map((line, at) => (
          <LogLine key={line.key} line={line} isFirst={lines[at - 1]?.iteration !== line.iteration} />
        ))}
        {lines.length === 0 && error !== null && <Failure error={error} />}
        {lines.length === 0 && error === null && !isLoading && (
          <Nothing title={logs.length === 0 ? "No lines yet" : "No line fits"}>
            {logs.length === 0
              ? "addInfoLog and addErrorLog of the store write here; an iteration that writes nothing leaves no trace."
              : "Search for something else, or show all levels."}
          </Nothing>
        )}
      </div>
    </section>
  );
}

const LogLine = memo(
  function LogLine({ line: { iteration, item }, isFirst }: { line: Line; isFirst: boolean }) {
    const [isOpen, setOpen] = useState(false);
    const hasMore = item.data !== null || item.error !== null;
    const text = (
      <>
        <span className="log-iteration num dim" title={`Iteration ${iteration}`}>
          {isFirst ? `#${iteration}` : ""}
        </span>
        <time className="dim num" dateTime={item.createdOn} title={exactTime(item.createdOn)}>
          {clockTime(item.createdOn)}
        </time>
        <span className="log-message">
          {item.type === "error" && <strong className="log-level">error</strong>}
          {item.message}
        </span>
      </>
    );
    return (
      <div className="log-line" data-type={item.type} data-first={isFirst || undefined}>
        {hasMore ? (
          <button type="button" className="log-row" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {text}
            <ChevronRight size={14} className="log-chevron" aria-hidden />
          </button>
        ) : (
          <div className="log-row">{text}</div>
        )}
        {isOpen && (
          <div className="log-data">
            {item.data !== null && <Json value={item.data} name="data" />}
            {item.error !== null && <Json value={item.error} name="error" />}
          </div>
        )}
      </div>
    );
  },
  (a, b) => a.line.item === b.line.item && a.isFirst === b.isFirst
);

function linesOf(logs: TaskLog[]): Line[] {
  return logs.flatMap(({ id, iteration, items }) => items.map((item, at) => ({ key: `${id}:${at}`, iteration, item })));
}

function contains({ message, data, error }: LogItem, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  return (
    wanted === "" ||
    message.toLowerCase().includes(wanted) ||
    [data, error].some(value => value !== null && JSON.stringify(value).toLowerCase().includes(wanted))
  );
}

function textOf({ iteration, item }: Line): string {
  const more = [item.data, item.error].filter(value => value !== null).map(value => ` ${JSON.stringify(value)}`);
  return `${item.createdOn} #${iteration} ${item.type} ${item.message}${more.join("")}`;
}
