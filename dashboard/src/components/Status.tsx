import { Ban, Check, CircleDashed, LoaderCircle, X } from "lucide-react";
import type { TaskStatus } from "../api/queries.js";

const SIGNS = { pending: CircleDashed, running: LoaderCircle, success: Check, failed: X, aborted: Ban };
export const STATUS_WORDS: Record<TaskStatus, string> = {
  pending: "Pending",
  running: "Running",
  success: "Success",
  failed: "Failed",
  aborted: "Aborted"
};

/** Colour, sign and word: none of them alone. */
export function Status({ status }: { status: TaskStatus }) {
  const Sign = SIGNS[status];
  return (
    <span className="status" data-status={status}>
      <Sign size={13} strokeWidth={2.6} aria-hidden />
      {STATUS_WORDS[status]}
    </span>
  );
}
