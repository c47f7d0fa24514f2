import { Textarea } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { Json } from "../../api/graphql.js";
import type { Issue } from "./issues.js";

interface JsonInputProps {
  value: { [key: string]: Json };
  issues: Issue[];
  onChange: (value: { [key: string]: Json }) => void;
  onSubmit: (value: { [key: string]: Json }) => Promise<void>;
  above: ReactNode;
  children: ReactNode;
}

/** An input as JSON text, checked while it is written. */
export function JsonInput({ value, issues, onChange, onSubmit, above, children }: JsonInputProps) {
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  const parsed = parse(text);
  const fault =
    typeof parsed === "string"
      ? parsed
      : issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("\n") || undefined;
  return (
    <form
      className="trigger-form"
      onSubmit={event => {
        event.preventDefault();
        if (typeof parsed !== "string") {
          void onSubmit(parsed);
        }
      }}
    >
      {above}
      <div className="form-fields">
        <Textarea
          label="Input"
          description="A JSON object"
          rows={Math.min(24, Math.max(6, text.split("\n").length + 1))}
          value={text}
          error={fault}
          spellCheck={false}
          onChange={event => {
            const next = event.currentTarget.value;
            setText(next);
            const object = parse(next);
            if (typeof object !== "string") {
              onChange(object);
            }
          }}
        />
      </div>
      {children}
    </form>
  );
}

/** The object, or what is wrong with the text. */
function parse(text: string): { [key: string]: Json } | string {
  try {
    const value = JSON.parse(text.trim() === "" ? "{}" : text) as Json;
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value
      : "An input is a JSON object: { … }.";
  } catch (error) {
    return (error as Error).message;
  }
}
