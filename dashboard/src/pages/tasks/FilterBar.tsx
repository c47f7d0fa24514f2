import { Button, Checkbox, Popover, TextInput } from "@mantine/core";
import { CalendarClock, ChevronDown, Columns3, Search, X } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { STATUSES, type Definition } from "../../api/queries.js";
import { STATUS_WORDS } from "../../components/Status.js";
import { exactTime } from "../../format/time.js";
import { COLUMNS } from "./columns.js";
import { isFiltered, SINCE, type View } from "./view.js";

interface FilterBarProps {
  view: View;
  onChange: (changes: Partial<View>) => void;
  definitions: Definition[];
}

const NO_FILTER: Partial<View> = {
  statuses: [],
  definitions: [],
  since: undefined,
  from: undefined,
  to: undefined,
  parent: undefined,
  search: undefined
};

export function FilterBar({ view, onChange, definitions }: FilterBarProps) {
  // A link may name one that is not there any more.
  const ids = [...new Set([...definitions.map(({ id }) => id), ...view.definitions])];
  return (
    <div className="filters">
      <SearchField value={view.search ?? ""} onChange={search => onChange({ search: search || undefined })} />
      <div className="pills" role="group" aria-label="Status">
        {STATUSES.map(status => {
          const isOn = view.statuses.includes(status);
          return (
            <button
              key={status}
              type="button"
              className="pill"
              data-status={status}
              aria-pressed={isOn}
              onClick={() =>
                onChange({
                  statuses: isOn ? view.statuses.filter(one => one !== status) : [...view.statuses, status]
                })
              }
            >
              <span className="pill-dot" />
              {STATUS_WORDS[status]}
            </button>
          );
        })}
      </div>
      <Choice label="Definition" count={view.definitions.length}>
        <Checkbox.Group
          label="Only of these definitions"
          value={view.definitions}
          onChange={chosen => onChange({ definitions: chosen })}
        >
          <div className="choices">
            {ids.map(id => (
              <Checkbox
                key={id}
                value={id}
                label={definitions.find(definition => definition.id === id)?.title ?? id}
                description={id}
              />
            ))}
            {ids.length === 0 && <span className="dim">There are none.</span>}
          </div>
        </Checkbox.Group>
      </Choice>
      <TimeChoice view={view} onChange={onChange} />
      {view.parent !== undefined && (
        <Button
          variant="default"
          size="compact-sm"
          className="filter-button"
          rightSection={<X size={13} aria-label="Remove this filter" />}
          onClick={() => onChange({ parent: undefined })}
        >
          Children of <code className="ellipsis parent-id">{view.parent}</code>
        </Button>
      )}
      {isFiltered(view) && (
        <Button variant="subtle" size="compact-sm" className="filter-button" onClick={() => onChange(NO_FILTER)}>
          Clear filters
        </Button>
      )}
    </div>
  );
}

/** Which columns the list has. On a narrow screen it has none. */
export function ColumnChoice({ columns, onColumns }: { columns: string[]; onColumns: (columns: string[]) => void }) {
  return (
    <span className="only-wide">
      <Choice label="Columns" icon={<Columns3 size={14} aria-hidden />} count={0}>
        <Checkbox.Group label="Columns" value={columns} onChange={onColumns}>
          <div className="choices">
            {COLUMNS.map(({ id, title }) => (
              <Checkbox key={id} value={id} label={title} />
            ))}
          </div>
        </Checkbox.Group>
      </Choice>
    </span>
  );
}

function SearchField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    const timer = text === value ? undefined : window.setTimeout(() => onChange(text.trim()), 300);
    return () => window.clearTimeout(timer);
  }, [text, value, onChange]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { target } = event;
      if (event.key === "/" && target instanceof HTMLElement && !target.matches("input, textarea, [contenteditable]")) {
        event.preventDefault();
        field.current?.focus();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <TextInput
      ref={field}
      className="search"
      size="sm"
      type="search"
      placeholder="Name or id"
      aria-label="Search by name or id"
      aria-keyshortcuts="/"
      leftSection={<Search size={15} aria-hidden />}
      value={text}
      onChange={event => setText(event.currentTarget.value)}
    />
  );
}

interface ChoiceProps {
  label: string;
  count: number;
  icon?: ReactNode;
  children: ReactNode;
}

/** A button that opens what can be chosen. */
function Choice({ label, count, icon, children }: ChoiceProps) {
  return (
    <Popover position="bottom-start" trapFocus>
      <Popover.Target>
        <Button
          variant="default"
          size="compact-sm"
          className="filter-button"
          data-on={count > 0 || undefined}
          leftSection={icon}
          rightSection={<ChevronDown size={14} aria-hidden />}
        >
          {label}
          {count > 0 ? ` · ${count}` : ""}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={label}>{children}</Popover.Dropdown>
    </Popover>
  );
}

const SINCE_WORDS: Record<string, string> = { "1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days" };

function TimeChoice({ view, onChange }: Pick<FilterBarProps, "view" | "onChange">) {
  const isOn = view.since !== undefined || view.from !== undefined || view.to !== undefined;
  const label = view.since === undefined ? (isOn ? "Chosen dates" : "Any time") : (SINCE_WORDS[view.since] ?? "");
  return (
    <Choice label={label} icon={<CalendarClock size={14} aria-hidden />} count={0}>
      <div className="stack-small times">
        {SINCE.map(since => (
          <Button
            key={since}
            variant={view.since === since ? "filled" : "default"}
            size="compact-sm"
            aria-pressed={view.since === since}
            onClick={() =>
              onChange({ since: view.since === since ? undefined : since, from: undefined, to: undefined })
            }
          >
            {SINCE_WORDS[since]}
          </Button>
        ))}
        <DateField label="Created from" value={view.from} onChange={from => onChange({ from, since: undefined })} />
        <DateField label="Created before" value={view.to} onChange={to => onChange({ to, since: undefined })} />
      </div>
    </Choice>
  );
}

interface DateFieldProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** Nothing was created before: a year that is still being typed. */
const FIRST_YEAR = 2000;

/** The browser's own field: in the viewer's zone and language. What is typed stays as it is until it is a whole date. */
function DateField({ label, value, onChange }: DateFieldProps) {
  const shown = value === undefined ? "" : localText(value);
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  return (
    <TextInput
      type="datetime-local"
      size="xs"
      label={label}
      title={value === undefined ? undefined : exactTime(value)}
      max="9999-12-31T23:59"
      value={text}
      onChange={event => {
        const typed = event.currentTarget.value;
        setText(typed);
        const date = new Date(typed);
        if (Number.isNaN(date.getTime())) {
          onChange(undefined);
        } else if (date.getFullYear() >= FIRST_YEAR) {
          onChange(date.toISOString());
        }
      }}
    />
  );
}

/** "2026-11-24T16:00", as the field wants it. */
function localText(iso: string): string {
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
