import { ChevronDown, ChevronRight } from "lucide-react";
import { useState } from "react";
import type { Json as Value } from "../api/graphql.js";
import { count } from "../format/time.js";
import "./json.css";

const SHOWN_ENTRIES = 100;
const SHOWN_CHARACTERS = 600;

interface JsonProps {
  value: Value;
  /** Levels that are open at first. */
  open?: number;
  name?: string;
}

/** JSON as a tree. What is closed is not rendered, and what is long is shown in parts: a value may have megabytes. */
export function Json({ value, open = 2, name }: JsonProps) {
  return (
    <ul className="json">
      <Entry name={name} value={value} open={open} />
    </ul>
  );
}

function Entry({ name, value, open }: { name: string | undefined; value: Value; open: number }) {
  return typeof value === "object" && value !== null ? (
    <Branch name={name} value={value} open={open} />
  ) : (
    <li className="json-leaf">
      <Name name={name} />
      <Leaf value={value} />
    </li>
  );
}

function Branch({
  name,
  value,
  open
}: {
  name: string | undefined;
  value: Value[] | { [key: string]: Value };
  open: number;
}) {
  const [isOpen, setOpen] = useState(open > 0);
  const [shown, setShown] = useState(SHOWN_ENTRIES);
  const isArray = Array.isArray(value);
  const size = isArray ? value.length : Object.keys(value).length;
  const [left, right] = isArray ? ["[", "]"] : ["{", "}"];
  if (size === 0) {
    return (
      <li className="json-leaf">
        <Name name={name} />
        <span className="dim">
          {left}
          {right}
        </span>
      </li>
    );
  }
  const entries = isOpen ? Object.entries(value).slice(0, shown) : [];
  return (
    <li>
      <button type="button" className="json-toggle" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? <ChevronDown size={13} aria-hidden /> : <ChevronRight size={13} aria-hidden />}
        <Name name={name} />
        <span className="dim">
          {left}
          {isOpen ? "" : ` ${count(size)} ${isArray ? "items" : "keys"} ${right}`}
        </span>
      </button>
      {isOpen && (
        <>
          <ul>
            {entries.map(([key, child]) => (
              <Entry key={key} name={key} value={child} open={open - 1} />
            ))}
            {size > shown && (
              <li className="json-leaf">
                <button type="button" className="json-more" onClick={() => setShown(shown + SHOWN_ENTRIES)}>
                  {count(size - shown)} more
                </button>
              </li>
            )}
          </ul>
          <span className="json-end dim">{right}</span>
        </>
      )}
    </li>
  );
}

function Name({ name }: { name: string | undefined }) {
  return name === undefined ? null : <span className="json-name">{name}: </span>;
}

function Leaf({ value }: { value: string | number | boolean | null }) {
  const [isWhole, setWhole] = useState(false);
  if (typeof value !== "string") {
    return <span className="json-plain">{String(value)}</span>;
  }
  const isLong = value.length > SHOWN_CHARACTERS && !isWhole;
  return (
    <span className="json-text">
      {JSON.stringify(isLong ? value.slice(0, SHOWN_CHARACTERS) : value)}
      {isLong && (
        <button type="button" className="json-more" onClick={() => setWhole(true)}>
          {count(value.length - SHOWN_CHARACTERS)} more characters
        </button>
      )}
    </span>
  );
}
