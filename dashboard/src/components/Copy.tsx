import { ActionIcon, Tooltip } from "@mantine/core";
import { Check, Copy as CopyIcon } from "lucide-react";
import { useEffect, useState } from "react";

/** Copies a text. Says so where it was clicked. */
export function Copy({ text, what }: { text: () => string; what: string }) {
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  useEffect(() => {
    const timer = state === "idle" ? undefined : window.setTimeout(() => setState("idle"), 1_500);
    return () => window.clearTimeout(timer);
  }, [state]);
  const label = { idle: `Copy ${what}`, copied: "Copied", failed: "The browser does not allow it" }[state];
  return (
    <Tooltip label={label} openDelay={300}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        aria-label={label}
        onClick={() => {
          // Not there on pages that are not served securely.
          const clipboard = navigator.clipboard as Clipboard | undefined;
          if (clipboard === undefined) {
            setState("failed");
            return;
          }
          clipboard.writeText(text()).then(
            () => setState("copied"),
            () => setState("failed")
          );
        }}
      >
        {state === "copied" ? <Check size={14} /> : <CopyIcon size={14} />}
      </ActionIcon>
    </Tooltip>
  );
}
